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


def load() -> None:
    """Read the counts now, so that the first citizen need not wait for it."""
    _counts()


def is_everyday(word: str, least: int) -> bool:
    """Whether the list counts ``word``, two characters, at least ``least`` (100 or more) times."""
    return _counts().get(word, 0) >= least


@cache
def _counts() -> dict[str, int]:
    counts = {}
    with resources.files("jieba").joinpath("dict.txt").open(encoding="utf-8") as lines:
        for line in lines:
            word, count, _ = line.split(" ", 2)
            if len(word) == _LENGTH and int(count) >= _LEAST:
                counts[word] = int(count)
    return counts
