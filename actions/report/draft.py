"""The appeal being filled in. It lives in the slot ``draft`` as a plain dictionary."""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass, field
from typing import Any

from bot.vocabulary import departments

ANONYMOUS = "anonymous"
LEVELS = ("district", "town", "community", "grid", "detail")


@dataclass
class Draft:
    """What is known so far.

    ``draft_id`` makes filing idempotent: the same draft files the same case however often it is
    sent. ``contact_phone`` is masked or :data:`ANONYMOUS`; the number itself is in ``sealed``.
    ``prelude`` holds words said before there was a story; they will stand before it.
    ``question`` is what the citizen was asked last, ``asked`` counts how often each was asked.
    """

    draft_id: str
    description: str = ""
    prelude: str = ""
    ranking: list[tuple[str, float]] = field(default_factory=list)
    department: str | None = None
    department_options: list[str] = field(default_factory=list)
    appeal_type: str | None = None
    urgent: bool = False
    handling_mode: str | None = None
    address: dict[str, str | None] = field(default_factory=dict)
    place_options: list[dict[str, Any]] = field(default_factory=list)
    contact_phone: str | None = None
    occurred: str | None = None
    sealed: list[str] = field(default_factory=list)
    question: str | None = None
    asked: dict[str, int] = field(default_factory=dict)

    @classmethod
    def new(cls) -> Draft:
        return cls(draft_id=secrets.token_hex(12))

    @classmethod
    def from_slot(cls, value: dict[str, Any] | None) -> Draft | None:
        if not value:
            return None
        ranking = [(code, confidence) for code, confidence in value.get("ranking", [])]
        return cls(**{**value, "ranking": ranking})

    def to_slot(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def needs_place(self) -> bool:
        """Whether the matter has a place: a question or a pension has none."""
        if self.appeal_type == "consultation" or self.department is None:
            return self.appeal_type != "consultation"
        return departments()[self.department].needs_place

    @property
    def has_town(self) -> bool:
        return bool(self.address.get("district") and self.address.get("town"))

    def times_asked(self, question: str) -> int:
        return self.asked.get(question, 0)
