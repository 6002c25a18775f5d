"""What the benchmark says to a bot, and the figures that come of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from simulator.openid import new_openid

SCRIPT = ("你好", "我要投诉", "楼下烧烤档夜晚好嘈好大油烟", "桂城平东社区", "匿名", "对")
GREETINGS = 100
_FINAL = "已提交"
_PAUSE = 0.05

# Sender and text to the bot's words; "" when it does not answer.
Say = Callable[[str, str], Awaitable[str]]


class BenchFailed(Exception):
    """A bot did not hold the conversation; the message shows where."""


@dataclass
class Load:
    """Seconds of each turn, and turns and seconds of each round."""

    turns: list[float] = field(default_factory=list)
    rounds: list[tuple[int, float]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {
            "turn_seconds": [round(value, 5) for value in self.turns],
            "turns_per_second": [round(turns / seconds, 2) for turns, seconds in self.rounds],
        }


@dataclass
class Figures:
    """All that is measured of one bot. ``greetings``: seconds of the first hundred answers."""

    start_seconds: float = 0.0
    greetings: list[float] = field(default_factory=list)
    alone: Load = field(default_factory=Load)
    crowd: Load = field(default_factory=Load)

    def as_json(self) -> dict[str, Any]:
        return {
            "start_seconds": round(self.start_seconds, 2),
            "greeting_seconds": [round(value, 5) for value in self.greetings],
            "alone": self.alone.as_json(),
            "crowd": self.crowd.as_json(),
        }


async def first_answer(say: Say, figures: Figures, limit: float, check: Callable[[], None]) -> None:
    """Greet until the bot answers; ``check`` raises when it no longer can.

    Raises:
        BenchFailed: no answer within ``limit`` seconds.
    """
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        check()
        asked = time.perf_counter()
        try:
            if await say(new_openid(), SCRIPT[0]):
                figures.greetings.append(time.perf_counter() - asked)
                return
        except (httpx.HTTPError, ValueError):
            pass
        await asyncio.sleep(_PAUSE)
    raise BenchFailed(f"机器人过了 {limit:.0f} 秒还没有应答")


async def greetings(say: Say, figures: Figures) -> None:
    """The second to the hundredth answer, each to a new citizen; the warm-up of both bots.

    Raises:
        BenchFailed
    """
    while len(figures.greetings) < GREETINGS:
        asked = time.perf_counter()
        if not await say(new_openid(), SCRIPT[0]):
            raise BenchFailed("一声问好没有得到应答")
        figures.greetings.append(time.perf_counter() - asked)


async def conversations(say: Say, number: int, users: int, load: Load) -> None:
    """``number`` conversations, held by ``users`` citizens at a time.

    Raises:
        BenchFailed
    """
    left = number

    async def user() -> None:
        nonlocal left
        while left > 0:
            left -= 1
            await _conversation(say, load.turns)

    started = time.perf_counter()
    await asyncio.gather(*(user() for _ in range(users)))
    load.rounds.append((number * len(SCRIPT), time.perf_counter() - started))


async def _conversation(say: Say, times: list[float]) -> None:
    citizen = new_openid()
    heard = []
    for text in SCRIPT:
        asked = time.perf_counter()
        heard.append(await say(citizen, text))
        times.append(time.perf_counter() - asked)
    if _FINAL not in heard[-1]:
        raise BenchFailed("对话没有走到提交：" + " / ".join(heard))
