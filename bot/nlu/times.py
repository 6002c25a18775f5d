"""When it happened: time expressions, found by a grammar and dated by jionlp.

jionlp's extractor tries its patterns everywhere and costs milliseconds a message, and knows no
Cantonese. Here a grammar finds the whole expression with its edges ("从上个月起", "大概二十分钟前",
"每逢周末凌晨"), and only that piece is given to jionlp's parser
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
from bot.nlu.time_words import EDGE, HEDGE, INNER, PIECE

_LONGEST_TIME = 40
_MOST_TIMES = 5

_PIECE = re.compile(rf"{HEDGE}?{PIECE}", re.VERBOSE)
_NEXT_PIECE = re.compile(rf"[的嘅 ]?(?:{HEDGE}?{PIECE}|{INNER})", re.VERBOSE)
_EDGE = re.compile(EDGE, re.VERBOSE)
_LAST_EDGE = re.compile(r"左右|[之以]?[前后](?=[,，。都就还仲]|$)")
_SINCE = re.compile(r"(?:(?<!服)从|自从?|(?<![自理])由)$")
_BEGUN = re.compile(r"起(?!来)|开始|以来|计")
_TO = re.compile(r"一?直?到咗?|去到|至到?|[-~—]{1,2}")
_AND = re.compile(r"同埋?|和|跟|与|及|、|或者?")
_WEEKDAY = "[一二三四五六日天]"
_UNCOUNTED = "(?![个点月年号十百天0-9])"
_WEEKDAYS = re.compile(rf"[、和同]{_WEEKDAY}{_UNCOUNTED}")
# What may follow "到" without being a time by itself: 周一到五, 晚九点到早六点, 去年到现在.
_BARE = re.compile(
    rf"{_WEEKDAY}(?:、{_WEEKDAY})*{_UNCOUNTED}|{INNER}|"
    r"现在|而家|[依宜]家|如今|今(?![天日晚年早朝])",
    re.VERBOSE,
)
# What the parser does not need: hedges before and edges after.
_LEADING = re.compile(rf"^{HEDGE}", re.VERBOSE)
_TRAILING = re.compile(r"(?:左右|上下|前后|[多几起]|开始|以来|那[天晚日]|[嗰果][日晚阵])+$")
# Cantonese day words for the parser; the citizen's own words stay in the entity.
_MANDARIN = (
    ("噚", "昨"),
    ("琴", "昨"),
    ("寻", "昨"),
    ("今朝", "今早"),
    ("听朝", "明早"),
    ("听", "明"),
    ("朝早", "早上"),
    ("上昼", "上午"),
    ("晏昼", "中午"),
    ("下昼", "下午"),
    ("夜晚", "晚上"),
    ("旧年", "去年"),
    ("礼拜", "星期"),
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
    """Time expressions in ``text`` (normalised), at most five, in order.

    Those joined by "到" or "和" are one, with the begin of the first and the end of the last.
    """
    base = now.timestamp() if now else time.time()
    mentions: list[TimeMention] = []
    position = 0
    while len(mentions) < _MOST_TIMES and (found := _PIECE.search(text, position)):
        phrases = _grow(text, found)
        start, end = found.start(), phrases[-1][1]
        since = _SINCE.search(text, max(position, start - 2), start)
        begun = _BEGUN.match(text, end)
        if since and (begun or len(phrases) > 1 or text[end - 1] in "起来始"):
            start = since.start()
            end = begun.end() if begun else end
        end = min(end, start + _LONGEST_TIME)
        begin, until = _moments([text[a:b] for a, b in phrases], base)
        mentions.append(TimeMention(start, end, text[start:end], begin, until))
        position = end
    return mentions


def _grow(text: str, piece: re.Match[str]) -> list[tuple[int, int]]:
    """The phrase that ``piece`` begins and those joined to it, as (start, end)."""
    phrases = [(piece.start(), _phrase_end(text, piece.end()))]
    while True:
        end = phrases[-1][1]
        joint = _TO.match(text, end)
        following = joint and (_PIECE.match(text, joint.end()) or _BARE.match(text, joint.end()))
        if not following and (joint := _AND.match(text, end)):
            following = _PIECE.match(text, joint.end())
        if following:
            phrases.append((following.start(), _phrase_end(text, following.end())))
        elif text[end - 1] in "一二三四五六日" and (joint := _WEEKDAYS.match(text, end)):
            phrases[-1] = (phrases[-1][0], _phrase_end(text, joint.end()))
        else:
            return phrases


def _phrase_end(text: str, end: int) -> int:
    """Where the phrase ends that has a piece until ``end``."""
    while following := _NEXT_PIECE.match(text, end):
        end = following.end()
    for edge in (_EDGE, _EDGE, _LAST_EDGE):
        if following := edge.match(text, end):
            end = following.end()
    return end


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


def _moments(phrases: list[str], base: float) -> tuple[str | None, str | None]:
    begin, until = _parse(phrases[0], base)
    return begin, _parse(phrases[-1], base)[1] if len(phrases) > 1 else until


def _parse(words: str, base: float) -> tuple[str | None, str | None]:
    words = _TRAILING.sub("", _LEADING.sub("", words))
    for dialect, standard in _MANDARIN:
        words = words.replace(dialect, standard)
    words = _DAY_WORD.sub(lambda match: match.group()[0] + "天", words)
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
