"""The channel itself: the webhook that WeChat calls, and the output back to the citizen.

A message is worked on in the background while WeChat waits. If the answer is ready in time it is
the passive reply; if not, the next delivery of the same message gets it, and when none is left to
carry it, a customer-service message does.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from rasa.core.channels.channel import (
    CollectingOutputChannel,
    InputChannel,
    OutputChannel,
    UserMessage,
)
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.failure import describe
from bot.privacy import Vault
from bot.settings import Settings, load_settings
from connectors import texts
from connectors.inbound import clean
from connectors.strict_request import require_strict_requests
from connectors.wechat.api import SendingFailed, WeChatApi
from connectors.wechat.deliveries import Deliveries, Delivery
from connectors.wechat.message import Inbound, read_message
from connectors.wechat.reply import join, split, text_reply
from connectors.wechat.security import MAX_BODY, BadMessage, Forbidden, Opened, WeChatSecurity
from connectors.wechat.texts import NOT_YET, UNKNOWN_KIND, WELCOME

logger = logging.getLogger(__name__)
OnNewMessage = Callable[[UserMessage], Awaitable[Any]]

CHANNEL = "wechat"
_WAIT_SECONDS = 4.3  # of WeChat's five, the rest is for the way back
_HAND_OVER_SECONDS = 0.2
_LAST_DELIVERY = 3
_NO_MORE_DELIVERIES_SECONDS = 16.0  # after the first: three times five, and a little
_NO_REPLY = "success"


class WeChatOutput(OutputChannel):
    """Writes to a citizen by customer-service message; used by Rasa's trigger route."""

    def __init__(self, api: WeChatApi) -> None:
        self._api = api

    @classmethod
    def name(cls) -> str:
        return CHANNEL

    async def send_text_message(self, recipient_id: str, text: str, **kwargs: Any) -> None:
        """Raises SendingFailed, so that whoever triggered it knows and can try again."""
        for piece in split(text):
            await self._api.send_text(recipient_id, piece)


