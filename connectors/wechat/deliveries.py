"""The same message is worked on once, however often WeChat delivers it."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

# WeChat delivers a message three times within fifteen seconds; a late repeat costs nothing.
_REMEMBER_SECONDS = 120.0
_MOST_REMEMBERED = 20_000


@dataclass
class Delivery:
    """The work on one message: a running or finished task, and how often it was delivered.

    ``handed_over``: a passive reply or a customer-service message carried the answer.
    """

    answer: asyncio.Task[str]
    deliveries: int
    first_at: float
    handed_over: bool = False


class Deliveries:
    """Remembers messages by key, within this process."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Delivery] = OrderedDict()

    def take(self, key: str, work: Callable[[], Awaitable[str]]) -> Delivery:
        """Start ``work`` for a new key, or join the work on a known one."""
        self._forget()
        delivery = self._known.get(key)
        if delivery is None:
            task = asyncio.ensure_future(work())
            delivery = self._known[key] = Delivery(task, 0, time.monotonic())
        delivery.deliveries += 1
        return delivery

    def _forget(self) -> None:
        oldest = time.monotonic() - _REMEMBER_SECONDS
        while self._known:
            key, delivery = next(iter(self._known.items()))
            expired = delivery.first_at < oldest and delivery.answer.done()
            if not expired and len(self._known) <= _MOST_REMEMBERED:
                return
            del self._known[key]
