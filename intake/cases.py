"""The case: plain data, free of web framework and database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from intake import workflow


@dataclass(frozen=True)
class Address:
    """Where it is: five levels from district to detail, each as words or None."""

    district: str | None = None
    town: str | None = None
    community: str | None = None
    grid: str | None = None
    detail: str | None = None

    def in_words(self) -> str | None:
        """All levels in one line, without the grid, which means nothing to a citizen.

        Citizens often write the whole address as the detail; its first levels are not said twice.
        """
        levels = [level for level in (self.district, self.town, self.community) if level]
        detail = self.detail or ""
        if levels:
            detail = detail.removeprefix("佛山市")
        for level in levels:
            detail = detail.removeprefix(level)
        return "".join(levels) + detail or None


@dataclass(frozen=True)
class Contact:
    """How to reach the citizen, in clear. Only ever stored sealed."""

    phone: str | None = None
    name: str | None = None
    email: str | None = None

    def __bool__(self) -> bool:
        return bool(self.phone or self.name or self.email)


@dataclass(frozen=True)
class NewCase:
    """A valid appeal to be filed; see :func:`intake.validation.parse_new_case`.

    ``redactions`` are pairs (masked, clear) that the caller already hid in its texts.
    """

    description: str
    department: str
    appeal_type: str
    channel: str
    urgent: bool = False
    handling_mode: str | None = None
    address: Address = Address()
    lat: float | None = None
    long: float | None = None
    citizen: str | None = None
    contact: Contact = field(default=Contact(), repr=False)
    redactions: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    occurred: str | None = None
    co_departments: tuple[str, ...] = ()
    media_url: str | None = None
    parent_id: str | None = None


@dataclass(frozen=True)
class Card:
    """A card of the supervision: ``colour`` yellow or red, and why."""

    colour: str
    at: dt.datetime
    reason: str

    def as_json(self) -> dict[str, str]:
        """As a row and a history keep it."""
        at = self.at.astimezone(dt.timezone.utc).isoformat()
        return {"colour": self.colour, "at": at, "reason": self.reason}

    @classmethod
    def from_json(cls, kept: Mapping[str, str]) -> Card:
        return cls(kept["colour"], dt.datetime.fromisoformat(kept["at"]), kept["reason"])


@dataclass(frozen=True)
class HistoryEntry:
    """One entry of a case's history; entries are only ever added.

    ``kind`` is ``state`` for a step from state to state, else what was done (``urge``, ``note``,
    ``card`` …; then both states are the same). ``note`` is for the citizen, ``remark`` for people
    inside. ``changes`` are the fields of the case that it set, so that the history alone can
    rebuild where a case stands.
    """

    at: dt.datetime
    actor: str
    from_state: str | None
    to_state: str
    note: str | None = field(default=None, repr=False)
    kind: str = "state"
    remark: str | None = field(default=None, repr=False)
    changes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """A case as kept, texts masked. Personal data lies sealed in the store, not here."""

    case_id: str
    state: str
    department: str
    platform: str
    appeal_type: str
    urgent: bool
    handling_mode: str
    description: str = field(repr=False)
    address: Address = field(repr=False)
    lat: float | None
    long: float | None
    channel: str
    citizen: str | None
    occurred: str | None = field(repr=False)
    co_departments: tuple[str, ...]
    media_url: str | None
    submitted_at: dt.datetime
    updated_at: dt.datetime
    accept_due_at: dt.datetime | None
    first_response_due_at: dt.datetime | None
    due_at: dt.datetime | None
    parent_id: str | None = None
    source: str | None = None
    assignee: str | None = None
    dispatched_at: dt.datetime | None = None
    return_due_at: dt.datetime | None = None
    responded_at: dt.datetime | None = None
    resolved_at: dt.datetime | None = None
    closed_at: dt.datetime | None = None
    returns: int = 0
    reopens: int = 0
    urges: int = 0
    last_urged_at: dt.datetime | None = None
    raised: bool = False
    cards: tuple[Card, ...] = ()
    satisfaction: int | None = None
    history: tuple[HistoryEntry, ...] = ()

    @property
    def media_urls(self) -> tuple[str, ...]:
        """The addresses in ``media_url``, which stand there with blanks between."""
        return tuple((self.media_url or "").split())

    @property
    def closed(self) -> bool:
        return self.state in workflow.CLOSED_STATES

    @property
    def last_move(self) -> HistoryEntry:
        """The entry by which it came into its present state."""
        return next(entry for entry in reversed(self.history) if entry.kind == "state")

    @property
    def is_red(self) -> bool:
        """Whether it stands on the red list."""
        return any(card.colour == "red" for card in self.cards)
