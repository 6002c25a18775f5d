"""How common a word of two characters is, by the counts that jieba's package carries.

Read from its list without loading jieba itself, which would keep every word and beginning of a
word in memory: the words of a text are cut elsewhere (``words.py``).
"""

from __future__ import annotations

from functools import cache
from importlib import resources

_LENGTH = 2
# Rarer words are nobody's everyday words, and most words are rarer.
_LEAST = 100
# Tags of words that lead to a name and stand in none: adverbs, verbs, conjunctions, times.
_LEADING = ("c", "d", "p", "r", "t", "v", "f", "ad")
# Tags of names: of people, of places, of other things.
_NAMES = ("nr", "ns", "nz", "nt")


def load() -> None:
    """Read the counts now, so that the first citizen need not wait for it."""
    _counts()


def is_everyday(word: str, least: int) -> bool:
    """Whether the list counts ``word``, two characters, at least ``least`` (100 or more) times."""
    return _counts().get(word, 0) >= least


def is_leading(word: str, least: int) -> bool:
    """Whether ``word`` is so common and no thing's name: 结果, 承诺, 已经, 我们."""
    return word in _listed()[1] and is_everyday(word, least)


def is_naming(word: str) -> bool:
    """Whether a common ``word`` is a name itself: 博雅, 兴隆."""
    return word in _listed()[2]


def _counts() -> dict[str, int]:
    return _listed()[0]


@cache
def _listed() -> tuple[dict[str, int], frozenset[str], frozenset[str]]:
    """The counts, and among them the words that lead to a name and those that are names."""
    counts, leading, naming = {}, set(), set()
    with resources.files("jieba").joinpath("dict.txt").open(encoding="utf-8") as lines:
        for line in lines:
            word, count, tag = line.split(" ", 2)
            if len(word) == _LENGTH and int(count) >= _LEAST:
                counts[word] = int(count)
                if tag.strip() in _LEADING:
                    leading.add(word)
                elif tag.startswith(_NAMES):
                    naming.add(word)
    return counts, frozenset(leading), frozenset(naming)
