"""How common a word is, from jieba's dictionary."""

from __future__ import annotations

import jieba


def load() -> None:
    """Load jieba's dictionary now, so that the first citizen need not wait for it."""
    jieba.setLogLevel("WARNING")
    jieba.initialize()


def is_everyday(word: str, least: int) -> bool:
    """Whether jieba's dictionary counts ``word`` at least ``least`` times."""
    jieba.dt.check_initialized()
    return jieba.dt.FREQ.get(word, 0) >= least
