"""Case IDs: ``FS`` + 8-digit date + 6 random digits + ISO 7064 MOD 37,36 check character.

The six digits are random so that an ID neither tells the day's volume nor the next ID.
Check characters by python-stdnum: https://arthurdejong.org/python-stdnum/doc/stdnum.iso7064
"""

from __future__ import annotations

import datetime as dt
import re
import secrets
import unicodedata
from dataclasses import dataclass

from stdnum.iso7064 import mod_37_36

PREFIX = "FS"
ID_LENGTH = 17
_SEPARATORS = r"[\s\-_.·—–]*"
# People write an ID in lower case, full width, with blanks or hyphens, inside a sentence. At
# least six more characters are asked for so that a bare "FS" or a car model is left alone.
_CANDIDATE = re.compile(
    rf"(?<![0-9a-z])f{_SEPARATORS}s(?:{_SEPARATORS}[0-9a-z]){{6,24}}", re.IGNORECASE
)


@dataclass(frozen=True)
class CaseIdMention:
    """A case ID found in a text. ``value`` is the canonical ID, or None when mistyped."""

    start: int
    end: int
    text: str
    value: str | None


def new_case_id(day: dt.date) -> str:
    """A fresh case ID of ``day``. Unique only with the store's unique index: retry on a clash."""
    body = f"{PREFIX}{day:%Y%m%d}{secrets.randbelow(10**6):06d}"
    return body + mod_37_36.calc_check_digit(body)


def is_case_id(value: str) -> bool:
    """Whether ``value`` is a canonical ID with the right check character."""
    return bool(re.fullmatch(r"FS\d{14}[0-9A-Z]", value)) and mod_37_36.is_valid(value)


def canonical(text: str) -> str | None:
    """The canonical ID that ``text`` spells, or None when its form or check character is wrong."""
    compact = re.sub(_SEPARATORS, "", unicodedata.normalize("NFKC", text)).upper()
    return compact if is_case_id(compact) else None


def find_case_ids(text: str) -> list[CaseIdMention]:
    """All case IDs in ``text``, mistyped ones included, in order. Offsets count in ``text``."""
    # NFKC can change lengths (㎡ becomes m2); map width character by character instead.
    narrow = text
    if not unicodedata.is_normalized("NFKC", text):
        narrow = "".join(_narrow(character) for character in text)
    return [_mention(text, match) for match in _CANDIDATE.finditer(narrow)]


def _mention(text: str, match: re.Match[str]) -> CaseIdMention:
    start, run = match.start(), match.group()
    # The run may have swallowed a word after the ID ("FS… ok"), so the ID itself is tried too.
    for length in (len(run), _length_of_id(run)):
        value = canonical(run[:length])
        if value is not None:
            return CaseIdMention(start, start + length, text[start : start + length], value)
    return CaseIdMention(start, match.end(), text[start : match.end()], None)


def _length_of_id(run: str) -> int:
    """Length of the part of ``run`` that holds the characters of one ID, if more follow apart."""
    positions = [position for position, character in enumerate(run) if character.isalnum()]
    if len(positions) <= ID_LENGTH:
        return len(run)
    end = positions[ID_LENGTH - 1] + 1
    return end if not run[end].isalnum() else len(run)


def _narrow(character: str) -> str:
    folded = unicodedata.normalize("NFKC", character)
    return folded if len(folded) == 1 else character
