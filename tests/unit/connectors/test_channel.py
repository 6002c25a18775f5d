"""The webhook on a real socket, with a bot of a few lines behind it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from rasa.core.channels.channel import UserMessage

from connectors import texts
from connectors.wechat import channel as channel_module
from simulator.openid import new_openid
from tests.unit.connectors.door import Door, Phone, wechat


@pytest.mark.parametrize("mode", ["safe", "plain", "compatible"])
async def test_a_text_is_answered_in_the_mode_it_came(
    parts: dict[str, Any], door: Door, mode: str
) -> None:
    side = wechat(parts, mode)
    delivery = await side.send_text(new_openid(), "路灯坏了")
    await side.aclose()
    assert delivery.reply_text == "收到：路灯坏了"
    assert door.seen[0].input_channel == "wechat"


async def test_several_messages_are_one_reply(parts: dict[str, Any], door: Door) -> None:
    async def twice(message: UserMessage) -> None:
        for text in ("一", "二"):
            await message.output_channel.send_text_message(message.sender_id, text)

    door.answer = twice
    side = wechat(parts)
    assert (await side.send_text(new_openid(), "好")).reply_text == "一\n\n二"
    await side.aclose()


async def long(message: UserMessage) -> None:
    text = "".join(f"第{number}句话，说得长一点好占地方。" for number in range(120))
    await message.output_channel.send_text_message(message.sender_id, text)


def sentences(sent: list[str]) -> list[int]:
    return [int(part.split("句")[0]) for part in "".join(sent).split("第")[1:]]


def has_the_end(sent: list[str]) -> bool:
    return 119 in sentences(sent)


async def test_what_does_not_fit_follows_in_order_as_customer_service_messages(
    door: Door, phone: Phone
) -> None:
    door.answer = long
    await phone.say("好")
    sent = await phone.texts(has_the_end)
    assert sentences(sent) == list(range(120))
    assert len(sent) > 1


async def test_what_does_not_fit_follows_once_however_often_it_is_delivered(
    parts: dict[str, Any], door: Door, phone: Phone
) -> None:
    gate = asyncio.Event()

    async def held(message: UserMessage) -> None:
        if message.text == "好":
            await gate.wait()
            await long(message)
        else:
            await door.echo(message)

    door.answer = held
    # A phone gets customer-service messages after it has written.
    await phone.say("喂")
    side = wechat(parts)
    message = side.compose_text(phone.openid, "好")
    deliveries = [asyncio.create_task(side.deliver(message)) for _ in range(3)]
    await asyncio.sleep(0.1)
    gate.set()
    assert len({delivery.reply_text for delivery in await asyncio.gather(*deliveries)}) == 1
    await side.aclose()
    await phone.texts(has_the_end)
    await phone.say("再见")
    heard = await phone.texts(lambda sent: "收到：再见" in sent)
    assert [number for number in sentences(heard) if number == 119] == [119]
    assert [said.text for said in door.seen] == ["喂", "好", "再见"]


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
    door: Door, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel_module, "_WAIT_SECONDS", 0.2)
    gate = asyncio.Event()

    async def very_slow(message: UserMessage) -> None:
        await gate.wait()
        await door.echo(message)

    door.answer = very_slow
    # The simulator waits its five seconds; ours gives up earlier each time and says success.
    assert await phone.say("很慢") is None
    gate.set()
    assert await phone.texts(bool) == ["收到：很慢"]
    assert len(door.seen) == 1


async def test_an_answer_is_not_lost_when_wechat_hangs_up_for_good(
    parts: dict[str, Any], door: Door, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel_module, "_NO_MORE_DELIVERIES_SECONDS", 0.5)
    gate = asyncio.Event()

    async def held(message: UserMessage) -> None:
        if message.text == "慢":
            await gate.wait()
        await door.echo(message)

    door.answer = held
    await phone.say("喂")
    side = wechat(parts)
    delivery = asyncio.create_task(side.deliver(side.compose_text(phone.openid, "慢")))
    while len(door.seen) < 2:
        await asyncio.sleep(0.01)
    delivery.cancel()
    await asyncio.wait({delivery})
    await side.aclose()
    gate.set()
    assert await phone.texts(lambda sent: len(sent) > 1) == ["收到：喂", "收到：慢"]


async def test_a_failing_turn_is_answered_honestly_and_logs_no_words(
    parts: dict[str, Any], door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    async def fails(message: UserMessage) -> None:
        # As SQLAlchemy does, the message quotes what was being written.
        raise RuntimeError(f"cannot store {message.text!r}")

    door.answer = fails
    side = wechat(parts)
    delivery = await side.send_text(new_openid(), "我家住在桂城平东")
    await side.aclose()
    assert delivery.reply_text == texts.FAILED
    assert "RuntimeError" in caplog.text
    assert "平东" not in caplog.text


async def test_phones_are_masked_before_the_bot_sees_them(
    parts: dict[str, Any], door: Door
) -> None:
    side = wechat(parts)
    await side.send_text(new_openid(), "电话13800138000")
    await side.aclose()
    assert door.seen[0].text == "电话138****8000"
    assert "13800138000" not in str(door.seen[0].metadata)


async def test_rich_messages_reach_the_citizen_as_text(parts: dict[str, Any], door: Door) -> None:
    async def choices(message: UserMessage) -> None:
        await message.output_channel.send_text_with_buttons(
            message.sender_id, "哪个？", [{"title": "水利局", "payload": "/1"}]
        )

    door.answer = choices
    side = wechat(parts)
    assert (await side.send_text(new_openid(), "好")).reply_text == "哪个？\n· 水利局"
    await side.aclose()
