"""What goes to the intake service and comes back, field by field as in its OpenAPI document."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any


@dataclass(frozen=True)
class Address:
    """Where it is: five levels, each as words or None."""

    district: str | None = None
    town: str | None = None
    community: str | None = None
    grid: str | None = None
    detail: str | None = None


@dataclass(frozen=True)
class NewCase:
    """An appeal to file. ``redactions`` are the pairs (masked, clear) hidden in its texts.

    ``channel``: wechat, webchat, hotline, open311 or rest. ``citizen``: for example
    ``wechat:<openid>``. ``lat`` and ``long`` in degrees (WGS 84), both or neither.
    """

    description: str = field(repr=False)
    department: str
    appeal_type: str
    channel: str
    urgent: bool = False
    handling_mode: str | None = None
    address: Address = field(default=Address(), repr=False)
    lat: float | None = None
    long: float | None = None
    citizen: str | None = None
    contact_phone: str | None = field(default=None, repr=False)
    redactions: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    occurred: str | None = None
    co_departments: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The body of ``POST /cases``."""
        return asdict(self)


@dataclass(frozen=True)
class Step:
    """One step of a case; ``note`` is the text for the citizen, if there is one."""

    at: dt.datetime
    state: str
    state_name: str
    public_state: str
    note: str | None


@dataclass(frozen=True)
class Case:
    """A case as its citizen sees it; texts are masked. Times are aware, in +08:00."""

    case_id: str
    state: str
    state_name: str
    public_state: str
    department: str
    department_name: str
    department_short: str
    platform: str
    appeal_type: str
    appeal_type_name: str
    urgent: bool
    handling_mode: str
    description: str = field(repr=False)
    address: Address = field(repr=False)
    lat: float | None
    long: float | None
    occurred: str | None = field(repr=False)
    co_departments: tuple[str, ...]
    channel: str
    submitted_at: dt.datetime
    accept_due_at: dt.datetime | None
    first_response_due_at: dt.datetime | None
    due_at: dt.datetime | None
    history: tuple[Step, ...]

    @property
    def last_step(self) -> Step:
        return self.history[-1]


@dataclass(frozen=True)
class BareStatus:
    """All that somebody sees who has only the case ID. ``locked``: no more digits today."""

    case_id: str
    public_state: str
    locked: bool


def read_case(data: Mapping[str, Any]) -> Case:
    """Raises KeyError, TypeError or ValueError when ``data`` is no case."""
    values = {f.name: data[f.name] for f in fields(Case)}
    values["address"] = Address(**{f.name: data["address"][f.name] for f in fields(Address)})
    values["co_departments"] = tuple(data["co_departments"])
    values["submitted_at"] = dt.datetime.fromisoformat(data["submitted_at"])
    for name in ("accept_due_at", "first_response_due_at", "due_at"):
        values[name] = None if data[name] is None else dt.datetime.fromisoformat(data[name])
    values["history"] = tuple(_read_step(step) for step in data["history"])
    if not values["history"]:
        raise ValueError("a case has at least one step")
    return Case(**values)


def read_answer(data: Mapping[str, Any]) -> Case | BareStatus:
    """A case, or the bare status when the asker may not see more; raises like read_case."""
    if data["authorized"]:
        return read_case(data)
    return BareStatus(data["case_id"], data["public_state"], bool(data.get("locked", False)))


def _read_step(data: Mapping[str, Any]) -> Step:
    values = {f.name: data[f.name] for f in fields(Step)}
    values["at"] = dt.datetime.fromisoformat(data["at"])
    return Step(**values)
