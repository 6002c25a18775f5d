"""The WeChat server's side: delivers citizens' messages to the bot's webhook.

开发者文档: 接入指南、接收普通消息、被动回复用户消息
https://developers.weixin.qq.com/doc/offiaccount/Basic_Information/Access_Overview.html
"""

from __future__ import annotations

import asyncio
import secrets
import time
from dataclasses import dataclass, replace
from typing import Literal

import httpx

from simulator.envelope import Envelope, EnvelopeError
from simulator.incoming import Incoming, as_xml, text
from simulator.openid import original_id
from simulator.reply import BadReply, read_reply

Mode = Literal["safe", "plain", "compatible"]
Problem = Literal["unreachable", "timeout", "http_status", "bad_reply"]

DELIVERY_TIMEOUT = 5.0
DELIVERY_ATTEMPTS = 3
FAILURE_NOTICE = "该公众号提供的服务出现故障，请稍后再试"
_HEADERS = {"Content-Type": "text/xml", "User-Agent": "Mozilla/4.0"}


@dataclass(frozen=True)
class Delivery:
    """How the delivery of one message ended.

    ``reply_text`` is None when there is no passive reply. ``seconds`` run from the first delivery
    to the answer. ``status`` is the last HTTP status, None without an answer. The XML both ways is
    decrypted. ``failed`` means that the citizen sees :data:`FAILURE_NOTICE`; ``problem`` and
    ``detail`` (Chinese, for developers) then say why.
    """

    reply_text: str | None
    attempts: int
    seconds: float
    status: int | None
    request_xml: str
    reply_xml: str | None
    failed: bool
    problem: Problem | None = None
    detail: str = ""


@dataclass(frozen=True)
class Outgoing:
    """A message ready to be delivered: the same through all its deliveries."""

    openid: str
    elements: dict[str, str]
    xml: str


class WeChatSide:
    """WeChat's servers for one account.

    Args:
        webhook_url: the URL (服务器地址) configured for the account.
        token, app_id, aes_key: the account's Token, AppID and EncodingAESKey.
        mode: 安全模式 ``safe``, 明文模式 ``plain`` or 兼容模式 ``compatible``.
        timeout: seconds that one delivery may take.
        keep_connections: as behind a proxy that keeps its connections to the bot. One left over
            from a restarted bot costs a delivery.
    """

    def __init__(
        self,
        webhook_url: str,
        token: str,
        app_id: str,
        aes_key: str,
        mode: Mode = "safe",
        *,
        timeout: float = DELIVERY_TIMEOUT,
        keep_connections: bool = False,
    ) -> None:
        self.webhook_url = webhook_url
        self.mode = mode
        self.account = original_id(app_id)
        self._envelope = Envelope(token, app_id, aes_key)
        self._timeout = timeout
        self._limits = httpx.Limits(max_keepalive_connections=None if keep_connections else 0)
        self._last_msg_id = 0
        self._client: httpx.AsyncClient | None = None

    async def aclose(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def check_server(self) -> bool:
        """The server check (验证消息的确来自微信服务器): whether the bot echoes ``echostr``."""
        echostr = str(secrets.randbelow(10**19))
        params = {**self._signature(), "echostr": echostr}
        try:
            answer = await asyncio.wait_for(
                self._http().get(self.webhook_url, params=params), self._timeout
            )
        except (httpx.HTTPError, asyncio.TimeoutError):
            return False
        return answer.status_code == 200 and answer.text == echostr

    async def send_text(self, openid: str, content: str) -> Delivery:
        """Deliver a citizen's text message."""
        return await self.deliver(self.compose_text(openid, content))

    def compose_text(self, openid: str, content: str) -> Outgoing:
        """A citizen's text message, ready to be delivered as often as one likes."""
        return self.compose(text(openid, content))

    def compose(self, message: Incoming) -> Outgoing:
        """Give ``message`` its time and a new, increasing ``MsgId``."""
        # Counting from the clock keeps ids increasing across restarts, so that a bot that
        # remembers the ids it has seen does not take a new message for an old one.
        self._last_msg_id = max(self._last_msg_id + 1, time.time_ns() // 100)
        elements = message.elements(self.account, int(time.time()), self._last_msg_id)
        return Outgoing(message.openid, elements, as_xml(elements))

    async def deliver(self, message: Outgoing) -> Delivery:
        """Deliver ``message``, up to three times in all while there is no answer with HTTP 200."""
        started = time.perf_counter()
        result = Delivery(None, 0, 0.0, None, message.xml, None, failed=True)
        for attempt in range(1, DELIVERY_ATTEMPTS + 1):
            result = await self._attempt(message, replace(result, attempts=attempt))
            # An answer that WeChat cannot read is not asked for again: the bot has spoken.
            if not result.failed or result.problem == "bad_reply":
                break
        return replace(result, seconds=time.perf_counter() - started)

    async def _attempt(self, message: Outgoing, result: Delivery) -> Delivery:
        params, body = self._request(message)
        post = self._http().post(
            self.webhook_url, params=params, content=body.encode(), headers=_HEADERS
        )
        try:
            # httpx limits each read; WeChat limits the whole delivery.
            answer = await asyncio.wait_for(post, self._timeout)
        except (asyncio.TimeoutError, httpx.TimeoutException):
            detail = f"机器人连续 {result.attempts} 次没有在 {self._timeout:g} 秒内回应"
            return replace(result, status=None, problem="timeout", detail=detail)
        except httpx.HTTPError:
            detail = f"机器人还没启动，或者地址不对：{self.webhook_url}"
            return replace(result, status=None, problem="unreachable", detail=detail)
        result = replace(result, status=answer.status_code)
        if answer.status_code != 200:
            detail = f"机器人返回 HTTP {answer.status_code}，应为 200"
            return replace(result, problem="http_status", detail=detail)
        try:
            reply = read_reply(answer.text, self._envelope, self.mode, message.openid, self.account)
        except (BadReply, EnvelopeError) as error:
            return replace(result, reply_xml=answer.text, problem="bad_reply", detail=str(error))
        return replace(
            result,
            reply_text=reply.text,
            reply_xml=reply.xml,
            failed=False,
            problem=None,
            detail="",
        )

    def _signature(self) -> dict[str, str]:
        timestamp, nonce = str(int(time.time())), str(secrets.randbelow(10**10))
        signature = self._envelope.sign(timestamp, nonce)
        return {"signature": signature, "timestamp": timestamp, "nonce": nonce}

    def _request(self, message: Outgoing) -> tuple[dict[str, str], str]:
        """Query and body of one delivery, signed and sealed anew as each has its own time."""
        params = {**self._signature(), "openid": message.openid}
        if self.mode == "plain":
            return params, message.xml
        sealed = self._envelope.seal(message.xml)
        params["encrypt_type"] = "aes"
        params["msg_signature"] = self._envelope.sign(params["timestamp"], params["nonce"], sealed)
        shown = message.elements if self.mode == "compatible" else {"ToUserName": self.account}
        return params, as_xml({**shown, "Encrypt": sealed})

    def _http(self) -> httpx.AsyncClient:
        if self._client is None:
            self._client = httpx.AsyncClient(
                trust_env=False, timeout=self._timeout, limits=self._limits, follow_redirects=False
            )
        return self._client
