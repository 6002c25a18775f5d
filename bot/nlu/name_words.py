"""The words that names of companies, shops, schools, hospitals, estates and buildings consist of.

From ``names.yml``. Words are looked up by how they begin, longest first: a text is read once,
however many words there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from bot.nlu.spot_words import GENERIC
from bot.vocabulary import load_yaml

KINDS = ("company", "shop", "school", "hospital", "estate", "building")
SURE, DOUBTFUL, CUED, BRAND = "sure", "doubtful", "cued", "brands"
_LONGEST_GENERIC = 5


@dataclass(frozen=True)
class KindWord:
    """A word that a name of a ``kind`` ends in, and how much more it needs to make a name."""

    word: str
    kind: str
    need: str
    not_before: str
    not_after: str


class NameWords:
    """The lists of ``names.yml``, ready for looking up."""

    def __init__(self) -> None:
        lists = load_yaml("names.yml")
        self._generic = frozenset(lists["generic"])
        self.in_names = frozenset(lists["words_in_names"]) | frozenset(
            load_yaml("places.yml")["words_in_spot_names"]
        )
        not_before, not_after = lists["not_before"], lists["not_after"]
        # A word that is listed twice is what the first list says.
        kinds: dict[str, KindWord] = {}
        for need in (BRAND, SURE, DOUBTFUL, CUED):
            for kind in KINDS:
                listed = lists[BRAND].get(kind, ()) if need == BRAND else lists[kind].get(need, ())
                for word in listed:
                    vetoes = (not_before.get(word, ""), not_after.get(word, ""))
                    kinds.setdefault(word, KindWord(word, kind, need, *vetoes))
        self._kinds = _by_beginning(kinds)
        self._kind_words = kinds
        self._before = _by_beginning(lists["before"])

    def kinds_in(self, text: str) -> Iterator[tuple[int, KindWord]]:
        """The kind words of ``text`` from left to right, the longest at each position."""
        for start, word in _found(text, self._kinds):
            kind = self._kind_words[word]
            following = text[start + len(word) : start + len(word) + 1]
            before = text[start - 1 : start] if start else ""
            # An empty string would be found in any.
            if (following or "\n") not in kind.not_before and (
                before or "\n"
            ) not in kind.not_after:
                yield start, kind

    def ends_before_name(self, text: str) -> Iterator[int]:
        """Where words end that stand before names."""
        for start, word in _found(text, self._before):
            yield start + len(word)

    def own_part(self, stem: str) -> str:
        """``stem`` without the words for trades at its end: 顺发 of 顺发五金."""
        while True:
            for length in range(min(_LONGEST_GENERIC, len(stem)), 1, -1):
                if stem[-length:] in self._generic:
                    stem = stem[:-length]
                    break
            else:
                return stem

    def is_generic(self, words: str) -> bool:
        """Whether ``words`` are all for trades and manners; true of none."""
        # 城市 is no 城 and 市: 城市花园 is a name.
        if words in self.in_names and words not in self._generic:
            return False
        return bool(GENERIC.fullmatch(words)) or self.is_trade(words)

    def is_trade(self, words: str) -> bool:
        """Whether ``words`` are all in this module's own list; true of none."""
        reached = [True] + [False] * len(words)
        for end in range(1, len(words) + 1):
            reached[end] = any(
                reached[start] and words[start:end] in self._generic
                for start in range(max(0, end - _LONGEST_GENERIC), end)
            )
        return reached[-1]


@cache
def name_words() -> NameWords:
    """The words, read once a process."""
    return NameWords()


def _by_beginning(words: Iterable[str]) -> dict[str, list[str]]:
    """Words by their first two characters: hardly any two in a text begin one."""
    index: dict[str, list[str]] = {}
    for word in sorted(words, key=len, reverse=True):
        index.setdefault(word[:2], []).append(word)
    return index


def _found(text: str, index: dict[str, list[str]]) -> Iterator[tuple[int, str]]:
    position = 0
    for start, single in enumerate(text):
        if start < position:
            continue
        pair = text[start : start + 2]
        for word in index.get(pair, ()):
            if text.startswith(word, start):
                break
        else:
            if single not in index:
                continue
            word = single
        yield start, word
        position = start + len(word)
