"""The webhook on a real socket, with a bot of a few lines behind it."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
from cryptography.fernet import Fernet
from rasa.core.channels.channel import UserMessage
from sanic import Sanic

from connectors.wechat import channel as channel_module
from connectors.wechat.channel import WeChatInput
from simulator.app import create_app as create_simulator
from simulator.openid import new_openid
from simulator.wechat import WeChatSide
from tests.unit.simulator.echo_bot import (
    AES_KEY,
    APP_ID,
    TOKEN,
    WEBHOOK_PATH,
    free_port,
    running,
    settings_for,
)

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


@pytest.fixture
def door() -> Door:
    return Door()


@pytest.fixture
async def parts(door: Door) -> AsyncIterator[dict[str, Any]]:
    """The bot's address and the simulator with its phones, both on real sockets."""
    simulator_port, bot_port = free_port(), free_port()
    bot_url = f"http://127.0.0.1:{bot_port}"
    key = Fernet.generate_key().decode()
    known = replace(settings_for(bot_url, simulator_port), data_key=key)
    app = Sanic(f"door-{secrets.token_hex(4)}", configure_logging=False)
    blueprint = WeChatInput.from_settings(known).blueprint(door.on_new_message)
    blueprint.url_prefix = WEBHOOK_PATH.removesuffix("/webhook")
    app.blueprint(blueprint)
    simulator = create_simulator(known)
    async with running(app, bot_port), running(simulator, simulator_port) as simulator_url:
        yield {"url": bot_url + WEBHOOK_PATH, "simulator": simulator_url}


def wechat(parts: dict[str, Any], mode: Any = "safe", timeout: float = 5.0) -> WeChatSide:
    return WeChatSide(parts["url"], TOKEN, APP_ID, AES_KEY, mode, timeout=timeout)


@pytest.mark.parametrize("mode", ["safe", "plain", "compatible"])
async def test_a_text_is_answered_in_the_mode_it_came(
    parts: dict[str, Any], door: Door, mode: str
) -> None:
    side = wechat(parts, mode)
    delivery = await side.send_text(new_openid(), "路灯坏了")
    await side.aclose()
    assert delivery.reply_text == "收到：路灯坏了"
    assert door.seen[0].input_channel == "wechat"


async def test_nothing_unsigned_reaches_the_bot(parts: dict[str, Any], door: Door) -> None:
    stranger = WeChatSide(parts["url"], "other", APP_ID, AES_KEY)
    delivery = await stranger.send_text(new_openid(), "路灯坏了")
    await stranger.aclose()
    assert (delivery.status, door.seen) == (403, [])
    async with httpx.AsyncClient(trust_env=False) as client:
        # A body without a known length, and one with a length that lies.
        async def endless() -> AsyncIterator[bytes]:
            for _ in range(200):
                yield b"x" * 1024

        answer = await client.post(parts["url"], content=endless())
        assert answer.status_code == 403
    assert door.seen == []


async def test_an_oversized_body_is_cut_off_even_without_its_length(
    parts: dict[str, Any], door: Door
) -> None:
    side = wechat(parts)
    params = side._signature()
    await side.aclose()

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(200):
            yield b"x" * 1024

    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(parts["url"], params=params, content=endless())
    assert (answer.status_code, door.seen) == (413, [])


async def test_several_messages_are_one_reply(parts: dict[str, Any], door: Door) -> None:
    async def twice(message: UserMessage) -> None:
        for text in ("一", "二"):
            await message.output_channel.send_text_message(message.sender_id, text)

    door.answer = twice
    side = wechat(parts)
    assert (await side.send_text(new_openid(), "好")).reply_text == "一\n\n二"
    await side.aclose()


async def test_what_does_not_fit_follows_in_order_as_customer_service_messages(
    parts: dict[str, Any], door: Door
) -> None:
    async def long(message: UserMessage) -> None:
        text = "".join(f"第{number}句话，说得长一点好占地方。" for number in range(120))
        await message.output_channel.send_text_message(message.sender_id, text)

    door.answer = long
    async with httpx.AsyncClient(base_url=parts["simulator"], trust_env=False) as client:
        openid = (await client.post("/api/phones", json={})).json()["openid"]
        await client.post(f"/api/phones/{openid}/messages", json={"text": "好"})
        texts: list[str] = []
        for _ in range(50):
            answer = await client.get(f"/api/phones/{openid}/messages", params={"after": 0})
            texts = [m["text"] for m in answer.json()["messages"] if m["side"] == "account"]
            if "第119句" in "".join(texts):
                break
            await asyncio.sleep(0.05)
    numbers = [int(part.split("句")[0]) for part in "".join(texts).split("第")[1:]]
    assert numbers == list(range(120))
    assert len(texts) > 1


async def test_a_slow_answer_goes_to_the_next_delivery_and_the_work_is_done_once(
    parts: dict[str, Any], door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel_module, "_WAIT_SECONDS", 0.6)

    async def slow(message: UserMessage) -> None:
        await asyncio.sleep(1.0)
        await door.echo(message)

    door.answer = slow
    side = wechat(parts, timeout=0.7)
    delivery = await side.send_text(new_openid(), "慢")
    await side.aclose()
    assert (delivery.reply_text, delivery.attempts) == ("收到：慢", 2)
    assert len(door.seen) == 1


async def test_a_very_slow_answer_comes_as_a_customer_service_message(
    parts: dict[str, Any], door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel_module, "_WAIT_SECONDS", 0.2)
    gate = asyncio.Event()

    async def very_slow(message: UserMessage) -> None:
        await gate.wait()
        await door.echo(message)

    door.answer = very_slow
    async with httpx.AsyncClient(
        base_url=parts["simulator"], trust_env=False, timeout=30
    ) as client:
        openid = (await client.post("/api/phones", json={})).json()["openid"]
        # The simulator waits its five seconds; ours gives up earlier each time and says success.
        sent = await client.post(f"/api/phones/{openid}/messages", json={"text": "很慢"})
        assert sent.json()["delivery"]["reply_text"] is None
        gate.set()
        texts: list[str] = []
        for _ in range(50):
            answer = await client.get(f"/api/phones/{openid}/messages", params={"after": 0})
            texts = [m["text"] for m in answer.json()["messages"] if m["side"] == "account"]
            if texts:
                break
            await asyncio.sleep(0.05)
    assert texts == ["收到：很慢"]
    assert len(door.seen) == 1


async def test_a_failing_turn_is_answered_honestly_and_logs_no_words(
    parts: dict[str, Any], door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    async def fails(message: UserMessage) -> None:
        raise RuntimeError("broken")

    door.answer = fails
    side = wechat(parts)
    delivery = await side.send_text(new_openid(), "我家住在桂城平东")
    await side.aclose()
    assert delivery.reply_text and "再发一次" in delivery.reply_text
    assert "平东" not in caplog.text


async def test_phones_are_masked_before_the_bot_sees_them(
    parts: dict[str, Any], door: Door
) -> None:
    side = wechat(parts)
    await side.send_text(new_openid(), "电话13800138000")
    await side.aclose()
    assert door.seen[0].text == "电话138****8000"
    assert "13800138000" not in str(door.seen[0].metadata)
