"""When it happened: time expressions, read by jionlp.

jionlp's extractor tries its patterns everywhere and costs milliseconds a message. Here a cheap
pattern finds where a time may stand, and only that piece is given to jionlp's parser
(https://github.com/dongrixinyu/JioNLP/wiki/时间语义解析-说明文档).
"""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import logging
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.component import RuleExtractor

_DIGIT = r"[0-9零一二两三四五六七八九十]"
_DAY = (
    rf"[今去前明]年(?:{_DIGIT}{{1,3}}月(?:份|{_DIGIT}{{1,3}}[日号])?)?|今朝|听[日晚朝]|"
    r"(?:今|明|昨|前|后|大前)(?:天|晚|日|早)|噚(?:日|晚)|琴(?:日|晚)|寻(?:日|晚)|当(?:天|晚)|"
    rf"(?:上|这|本|下)?个?(?:星期|周|礼拜){_DIGIT[:-1]}日天末]|"
    rf"(?:上|这|本|下)个?(?:周末|月(?:{_DIGIT}{{1,3}}[日号])?|星期|周|礼拜)|"
    rf"(?:{_DIGIT}{{2,4}}年)?{_DIGIT}{{1,3}}月(?:份|{_DIGIT}{{1,3}}[日号])?|{_DIGIT}{{2,4}}年|"
    rf"(?<![路街巷道]){_DIGIT}{{1,3}}[日号](?![线楼铺栋])|每(?:天|晚|日|周|月|逢周末|个周末)|周末"
)
_PART = r"凌晨|清晨|早上|早晨|朝早|上午|中午|下午|下昼|傍晚|晚上|夜晚|夜里|半夜|深夜|晚间|早|晚"
# "一点都不好", "三点意见": no hour.
_HOUR = r"(?:点钟?(?!都|也|不|没|儿|点|意见|要求|建议|问题|想法|理由)|时)"
_CLOCK = rf"{_DIGIT}{{1,3}}{_HOUR}(?:{_DIGIT}{{1,3}}分?|半|一刻)?(?:多|几)?|\d{{1,2}}:\d{{2}}"
_TIME = re.compile(rf"(?:(?:{_DAY})的?(?:{_PART})?(?:{_CLOCK})?|(?:{_PART})(?:{_CLOCK})|{_CLOCK})")
_LONGEST_TIME = 24
_MOST_TIMES = 5
# Cantonese day words for the parser; the citizen's own words stay in the entity.
_MANDARIN = (
    ("噚", "昨"),
    ("琴", "昨"),
    ("寻", "昨"),
    ("今朝", "今早"),
    ("听朝", "明早"),
    ("听", "明"),
    ("朝早", "早上"),
    ("下昼", "下午"),
)
_DAY_WORD = re.compile(r"昨日|今日|前日|明日|后日")


@dataclass(frozen=True)
class TimeMention:
    """A time expression; ``begin`` and ``until`` in local time, None when it has no point."""

    start: int
    end: int
    text: str
    begin: str | None
    until: str | None


def find_times(text: str, now: dt.datetime | None = None) -> list[TimeMention]:
    """Time expressions in ``text`` (normalised), at most five, in order."""
    base = now.timestamp() if now else time.time()
    mentions = []
    for match in _TIME.finditer(text):
        words = match.group()[:_LONGEST_TIME]
        begin, until = _parse(words, base)
        mentions.append(TimeMention(match.start(), match.start() + len(words), words, begin, until))
        if len(mentions) == _MOST_TIMES:
            break
    return mentions


@cache
def _parser() -> Callable[..., dict[str, Any]]:
    """jionlp's parser, made quiet: it prints at import and logs what it cannot parse.

    What it cannot parse are a citizen's words, and those belong in no log.
    """
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        import jionlp
        from jionlp.gadget import time_parser

    silent = logging.Logger("jionlp")
    silent.disabled = True
    time_parser.logging = silent
    return jionlp.parse_time


def _parse(words: str, base: float) -> tuple[str | None, str | None]:
    for dialect, standard in _MANDARIN:
        words = words.replace(dialect, standard)
    words = _DAY_WORD.sub(lambda match: match.group()[0] + "天", words).rstrip("多几")
    try:
        parsed = _parser()(words, time_base=base)
    except Exception:  # jionlp raises many kinds for expressions that it does not know
        return None, None
    if parsed.get("type") not in ("time_point", "time_span"):
        return None, None
    begin, until = parsed["time"]
    return begin, until


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class AppealTimeExtractor(RuleExtractor):
    """Adds ``time`` entities; their value is the parsed begin or else the words."""

    def warm_up(self) -> None:
        find_times("昨晚十一点")

    def understand(self, message: Message, text: str) -> None:
        for mention in find_times(text):
            value = {"text": mention.text, "begin": mention.begin, "until": mention.until}
            self.add_entity(message, "time", value, mention.start, mention.end)
