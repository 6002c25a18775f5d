"""Danger in the citizen's words: what cannot wait. Rules from ``urgency.yml``, no Rasa."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from bot.vocabulary import load_yaml

_BETWEEN = r"[^,，。;；!！?？\n]{0,8}?"  # what may stand between the two words of a pair
_BEFORE = 12  # characters before a danger word in which "去年", "担心" take the urgency away
_AFTER = 14  # characters behind it in which "已经扑灭", "怎么赔" do
_SENTENCE_END = re.compile(r"[。!！?？\n]")


@dataclass(frozen=True)
class DangerMention:
    """A danger: its ``kind`` (gas, fire, …) and where it stands."""

    kind: str
    start: int
    end: int
    text: str


@dataclass(frozen=True)
class _Patterns:
    """``danger``: first character → pattern of what begins with it; its groups name the kinds."""

    danger: dict[str, re.Pattern[str]]
    harmless: re.Pattern[str]
    not_now: re.Pattern[str]
    over: re.Pattern[str]


@cache
def _patterns() -> _Patterns:
    table = load_yaml("urgency.yml")
    # One pattern of all phrases would try hundreds of branches at every character.
    by_first: dict[str, dict[str, list[str]]] = {}
    for kind, phrases in table["danger"].items():
        for phrase in phrases:
            head, *tail = (part.split("/") for part in phrase.split("+"))
            rest = "".join(f"{_BETWEEN}(?:{_any_of(words)})" for words in tail)
            for word in head:
                kinds = by_first.setdefault(word[0], {})
                kinds.setdefault(kind, []).append(re.escape(word) + rest)
    return _Patterns(
        {
            first: re.compile("|".join(f"(?P<{k}>{'|'.join(kinds[k])})" for k in kinds))
            for first, kinds in by_first.items()
        },
        re.compile(_any_of(table["harmless"])),
        re.compile(_any_of(table["not_now"])),
        re.compile(_any_of(table["over"])),
    )


def _any_of(words: Iterable[str]) -> str:
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))


def find_dangers(text: str) -> list[DangerMention]:
    """Present dangers in ``text`` (normalised); no idioms, nothing past, asked or only feared."""
    named = list(_named(text))
    if not named:
        return []
    patterns = _patterns()
    idle = [match.span() for match in patterns.harmless.finditer(text)]
    return [
        danger
        for danger in named
        if not any(start < danger.end and danger.start < end for start, end in idle)
        and not patterns.not_now.search(
            _SENTENCE_END.split(text[max(0, danger.start - _BEFORE) : danger.start])[-1]
        )
        and not patterns.over.search(_SENTENCE_END.split(text[danger.end : danger.end + _AFTER])[0])
    ]


def names_any_danger(text: str) -> bool:
    """Whether ``text`` (normalised) has a phrase of danger at all, however harmless."""
    return next(_named(text), None) is not None


def _named(text: str) -> Iterator[DangerMention]:
    """Every phrase of danger, whatever is said around it; none overlaps another."""
    danger = _patterns().danger
    position = 0
    while position < len(text):
        pattern = danger.get(text[position])
        match = pattern.match(text, position) if pattern else None
        if match is None:
            position += 1
            continue
        yield DangerMention(match.lastgroup or "", position, match.end(), match.group())
        position = match.end()
