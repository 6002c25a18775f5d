"""The words of a text as jieba cuts them, and those that are not compared (``similar_words.yml``).

rjieba is jieba's algorithm and dictionary in Rust: https://github.com/messense/rjieba-py
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

import rjieba
import yaml

from intake.dispatch.places import ground


@dataclass(frozen=True)
class KnownWords:
    """``empty`` words are not compared; ``same`` maps a word to the one that stands for it."""

    empty: frozenset[str]
    same: Mapping[str, str]


@cache
def known_words() -> KnownWords:
    text = resources.files(__package__).joinpath("similar_words.yml").read_text("utf-8")
    table = yaml.safe_load(text)
    groups = [line.split() for line in table["same"]]
    return KnownWords(
        frozenset(word for line in table["empty"] for word in line.split()),
        {word: group[0] for group in groups for word in group},
    )


def cut(text: str) -> list[str]:
    # Without guessing unknown words: it makes 灯不亮 of 路灯不亮.
    return list(_cutter().cut(text, False))


@cache
def _cutter() -> rjieba.Jieba:
    cutter = rjieba.Jieba()
    listed = resources.files("bot.vocabulary").joinpath("jieba_words.txt").read_text("utf-8")
    known = [line.strip() for line in listed.splitlines() if line and not line.startswith("#")]
    for word in [*known, *ground().stems, *known_words().same]:
        if len(word) > 1:
            cutter.add_word(word, None, None)
    return cutter
