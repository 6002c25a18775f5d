"""The phone: order, bounds, allowance, typing, waiting."""

from __future__ import annotations

import asyncio

import pytest

from simulator import phone as phone_module
from simulator.errors import WeChatError
from simulator.phone import Phone, Phones, UnknownPhone


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def code(call, *args) -> int:
    with pytest.raises(WeChatError) as caught:
        call(*args)
    return caught.value.code


def test_messages_are_numbered_and_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phone_module, "MESSAGES_KEPT", 3)
    phone = Phone("o1")
    for n in range(5):
        phone.add("citizen", "text", str(n), "sent")
    assert [m.number for m in phone.since(0)] == [3, 4, 5]
    assert [m.text for m in phone.since(4)] == ["4"]
    assert phone.since(5) == []


def test_phones_are_bounded_by_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phone_module, "PHONES_KEPT", 2)
    phones = Phones()
    first, second = phones.open().openid, phones.open().openid
    phones.get(first)
    phones.open()
    assert phones.get(first).openid == first
    with pytest.raises(UnknownPhone):
        phones.get(second)


def test_opening_again_keeps_the_conversation() -> None:
    phones = Phones()
    phone = phones.open()
    phone.add("citizen", "text", "你好", "sent")
    assert phones.open(phone.openid).since(0)[0].text == "你好"


def test_allowance(clock: Clock) -> None:
    phone = Phone("o1", clock)
    assert code(phone.check_answer) == 45015
    phone.add("citizen", "text", "你好", "sent")
    for n in range(5):
        phone.check_answer()
        clock.now += 1
        assert phone.add("account", "text", "好", "customer_service").seconds == n + 1
    assert code(phone.check_answer) == 45047
    phone.add("account", "text", "好", "passive_reply")
    phone.add("citizen", "text", "再问", "sent")
    phone.check_answer()
    clock.now += 48 * 3600 + 1
    assert code(phone.check_answer) == 45015


def test_typing(clock: Clock) -> None:
    phone = Phone("o1", clock)
    assert code(phone.set_typing, True) == 45080
    phone.add("citizen", "text", "你好", "sent")
    phone.set_typing(True)
    assert phone.typing
    clock.now += 16
    assert not phone.typing
    phone.set_typing(True)
    phone.add("account", "text", "好", "customer_service")
    assert not phone.typing
    clock.now += 31
    assert code(phone.set_typing, True) == 45080


async def test_waiting_ends_with_news_or_time() -> None:
    phone = Phone("o1")
    phone.add("citizen", "text", "你好", "sent")
    await asyncio.wait_for(phone.wait(0, False, 60), 1)
    await asyncio.wait_for(phone.wait(1, False, 0.01), 1)

    async def released_by(act) -> None:
        waiting = asyncio.ensure_future(phone.wait(phone.last, phone.typing, 60))
        await asyncio.sleep(0)
        act()
        await asyncio.wait_for(waiting, 1)

    await released_by(lambda: phone.set_typing(True))
    await released_by(lambda: phone.add("account", "text", "好", "customer_service"))
    await released_by(phone.release)
    # A change missed between two calls is noticed at once.
    await asyncio.wait_for(phone.wait(phone.last, True, 60), 1)
