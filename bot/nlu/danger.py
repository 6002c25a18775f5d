"""Danger in the citizen's words: what cannot wait. Rules from ``urgency.yml``, no Rasa."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from bot.vocabulary import load_yaml

_WITHIN = 8  # characters between the two words of a pair
_CONTEXT = 12  # characters before a danger word in which "去年", "担心" take the urgency away


@dataclass(frozen=True)
class DangerMention:
    """A danger: its ``kind`` (gas, fire, …) and where it stands."""

    kind: str
    start: int
    end: int
    text: str


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str], dict[str, str]]:
    table = load_yaml("urgency.yml")
    groups = {f"k{number}": kind for number, kind in enumerate(table["danger"])}
    danger = "|".join(
        f"(?P<{group}>{'|'.join(_alternative(phrase) for phrase in table['danger'][kind])})"
        for group, kind in groups.items()
    )
    return (
        re.compile(danger),
        re.compile("|".join(map(re.escape, table["harmless"]))),
        re.compile("|".join(map(re.escape, table["not_now"]))),
        groups,
    )


def _alternative(phrase: str) -> str:
    words = [re.escape(word) for word in phrase.split("+")]
    return rf"[^,，。;；!！?？\n]{{0,{_WITHIN}}}".join(words)


def find_dangers(text: str) -> list[DangerMention]:
    """Present dangers in ``text`` (normalised); no idioms, nothing past or only feared."""
    danger, harmless, not_now, groups = _patterns()
    idle = [match.span() for match in harmless.finditer(text)]
    mentions = []
    for match in danger.finditer(text):
        start, end = match.span()
        covered = any(a < end and start < b for a, b in idle)
        context = re.split(r"[。!！?？\n]", text[max(0, start - _CONTEXT) : start])[-1]
        if covered or not_now.search(context):
            continue
        mentions.append(DangerMention(groups[match.lastgroup or ""], start, end, match.group()))
    return mentions
