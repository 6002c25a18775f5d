"""A citizen who reads a letter to the bot and answers its questions until the case is filed.

For measuring with real letters: each letter is a new citizen, every message goes through WeChat's
encrypted protocol like anybody's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum

from bot.case_id import find_case_ids
from simulator.openid import new_openid
from simulator.wechat import WeChatSide

MAX_TURNS = 12
# Letters come from another province; the citizen of the trial lives here.
_PLACES = (
    "南海区桂城街道平东社区",
    "顺德区容桂街道红星社区",
    "禅城区祖庙街道同济路",
    "三水西南",
    "高明荷城",
)
_TOWN = re.compile(r"的哪个镇街？\n?([\u4e00-\u9fff]+)")


class Ending(Enum):
    """How a conversation ended."""

    FILED = "filed"
    NOT_FOR_CITY = "not_for_city"
    GIVEN_UP = "given_up"


@dataclass
class Conversation:
    """What was said, how long each answer took in seconds, and how it ended."""

    openid: str
    lines: list[tuple[str, str | None]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    ending: Ending = Ending.GIVEN_UP
    case_id: str | None = None
    problems: list[str] = field(default_factory=list)

    def was_asked(self, words: str) -> bool:
        return any(words in (reply or "") for _, reply in self.lines)


@dataclass(frozen=True)
class _Rule:
    """If the bot's reply fits, the citizen says this next."""

    asks: re.Pattern[str]
    answer: Callable[[str, int], str]


_RULES = (
    _Rule(re.compile(r"请回复“登记”"), lambda reply, number: "不用"),
    _Rule(re.compile(r"对吗|对不对"), lambda reply, number: "对"),
    _Rule(re.compile(r"回复数字"), lambda reply, number: "1"),
    _Rule(_TOWN, lambda reply, number: _town(reply)),
    _Rule(re.compile(r"哪个区|镇街"), lambda reply, number: _PLACES[number % len(_PLACES)]),
    _Rule(
        re.compile(r"联系电话"),
        lambda reply, number: "匿名" if number % 2 else f"1380013{number % 10_000:04d}",
    ),
    _Rule(re.compile(r"发生了什么"), lambda reply, number: "就是我上面说的这件事，请尽快处理"),
)


def _town(reply: str) -> str:
    found = _TOWN.search(reply)
    return found.group(1) if found else _PLACES[0]


async def tell(side: WeChatSide, letter: str, number: int) -> Conversation:
    """Hold one conversation about ``letter``; ``number`` varies the citizen's answers."""
    conversation = Conversation(new_openid())
    words = letter
    for _ in range(MAX_TURNS):
        delivery = await side.send_text(conversation.openid, words)
        conversation.lines.append((words, delivery.reply_text))
        conversation.seconds.append(delivery.seconds)
        if delivery.failed:
            conversation.problems.append(delivery.detail)
            return conversation
        reply = delivery.reply_text or ""
        mentioned = [m.value for m in find_case_ids(reply) if m.value]
        if mentioned and "编号" in reply:
            conversation.ending, conversation.case_id = Ending.FILED, mentioned[0]
            return conversation
        if "没有登记" in reply:
            conversation.ending = Ending.NOT_FOR_CITY
            return conversation
        answers = (rule.answer(reply, number) for rule in _RULES if rule.asks.search(reply))
        words = next(answers, "对")
    return conversation


def percentile(values: Iterable[float], share: float) -> float:
    """The value below which ``share`` of ``values`` lies (nearest rank); 0 when there are none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
