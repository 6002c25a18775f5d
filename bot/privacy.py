"""Personal data in citizens' words: masked where text is kept, sealed where the value is needed.

``mask`` runs at the door, in the connector. What it hides travels on only as a sealed (encrypted)
token, so neither logs nor the conversation store nor training data hold a phone or ID number.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from bot.case_id import find_case_ids

_DIGIT = "[0-9０-９]"
_GAP = r"[\s\-－—]?"
_MOBILE = (
    rf"(?:(?:\+|＋)?[8８][6６]{_GAP})?[1１][3-9３-９]{_DIGIT}{_GAP}{_DIGIT}{{4}}{_GAP}{_DIGIT}{{4}}"
)
_LANDLINE = rf"[0０]{_DIGIT}{{2,3}}{_GAP}{_DIGIT}{{7,8}}"
_IDENTITY = rf"[1-9１-９]{_DIGIT}{{5}}(?:[1１][9９]|[2２][0０]){_DIGIT}{{9}}[0-9０-９XxＸｘ]"
_BANK_CARD = rf"[3-6３-６]{_DIGIT}{{3}}(?:{_GAP}{_DIGIT}{{4}}){{3}}(?:{_GAP}{_DIGIT}{{1,3}})?"
_PERSONAL = re.compile(
    rf"(?<!{_DIGIT})(?P<value>{_IDENTITY}|{_MOBILE}|{_LANDLINE}|{_BANK_CARD})(?!{_DIGIT})"
)


@dataclass(frozen=True)
class Redaction:
    """One hidden value: ``masked`` stands in the text, ``clear`` is what the citizen wrote."""

    masked: str
    clear: str


class SealBroken(Exception):
    """A sealed token cannot be opened with the keys at hand."""


def mask(text: str) -> tuple[str, list[Redaction]]:
    """Hide phone, ID and bank card numbers.

    Returns the text with ``138****8000`` in place of each number, and what was hidden, in order.
    Case IDs are left alone, and masking a masked text changes nothing.
    """
    kept = [(mention.start, mention.end) for mention in find_case_ids(text)]
    redactions: list[Redaction] = []

    def hide(match: re.Match[str]) -> str:
        if any(start < match.end() and match.start() < end for start, end in kept):
            return match.group()
        digits = re.sub(r"[\s\-－—+＋]", "", match.group("value"))
        digits = digits.translate(_NARROW).upper()
        if len(digits) == 13 and digits.startswith("86"):
            digits = digits[2:]
        redactions.append(Redaction(f"{digits[:3]}****{digits[-4:]}", digits))
        return redactions[-1].masked

    return _PERSONAL.sub(hide, text), redactions


def unmask(text: str, redactions: Iterable[Redaction]) -> str:
    """Put hidden values back, first come first served where two masks look alike."""
    position = 0
    for redaction in redactions:
        found = text.find(redaction.masked, position)
        if found < 0:
            continue
        text = text[:found] + redaction.clear + text[found + len(redaction.masked) :]
        position = found + len(redaction.clear)
    return text


def is_mobile(digits: str) -> bool:
    """Whether ``digits`` is a mainland mobile number (11 digits)."""
    return bool(re.fullmatch(r"1[3-9]\d{9}", digits))


class Vault:
    """Seals and opens values with the keys of ``SUQIU_DATA_KEY``; the first key seals.

    Fernet: https://cryptography.io/en/latest/fernet/
    """

    def __init__(self, keys: str) -> None:
        self._fernet = MultiFernet([Fernet(key.strip()) for key in keys.split(",") if key.strip()])

    def seal(self, value: str) -> str:
        return self._fernet.encrypt(value.encode()).decode()

    def open(self, token: str) -> str:
        """Raises :class:`SealBroken` for a forged token or one of a key that is gone."""
        try:
            return self._fernet.decrypt(token.encode()).decode()
        except (InvalidToken, UnicodeEncodeError) as error:
            raise SealBroken("cannot open sealed personal data with the keys given") from error

    def seal_redactions(self, redactions: Iterable[Redaction]) -> str:
        return self.seal(json.dumps([[item.masked, item.clear] for item in redactions]))

    def open_redactions(self, token: str) -> list[Redaction]:
        return [Redaction(masked, clear) for masked, clear in json.loads(self.open(token))]


_NARROW = {ord("０") + i: ord("0") + i for i in range(10)} | {ord("Ｘ"): "X", ord("ｘ"): "X"}
