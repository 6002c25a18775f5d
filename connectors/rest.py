"""Rasa's REST channel behind the same door: masked words, and conversations of its own.

https://rasa.com/docs/rasa/connectors/your-own-website#rest-channels
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from rasa.core.channels.channel import UserMessage
from rasa.core.channels.rest import RestInput
from sanic import Blueprint
from sanic.exceptions import InvalidUsage
from sanic.request import Request

from bot.failure import describe
from bot.privacy import Vault
from bot.settings import load_settings
from connectors import texts
from connectors.inbound import clean
from connectors.strict_request import require_strict_requests

logger = logging.getLogger(__name__)
OnNewMessage = Callable[[UserMessage], Awaitable[Any]]
_OWN_PREFIX = "rest:"


class SafeRestInput(RestInput):
    """``POST /webhooks/rest/webhook`` as in Rasa.

    The caller names the sender freely, so senders get a prefix: nobody can name a WeChat openid
    and read on in that citizen's conversation.
    """

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> SafeRestInput:
        return cls(Vault(load_settings().data_key))

    async def _extract_sender(self, req: Request) -> str | None:
        # The first part of a request that Rasa reads.
        if not isinstance(req.json, dict):
            raise InvalidUsage("the body is no JSON object")
        return await super()._extract_sender(req)

    def _extract_message(self, req: Request) -> str:
        message = req.json.get("message")
        return message if isinstance(message, str) else ""

    def blueprint(self, on_new_message: OnNewMessage) -> Blueprint:
        async def behind_the_door(message: UserMessage) -> None:
            caller_name = message.sender_id
            cleaned = clean(message.text or "", self._vault)
            message.text = cleaned.text
            message.metadata = cleaned.metadata()
            message.input_channel = self.name()
            message.sender_id = f"{_OWN_PREFIX}{caller_name}"
            await self._turn(message, on_new_message)
            collected = getattr(message.output_channel, "messages", None)
            for sent in collected if isinstance(collected, list) else []:
                sent["recipient_id"] = caller_name

        routes = super().blueprint(behind_the_door)
        require_strict_requests(routes)
        return routes

    async def _turn(self, message: UserMessage, on_new_message: OnNewMessage) -> None:
        """Never raises: Rasa would log the caller's words, and leave a stream open for ever."""
        said = texts.EMPTY
        try:
            if message.text:
                await on_new_message(message)
                return
        except asyncio.CancelledError:
            # As Rasa does, but for the words: the caller has hung up.
            logger.warning("a caller hung up before the answer")
            return
        except Exception as error:
            logger.error("a turn failed: %s", describe(error))
            said = texts.FAILED
        await message.output_channel.send_text_message(message.sender_id, said)
