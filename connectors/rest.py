"""Rasa's REST channel behind the same door: masked words, and conversations of its own.

https://rasa.com/docs/rasa/connectors/your-own-website#rest-channels
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from rasa.core.channels.channel import UserMessage
from rasa.core.channels.rest import RestInput
from sanic import Blueprint

from bot.privacy import Vault
from bot.settings import load_settings
from connectors.inbound import clean

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

    def blueprint(self, on_new_message: OnNewMessage) -> Blueprint:
        async def behind_the_door(message: UserMessage) -> Any:
            caller_name = message.sender_id
            cleaned = clean(message.text or "", self._vault)
            message.text = cleaned.text
            message.metadata = cleaned.metadata()
            message.input_channel = self.name()
            message.sender_id = f"{_OWN_PREFIX}{caller_name}"
            answer = await on_new_message(message)
            collected = getattr(message.output_channel, "messages", None)
            for sent in collected if isinstance(collected, list) else []:
                sent["recipient_id"] = caller_name
            return answer

        return super().blueprint(behind_the_door)