class WeChatInput(InputChannel):
    """``GET`` and ``POST /webhooks/wechat/webhook``."""

    def __init__(self, security: WeChatSecurity, api: WeChatApi, vault: Vault) -> None:
        self._security = security
        self._api = api
        self._vault = vault
        self._deliveries = Deliveries()
        self._background: set[asyncio.Task[None]] = set()

    @classmethod
    def name(cls) -> str:
        return CHANNEL

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> WeChatInput:
        """Rasa builds the channel; all keys come from the settings."""
        return cls.from_settings(load_settings())

    @classmethod
    def from_settings(cls, settings: Settings) -> WeChatInput:
        return cls(
            WeChatSecurity(settings.wechat_token, settings.wechat_app_id, settings.wechat_aes_key),
            WeChatApi(settings.wechat_app_id, settings.wechat_app_secret, settings.wechat_api_base),
            Vault(settings.data_key),
        )

    def get_output_channel(self) -> OutputChannel:
        return WeChatOutput(self._api)

    def blueprint(self, on_new_message: OnNewMessage) -> Blueprint:
        """The two routes of the webhook."""
        routes = Blueprint("wechat_webhook", __name__)
        require_strict_requests(routes)

        @routes.get("/webhook")
        async def server_check(request: Request) -> HTTPResponse:
            query = _query(request)
            try:
                self._security.check(query)
            except Forbidden:
                return response.text("forbidden", status=403)
            return response.text(query.get("echostr", ""))

        # Streamed: the signature is checked before a single byte of the body is read.
        @routes.post("/webhook", stream=True)
        async def receive(request: Request) -> HTTPResponse:
            query = _query(request)
            try:
                self._security.admit(query)
                body = await _body(request)
                if body is None:
                    return response.text("message too large", status=413)
                opened = self._security.open(query, body)
                inbound = read_message(opened.xml)
            except Forbidden:
                return response.text("forbidden", status=403)
            except BadMessage as error:
                logger.warning("a signed delivery cannot be read: %s", error)
                return response.text("bad message", status=400)
            return await self._answer(inbound, on_new_message, opened, query)

        return routes

    async def _answer(
        self,
        inbound: Inbound,
        on_new_message: OnNewMessage,
        opened: Opened,
        query: dict[str, str],
    ) -> HTTPResponse:
        """The passive reply, or ``success`` when there is none (yet)."""
        delivery = self._deliveries.take(inbound.key, lambda: self._work(inbound, on_new_message))
        wait = _WAIT_SECONDS
        if delivery.deliveries < _LAST_DELIVERY:
            # No answer within five seconds makes WeChat deliver the message again.
            wait += _WAIT_SECONDS
        try:
            done, _ = await asyncio.wait({delivery.answer}, timeout=wait)
        except asyncio.CancelledError:
            # WeChat hung up. It should deliver again; if it does not, nobody else has the answer.
            left = delivery.first_at + _NO_MORE_DELIVERIES_SECONDS - time.monotonic()
            self._later(self._send_late(inbound, delivery, max(left, _HAND_OVER_SECONDS)))
            raise
        if not done:
            # A delivery that still waits takes it as passive reply at the moment it is ready.
            self._later(self._send_late(inbound, delivery, _HAND_OVER_SECONDS))
            return response.text(_NO_REPLY)
        text = delivery.answer.result()
        if not text:
            return response.text(_NO_REPLY)
        first, *rest = split(text)
        if rest and not delivery.handed_over:
            self._later(self._send_rest(inbound.openid, rest))
        delivery.handed_over = True
        xml = text_reply(inbound, first)
        if opened.encrypted:
            xml = self._security.seal(xml, query)
        return response.text(xml, content_type="application/xml; charset=utf-8")

    async def _work(self, inbound: Inbound, on_new_message: OnNewMessage) -> str:
        """One turn of the conversation, as the text to send."""
        if inbound.kind == "event":
            return WELCOME if (inbound.event or "").startswith("subscribe") else ""
        if inbound.words is None:
            return NOT_YET.get(inbound.kind, UNKNOWN_KIND)
        cleaned = clean(inbound.words, self._vault)
        if not cleaned.text:
            return texts.EMPTY
        output = _PassiveOutput()
        try:
            await on_new_message(
                UserMessage(
                    cleaned.text,
                    output,
                    inbound.openid,
                    input_channel=CHANNEL,
                    message_id=inbound.key,
                    metadata=cleaned.metadata(),
                )
            )
        except Exception as error:
            logger.error("a turn failed: %s", describe(error))
            return texts.FAILED
        return join(output.messages) or texts.FAILED

    async def _send_late(self, inbound: Inbound, delivery: Delivery, patience: float) -> None:
        text = await delivery.answer
        await asyncio.sleep(patience)
        if not delivery.handed_over:
            delivery.handed_over = True
            await self._send(inbound.openid, split(text))

    async def _send_rest(self, openid: str, pieces: list[str]) -> None:
        # The passive reply with the beginning has to be there first.
        await asyncio.sleep(_HAND_OVER_SECONDS)
        await self._send(openid, pieces)

    async def _send(self, openid: str, pieces: list[str]) -> None:
        for piece in pieces:
            try:
                await self._api.send_text(openid, piece)
            except SendingFailed as error:
                logger.error("a customer-service message was not sent: %s", error)
                return

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        """Run in the background; the set keeps the task from being collected half way."""
        task = asyncio.get_running_loop().create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)


class _PassiveOutput(CollectingOutputChannel):
    """Collects the bot's messages of one turn."""

    @classmethod
    def name(cls) -> str:
        return CHANNEL


def _query(request: Request) -> dict[str, str]:
    return {name: values[0] for name, values in request.args.items() if values}


async def _body(request: Request) -> bytes | None:
    """The body, or None as soon as it is known to be larger than a message can be."""
    if int(request.headers.get("content-length") or 0) > MAX_BODY:
        return None
    parts: list[bytes] = []
    size = 0
    stream = request.stream
    while stream is not None and (part := await stream.read()) is not None:
        size += len(part)
        if size > MAX_BODY:
            return None
        parts.append(part)
    return b"".join(parts)
