"""One form for what people type: simplified characters, half width, plain blanks.

The length never changes, so an offset in the normalised text is an offset in the citizen's text.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

import opencc

_converter = opencc.OpenCC("t2s")


# Every component of the pipeline asks for the same text.
@lru_cache(maxsize=16)
def normalize(text: str) -> str:
    """Normalise width, script and blanks; same length as ``text``."""
    narrow = "".join(map(_narrow, text))
    simplified = _converter.convert(narrow)
    if len(simplified) != len(narrow):
        # A phrase was rewritten with another length: convert character by character instead.
        simplified = "".join(map(_simplify, narrow))
    return "".join(map(_usual, simplified, narrow))


def _usual(simplified: str, written: str) -> str:
    """OpenCC simplifies Cantonese characters to forms that nobody types (嗰 to 𠮶)."""
    return written if _is_usual(written) and not _is_usual(simplified) else simplified


def _is_usual(character: str) -> bool:
    """Whether it is in the block of characters that keyboards offer."""
    return "\u4e00" <= character <= "\u9fff"


@lru_cache(maxsize=4096)
def _narrow(character: str) -> str:
    if character.isspace() or unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp"):
        return " "
    folded = unicodedata.normalize("NFKC", character)
    return folded if len(folded) == 1 else character


@lru_cache(maxsize=4096)
def _simplify(character: str) -> str:
    simplified = _converter.convert(character)
    return simplified if len(simplified) == 1 else character
