"""A citizen's phone: the conversation with the account as it is seen there.

开发者文档: 客服消息 (whom the account may write to, how often)
https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Service_Center_messages.html
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any, Literal

from simulator.errors import WeChatError
from simulator.openid import new_openid

Side = Literal["citizen", "account", "notice"]
How = Literal["sent", "passive_reply", "customer_service", "template", "notice"]

MESSAGES_KEPT = 500
PHONES_KEPT = 1000
ANSWER_WINDOW = 48 * 3600
ANSWERS_ALLOWED = 5
TYPING_WINDOW = 30
# The phone takes the hint away by itself when no message follows.
TYPING_SHOWN = 15


@dataclass(frozen=True)
class Message:
    """One line of the conversation.

    ``number`` counts from 1 in each phone; ``time`` is Unix seconds; ``seconds`` is how long it
    took after the citizen's message; ``source`` is the decrypted XML, or the JSON of a
    customer-service message; ``ref`` is the sender's own mark, to recognise what it sent.
    """

    number: int
    side: Side
    kind: str
    text: str
    time: float
    how: How
    seconds: float | None = None
    attempts: int | None = None
    source: str | None = None
    detail: str = ""
    ref: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class UnknownPhone(LookupError):
    """No phone with this openid is known (any more)."""


class Phone:
    """The conversation of one citizen. Keeps the last :data:`MESSAGES_KEPT` messages."""

    def __init__(self, openid: str, clock: Callable[[], float] = time.time) -> None:
        self.openid = openid
        self._clock = clock
        self._messages: deque[Message] = deque(maxlen=MESSAGES_KEPT)
        self._changed = asyncio.Event()
        self._typing_until = 0.0
        self._written: float | None = None
        self._answers = 0
        self.last = 0

    def add(self, side: Side, kind: str, text: str, how: How, **more: Any) -> Message:
        """Append a message; keywords are the optional fields of :class:`Message`."""
        now = self._clock()
        if side == "citizen":
            self._written, self._answers = now, 0
        else:
            self._typing_until = 0.0
        if how == "customer_service":
            self._answers += 1
            if self._written is not None:
                more.setdefault("seconds", now - self._written)
        self.last += 1
        message = Message(self.last, side, kind, text, now, how, **more)
        self._messages.append(message)
        self._wake()
        return message

    def since(self, after: int) -> list[Message]:
        """Messages with a number above ``after``."""
        return [message for message in self._messages if message.number > after]

    def check_answer(self) -> None:
        """Whether the account may send a customer-service message now.

        Raises:
            WeChatError: 45015 when the citizen has not written for 48 hours (or never),
                45047 when five messages have gone out since the citizen's last one.
        """
        if self._written is None or self._clock() - self._written > ANSWER_WINDOW:
            raise WeChatError(45015)
        if self._answers >= ANSWERS_ALLOWED:
            raise WeChatError(45047)

    @property
    def typing(self) -> bool:
        """Whether the account shows 对方正在输入."""
        return self._clock() < self._typing_until

    def set_typing(self, on: bool) -> None:
        """Show or take away 对方正在输入.

        Raises:
            WeChatError: 45080 when the citizen has not written within 30 seconds.
        """
        if on and (self._written is None or self._clock() - self._written > TYPING_WINDOW):
            raise WeChatError(45080)
        self._typing_until = self._clock() + TYPING_SHOWN if on else 0.0
        self._wake()

    async def wait(self, after: int, typing: bool, timeout: float) -> None:
        """Return when there is something newer than ``after``, or typing is not ``typing`` any
        more, or :meth:`release` is called, or ``timeout`` seconds have passed."""
        if self.last > after or self.typing != typing:
            return
        if typing:
            timeout = min(timeout, max(0.0, self._typing_until - self._clock()))
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._changed.wait(), timeout)

    def release(self) -> None:
        """Let everyone who waits go on at once."""
        self._wake()

    def _wake(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()


class Phones:
    """All phones, in memory. Keeps the :data:`PHONES_KEPT` most recently used."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._phones: OrderedDict[str, Phone] = OrderedDict()

    def open(self, openid: str | None = None) -> Phone:
        """The phone of ``openid``, made if it is unknown; a new citizen's without ``openid``."""
        openid = openid or new_openid()
        if openid not in self._phones:
            self._phones[openid] = Phone(openid, self._clock)
            while len(self._phones) > PHONES_KEPT:
                self._phones.popitem(last=False)[1].release()
        return self.get(openid)

    def get(self, openid: str) -> Phone:
        """Raises: :class:`UnknownPhone`."""
        try:
            self._phones.move_to_end(openid)
        except KeyError:
            raise UnknownPhone(openid) from None
        return self._phones[openid]

    def release(self) -> None:
        """Let everyone who waits for a message go on at once, before the server stops."""
        for phone in self._phones.values():
            phone.release()
