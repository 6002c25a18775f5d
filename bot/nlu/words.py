"""Words of a text as jieba cuts them, with the project's words and the places of Foshan.

By rjieba, jieba's algorithm and dictionary in Rust: the same words but for numbers with hyphens,
in a twentieth of the time. https://github.com/messense/rjieba-py
"""

from __future__ import annotations

from functools import cache, lru_cache
from importlib import resources

import rjieba

from bot.nlu.gazetteer import gazetteer


def load_user_words() -> None:
    """Load the dictionary now, so that the first citizen need not wait for it."""
    _cutter()


@cache
def _cutter() -> rjieba.Jieba:
    cutter = rjieba.Jieba()
    listed = resources.files("bot.vocabulary").joinpath("jieba_words.txt").read_text("utf-8")
    known = [line.strip() for line in listed.splitlines() if line and not line.startswith("#")]
    for word in [*known, *gazetteer().full_names()]:
        cutter.add_word(word, None, None)
    return cutter


# The tokenizer and the classifier ask for the same message.
@lru_cache(maxsize=16)
def segments(text: str) -> tuple[str, ...]:
    """jieba's words and the blanks between them; joined they are ``text``."""
    return tuple(_cutter().cut(text))


def words(text: str) -> list[str]:
    """jieba's words without blanks."""
    return [word for word in segments(text) if not word.isspace()]
