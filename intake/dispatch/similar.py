"""Whether two cases are about the same matter: near in place, and alike in words.

Places and times decide what is near, words decide what is alike. The words are weighed by how rare
they are among the cases at hand, so no model and no table has to be kept. Free of database.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from intake.cases import Address
from intake.deadlines import SHANGHAI
from intake.dispatch.nearness import (
    MOST_READ,
    PLACE_WORD,
    Matter,
    metres_between,
    nearness,
    places_named,
)
from intake.dispatch.places import ground
from intake.dispatch.words import cut, known_words

ALIKE = 0.12
"""How alike two cases of one department must be, from 0 to 1."""
ALIKE_ELSEWHERE = 0.2
"""… and of two departments: one of them was sent to the wrong one."""
_WORDS_SHOWN = 3
_WEIGHED_BY = 100  # cases elsewhere
_EXCERPT = 30  # characters
_CHINESE = re.compile("[\u4e00-\u9fff]")
_DIGITS = re.compile(r"[\d*]+")
_CLAUSE = re.compile("[，。！？；,.!?;\n]+")


@dataclass(frozen=True)
class Likeness:
    """How alike ``matter`` is, from 0 to 1, and why in Chinese words.

    ``metres`` is the distance of the two pins; ``excerpt`` a clause of the matter, masked.
    """

    matter: Matter
    score: float
    metres: int | None
    reason: str
    excerpt: str = field(repr=False)


@dataclass(frozen=True)
class _Features:
    """Words, pairs of characters, and the text that they are of, without names of places.

    ``order`` has the words as they come.
    """

    order: tuple[str, ...]
    words: frozenset[str]
    pairs: frozenset[str]
    text: str = field(repr=False)

    def meeting(self, other: _Features) -> frozenset[str]:
        """The words with those of ``other`` that stand in this text but were cut otherwise."""
        return self.words | {word for word in other.words if word in self.text}


def alike(
    asked: Matter, others: Sequence[Matter], now: dt.datetime, most: int = 5
) -> list[Likeness]:
    """Those of ``others`` that are about the same matter as ``asked``, the most alike first."""
    near: list[tuple[Matter, str]] = []
    apart: list[Matter] = []
    for other in others:
        where = nearness(asked, other)
        if where is None:
            apart.append(other)
        else:
            near.append((other, where))
    mine = _features(asked)
    theirs = [_features(other) for other, _ in near]
    # Rare not only among what is near: a storm of reports of one street lamp must not make
    # "street lamp" a word that says nothing.
    rarity = _rarity([mine, *theirs, *map(_features, apart[:_WEIGHED_BY])])
    found = []
    for (other, where), features in zip(near, theirs, strict=True):
        score = _likeness(mine, features, rarity)
        needed = ALIKE if other.department == asked.department else ALIKE_ELSEWHERE
        shared = _shared(mine, features, rarity)
        said = "".join(f"“{word}”" for word in shared)
        if score < needed or not shared:
            continue
        reason = f"{where}，都说{said}，{_when(other.at, now)}"
        found.append(
            Likeness(
                other,
                round(score, 3),
                metres_between(asked, other),
                reason,
                excerpt_of(other.text, shared),
            )
        )
    found.sort(key=lambda item: (-item.score, -item.matter.at.timestamp()))
    return found[:most]


def excerpt_of(text: str, words: Iterable[str]) -> str:
    """The clause of ``text`` that says most of ``words``, cut short; empty if none says any.

    A clause about the matter, not the beginning, where people say who they are, and without
    digits, which are house numbers as often as not.
    """
    same = known_words().same
    wanted = {same.get(word, word) for word in words}
    said = wanted | {word for word, stands in same.items() if stands in wanted}
    clauses = [clause.strip() for clause in _CLAUSE.split(text)]
    best = max(clauses, key=lambda clause: sum(word in clause for word in said))
    found = [best.find(word) for word in said if word in best]
    if not found:
        return ""
    start = max(0, min(min(found) - _EXCERPT // 3, len(best) - _EXCERPT))
    end = start + _EXCERPT
    shown = ("…" if start else "") + best[start:end] + ("…" if end < len(best) else "")
    return _DIGITS.sub("*", shown)


def _features(matter: Matter) -> _Features:
    return _features_of(matter.text[:MOST_READ], matter.address)


@lru_cache(maxsize=2048)
def _features_of(text: str, address: Address) -> _Features:
    """The words that say what it is about, without those that say where, when or nothing."""
    for name in places_named(text, address):
        text = text.replace(name, "，")
    stems, known = ground().stems, known_words()
    words = [
        known.same.get(word, word)
        for word in cut(text)
        if (len(word) > 1 or word in known.same)
        and word not in known.empty
        and word not in stems
        and (_CHINESE.search(word) or (word.isalpha() and word.isascii()))
        and not (len(word) > 2 and PLACE_WORD.fullmatch(word))
    ]
    runs = _CLAUSE.split(text)
    of_words = {pair for word in words for pair in _pairs(word)}
    letters = {word for word in words if len(word) == 1}
    telling = {
        pair
        for run in runs
        for pair in _pairs(run)
        if pair in of_words or pair[0] in letters or pair[1] in letters
    }
    return _Features(tuple(words), frozenset(words), frozenset(telling), text)


def _pairs(text: str) -> list[str]:
    return [one + two for one, two in zip(text, text[1:], strict=False)]


def _rarity(features: Sequence[_Features]) -> Mapping[str, float]:
    """Smoothed inverse document frequency; never 0, or a word that all say would not count."""
    documents = Counter(word for one in features for word in {*one.words, *one.pairs})
    return {
        word: 1 + math.log((1 + len(features)) / (1 + count)) for word, count in documents.items()
    }


def _likeness(one: _Features, two: _Features, rarity: Mapping[str, float]) -> float:
    words = _cosine(one.meeting(two), two.meeting(one), rarity)
    return 0.7 * words + 0.3 * _cosine(one.pairs, two.pairs, rarity)


def _cosine(one: frozenset[str], two: frozenset[str], rarity: Mapping[str, float]) -> float:
    """Of two sets whose members weigh as much as they are rare. How often a word is said tells
    little in a complaint.
    """

    def squares(words: Iterable[str]) -> float:
        return sum(rarity[word] ** 2 for word in words)

    return squares(one & two) / (math.sqrt(squares(one) * squares(two)) or 1)


def _shared(one: _Features, two: _Features, rarity: Mapping[str, float]) -> list[str]:
    """The most telling words that both say, as they come in ``one``."""
    both = one.meeting(two) & two.meeting(one)
    telling = sorted(both, key=lambda word: (-rarity[word] * len(word), word))
    place = {word: number for number, word in enumerate(reversed(one.order))}
    return sorted(telling[:_WORDS_SHOWN], key=lambda word: -place.get(word, -1))


def _when(at: dt.datetime, now: dt.datetime) -> str:
    days = (now.astimezone(SHANGHAI).date() - at.astimezone(SHANGHAI).date()).days
    return {0: "今天提交", 1: "昨天提交"}.get(max(0, days), f"{days} 天前提交")
