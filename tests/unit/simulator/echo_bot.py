"""A small bot behind a real webhook: checks what the simulator sends, answers in kind.

It uses wechatpy from the account's side, so that the simulator's crypto is checked against code
it shares no path with. What a citizen says chooses the behaviour, see ``EchoBot.answer``.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import xmltodict
from sanic import Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, text
from wechatpy import parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.replies import create_reply
from wechatpy.utils import check_signature

TOKEN = "echo-token"
SMS_KEY = "sms-key-of-the-tests"
APP_ID = "wx0123456789abcdef"
APP_SECRET = "0123456789abcdef0123456789abcdef"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
WEBHOOK_PATH = "/webhooks/wechat/webhook"


@dataclass
class EchoBot:
    """``seen`` holds every delivery: message id, query, posted XML as a dict, headers."""

    mode: str = "safe"
    delay: float = 0.0
    seen: list[dict] = field(default_factory=list)
    deliveries: dict[str, int] = field(default_factory=dict)

    def app(self) -> Sanic:
        app = Sanic(f"echo-{secrets.token_hex(4)}", configure_logging=False)

        @app.get(WEBHOOK_PATH)
        async def check(request: Request) -> HTTPResponse:
            args = request.args
            check_signature(TOKEN, args.get("signature"), args.get("timestamp"), args.get("nonce"))
            return text(args.get("echostr"))

        @app.post(WEBHOOK_PATH)
        async def receive(request: Request) -> HTTPResponse:
            return await self.receive(request)

        return app

    async def receive(self, request: Request) -> HTTPResponse:
        args = request.args
        timestamp, nonce = args.get("timestamp"), args.get("nonce")
        check_signature(TOKEN, args.get("signature"), timestamp, nonce)
        xml, crypto = request.body.decode(), None
        posted = xmltodict.parse(xml)["xml"]
        if args.get("encrypt_type") == "aes":
            crypto = WeChatCrypto(TOKEN, AES_KEY, APP_ID)
            xml = crypto.decrypt_message(xml, args.get("msg_signature"), timestamp, nonce)
        message = parse_message(xml)
        self.seen.append(
            {
                "id": message.id,
                "query": dict(request.args),
                "posted": posted,
                "headers": request.headers,
                "openid": message.source,
            }
        )
        self.deliveries[str(message.id)] = self.deliveries.get(str(message.id), 0) + 1
        return await self.answer(message, crypto, self.deliveries[str(message.id)])

    async def answer(self, message, crypto, delivery: int) -> HTTPResponse:
        said = message.content
        if said.startswith("慢") and delivery <= int(said[1:] or 9):
            await asyncio.sleep(30)
        if said.startswith("错") and delivery <= int(said[1:] or 9):
            return text("oops", status=500)
        if said in ("success", "空"):
            return text("success" if said == "success" else "")
        if said == "JSON":
            return text('{"a": 1}')
        await asyncio.sleep(self.delay)
        content = "长" * 700 if said == "太长" else f"收到：{said}"
        # wechatpy writes CDATA without looking for its end in the text.
        reply = create_reply(content.replace("]]>", "]]]]><![CDATA[>"), message)
        if said == "给别人":
            reply.target = "o" + "x" * 27
        xml = reply.render()
        if said == "明文回复" or crypto is None:
            return text(xml, content_type="text/xml")
        if said == "别的公众号":
            crypto = WeChatCrypto(TOKEN, AES_KEY, "wxother")
        nonce, timestamp = secrets.token_hex(5), str(int(time.time()))
        sealed = crypto.encrypt_message(xml, nonce, timestamp)
        if said == "坏签名":
            sealed = sealed.replace(xmltodict.parse(sealed)["xml"]["MsgSignature"], "0" * 40)
        return text(sealed, content_type="text/xml")


@asynccontextmanager
async def running(app: Sanic, port: int = 0) -> AsyncIterator[str]:
    """Serve ``app`` on a free port (or ``port``) in this event loop; gives its base URL."""
    # Sanic rewrites its own methods when an app starts; without this a second app in the same
    # process does not start.
    Sanic.test_mode = True
    sock = socket.create_server(("127.0.0.1", port))
    server = await app.create_server(sock=sock, return_asyncio_server=True, access_log=False)
    await server.startup()
    await server.before_start()
    try:
        yield f"http://127.0.0.1:{sock.getsockname()[1]}"
    finally:
        await server.before_stop()
        await server.close()
        # As Sanic's own shutdown does: first let answers go out, then cut what is left.
        await asyncio.sleep(0.05)
        for connection in list(server.connections):
            connection.abort()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return sock.getsockname()[1]


def settings_for(bot_url: str, simulator_port: int = 5080):
    """Settings with the echo bot's keys."""
    from bot.settings import load_settings

    return load_settings(
        {
            "SUQIU_HOME": "/nonexistent",
            "SUQIU_BOT_URL": bot_url,
            "SUQIU_SIMULATOR_PORT": str(simulator_port),
            "SUQIU_OPEN311_API_KEY": "x",
            "SUQIU_DATA_KEY": "x",
            "SUQIU_BOT_TOKEN": "x",
            "SUQIU_SMS_KEY": SMS_KEY,
            "WECHAT_TOKEN": TOKEN,
            "WECHAT_APP_ID": APP_ID,
            "WECHAT_APP_SECRET": APP_SECRET,
            "WECHAT_ENCODING_AES_KEY": AES_KEY,
        }
    )
