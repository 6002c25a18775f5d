"""Citizens' personal data: hidden in texts, sealed beside the case, compared without opening."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields, replace

from bot.privacy import Redaction, Vault, mask
from bot.settings import SettingsError
from intake.cases import Address, Contact, NewCase


@dataclass(frozen=True)
class Sealed:
    """Encrypted tokens and the keyed hash that are kept beside a case; None where there is none."""

    contact: str | None = None
    redactions: str | None = None
    phone_last4: str | None = None


class PersonalData:
    """Hides, seals and compares personal data with the keys of ``SUQIU_DATA_KEY``."""

    def __init__(self, data_key: str) -> None:
        self._keys = [key.strip().encode() for key in data_key.split(",") if key.strip()]
        try:
            self._vault = Vault(data_key)
        except ValueError as error:
            raise SettingsError("设置 SUQIU_DATA_KEY 的值不对：应为 Fernet 密钥") from error

    def hide(self, new: NewCase) -> NewCase:
        """``new`` with every text masked once more and what was hidden added to its redactions.

        The bot masks at its door, but a caller may be another system that does not.
        """
        description, found = mask(new.description)
        given = [Redaction(masked, clear) for masked, clear in new.redactions]
        redactions = in_order(description, given, found)
        levels: dict[str, str | None] = {}
        for level in fields(Address):
            levels[level.name], more = _mask_optional(getattr(new.address, level.name))
            redactions += more
        occurred, more = _mask_optional(new.occurred)
        redactions += more
        return replace(
            new,
            description=description,
            address=Address(**levels),
            occurred=occurred,
            redactions=tuple((item.masked, item.clear) for item in redactions),
        )

    def seal(self, new: NewCase, case_id: str) -> Sealed:
        """What is kept beside the case ``case_id`` in place of the clear personal data."""
        pairs = [Redaction(masked, clear) for masked, clear in new.redactions]
        return self._sealed(case_id, new.contact, pairs)

    def open_contact(self, token: str) -> Contact:
        """Raises :class:`bot.privacy.SealBroken`."""
        return Contact(**json.loads(self._vault.open(token)))

    def open_redactions(self, token: str) -> list[Redaction]:
        """Raises :class:`bot.privacy.SealBroken`."""
        return self._vault.open_redactions(token)

    def seal_redactions(self, redactions: Iterable[Redaction]) -> str:
        return self._vault.seal_redactions(redactions)

    def sealed_anew(self, case_id: str, contact: str | None, redactions: str | None) -> Sealed:
        """Tokens of a case sealed with the first key, which is the newest.

        Raises:
            bot.privacy.SealBroken
        """
        known = self.open_contact(contact) if contact else Contact()
        hidden = self.open_redactions(redactions) if redactions else []
        return self._sealed(case_id, known, hidden)

    def _sealed(self, case_id: str, contact: Contact, hidden: list[Redaction]) -> Sealed:
        digits = re.sub(r"\D", "", contact.phone or "")
        return Sealed(
            contact=self.seal_contact(contact) if contact else None,
            redactions=self._vault.seal_redactions(hidden) if hidden else None,
            phone_last4=self._hash(self._keys[0], case_id, digits[-4:]) if digits else None,
        )

    def seal_contact(self, contact: Contact) -> str:
        return self._vault.seal(json.dumps(asdict(contact)))

    def is_last4(self, case_id: str, digits: str, stored: str | None) -> bool:
        """Whether ``digits`` are the last four of the case's phone. Takes constant time.

        Tries every key, because the hash was made with the key that was first at that time.
        """
        matches = [
            hmac.compare_digest(self._hash(key, case_id, digits), stored or "")
            for key in self._keys
        ]
        return any(matches)

    @staticmethod
    def _hash(key: bytes, case_id: str, last4: str) -> str:
        return hmac.new(key, f"{case_id}:{last4}".encode(), hashlib.sha256).hexdigest()


def last4(text: str) -> str | None:
    """The four ASCII digits that ``text`` spells, full width too; None when it is no such thing."""
    digits = unicodedata.normalize("NFKC", text).strip()
    return digits if re.fullmatch(r"[0-9]{4}", digits) else None


def in_order(text: str, *lists: Iterable[Redaction]) -> list[Redaction]:
    """Several lists of redactions of ``text`` as one, in the order of their masks in the text.

    :func:`bot.privacy.unmask` puts values back first come first served, so order matters. Masks
    that are not in the text come last.
    """
    placed: list[tuple[int, Redaction]] = []
    for redactions in lists:
        position = 0
        for redaction in redactions:
            found = text.find(redaction.masked, position)
            placed.append((found if found >= 0 else len(text), redaction))
            position = found + len(redaction.masked) if found >= 0 else position
    return [redaction for _, redaction in sorted(placed, key=lambda item: item[0])]


def _mask_optional(text: str | None) -> tuple[str | None, list[Redaction]]:
    return mask(text) if text else (text, [])
