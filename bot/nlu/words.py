"""Words of a text by jieba, which knows the project's words and the places of Foshan."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources

import jieba

from bot.nlu import everyday
from bot.nlu.gazetteer import gazetteer

_loaded = False


def load_user_words() -> None:
    """Load jieba and the project's words now, so that the first citizen need not wait for it."""
    global _loaded
    if _loaded:
        return
    everyday.load()
    listed = resources.files("bot.vocabulary").joinpath("jieba_words.txt").read_text("utf-8")
    for line in listed.splitlines():
        if line and not line.startswith("#"):
            jieba.add_word(line.strip())
    for name in gazetteer().full_names():
        jieba.add_word(name)
    _loaded = True


# The tokenizer and the classifier ask for the same message.
@lru_cache(maxsize=16)
def segments(text: str) -> tuple[str, ...]:
    """jieba's words and the blanks between them; joined they are ``text``."""
    return tuple(jieba.lcut(text))


def words(text: str) -> list[str]:
    """jieba's words without blanks."""
    return [word for word in segments(text) if not word.isspace()]
