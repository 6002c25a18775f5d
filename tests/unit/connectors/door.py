"""A door to test: the channel in front of a bot of a few lines, and phones that talk to it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
from rasa.core.channels.channel import UserMessage

from simulator.wechat import WeChatSide
from tests.unit.simulator.echo_bot import AES_KEY, APP_ID, TOKEN

Bot = Callable[[UserMessage], Awaitable[None]]


class Door:
    """The channel in front of ``bot``; ``seen`` are the messages that reached it."""

    def __init__(self) -> None:
        self.seen: list[UserMessage] = []
        self.answer: Bot = self.echo

    async def echo(self, message: UserMessage) -> None:
        await message.output_channel.send_text_message(message.sender_id, f"收到：{message.text}")

    async def on_new_message(self, message: UserMessage) -> Any:
        self.seen.append(message)
        await self.answer(message)


class Phone:
    """A phone of the simulator, which also takes the customer-service messages."""

    def __init__(self, http: httpx.AsyncClient, openid: str) -> None:
        self._http, self.openid = http, openid
        self._address = f"/api/phones/{openid}/messages"

    async def say(self, text: str) -> str | None:
        answer = await self._http.post(self._address, json={"text": text})
        return answer.json()["delivery"]["reply_text"]

    async def texts(self, until: Callable[[list[str]], bool]) -> list[str]:
        """What the account has sent, once ``until`` says that it is enough."""
        for _ in range(100):
            answer = await self._http.get(self._address, params={"after": 0})
            sent = [m["text"] for m in answer.json()["messages"] if m["side"] == "account"]
            if until(sent):
                return sent
            await asyncio.sleep(0.05)
        raise AssertionError(f"still waiting, so far: {sent}")


def wechat(parts: dict[str, Any], mode: Any = "safe", timeout: float = 5.0) -> WeChatSide:
    return WeChatSide(parts["url"], TOKEN, APP_ID, AES_KEY, mode, timeout=timeout)
