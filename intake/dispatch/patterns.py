"""Words to look for in a description: plain, or between slashes a regular expression.

A rule's author may write any expression and a citizen any text, so an expression that could take
long on some text is refused when the rules are compiled: the number of ways in which it can match
at one place is bounded, and it sees at most :data:`MOST_READ` characters.
"""

from __future__ import annotations

import re
import sre_parse
import unicodedata
from dataclasses import dataclass
from sre_constants import (
    ANY,
    AT,
    BRANCH,
    IN,
    LITERAL,
    MAX_REPEAT,
    MIN_REPEAT,
    NOT_LITERAL,
    SUBPATTERN,
)
from typing import Any

MOST_READ = 2_000
MAX_WORD = 40
MAX_EXPRESSION = 100
# One ``.*`` has 2,001 ways, ``.{0,20}`` 21; two of the former would already be four million.
_MOST_WAYS = 5_000
_PLAIN = frozenset({LITERAL, NOT_LITERAL, ANY, IN, AT})


class BadWord(Exception):
    """A word or expression cannot be used; the message is Chinese."""


@dataclass(frozen=True)
class Word:
    """A plain word or, with ``expression``, a regular expression; ``text`` as written."""

    text: str
    plain: str = ""
    expression: re.Pattern[str] | None = None

    def is_in(self, text: str) -> bool:
        """Whether it occurs in ``text``, which :func:`leveled` made."""
        if self.expression is None:
            return self.plain in text
        return self.expression.search(text[:MOST_READ]) is not None

    def covers(self, other: Word) -> bool:
        """Whether this occurs wherever ``other`` does, as far as can be told."""
        if self.expression is None and other.expression is None:
            return self.plain in other.plain
        return self.text == other.text


def leveled(text: str) -> str:
    """Full width and half width, upper and lower case made the same."""
    return unicodedata.normalize("NFKC", text).casefold()


def read_word(text: str) -> Word:
    """Raises BadWord when it is no word, no expression, or one that could take long."""
    stripped = text.strip()
    if len(stripped) > 1 and stripped.startswith("/") and stripped.endswith("/"):
        return Word(stripped, expression=_expression(stripped[1:-1]))
    if not stripped:
        raise BadWord("有一个词是空的")
    if len(stripped) > MAX_WORD:
        raise BadWord(f"“{stripped[:10]}…”太长，一个词最多 {MAX_WORD} 个字")
    return Word(stripped, plain=leveled(stripped))


def _expression(text: str) -> re.Pattern[str]:
    if len(text) > MAX_EXPRESSION:
        raise BadWord(f"正则表达式太长，最多 {MAX_EXPRESSION} 个字符")
    source = unicodedata.normalize("NFKC", text)
    try:
        ways = _ways(sre_parse.parse(source, re.IGNORECASE))
        compiled = re.compile(source, re.IGNORECASE)
    except (re.error, RecursionError, OverflowError) as error:
        raise BadWord(f"“/{text}/”不是正确的正则表达式") from error
    if ways > _MOST_WAYS:
        raise BadWord(
            f"“/{text}/”可能要算很久：最多写一处 .*，"
            "其余用 .{0,20}，带重复的括号外面不要再写 * 或 +"
        )
    if compiled.search("") is not None:
        raise BadWord(f"“/{text}/”连空白也匹配，等于没有写")
    return compiled


def _ways(parsed: Any) -> int:
    """At most so many ways to match at one place: what backtracking would try one by one.

    Raises:
        BadWord: it looks back or ahead, whose cost is not counted here.
    """
    ways = 1
    for kind, argument in parsed:
        ways *= _ways_of(kind, argument)
        if ways > _MOST_WAYS:
            break
    return ways


def _ways_of(kind: Any, argument: Any) -> int:
    if kind in _PLAIN:
        return 1
    if kind is SUBPATTERN:
        return _ways(argument[3])
    if kind is BRANCH:
        return sum(_ways(part) for part in argument[1])
    if kind in (MAX_REPEAT, MIN_REPEAT):
        least, most, repeated = argument
        inner = _ways(repeated)
        most = min(int(most), MOST_READ)
        if inner == 1:
            return max(1, most - int(least) + 1)
        total = 0
        for times in range(int(least), most + 1):
            total += inner**times
            if total > _MOST_WAYS:
                break
        return max(1, total)
    raise BadWord("正则表达式里不支持 (?=…)、(?!…)、\\1 这类写法")
