"""The case: plain data, free of web framework and database."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace

from bot import vocabulary
from intake import workflow
from intake.deadlines import due_times

MACHINE = "machine"


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


@dataclass(frozen=True)
class HistoryEntry:
    """One step of a case. ``note`` is the text for the citizen, if the step has one."""

    at: dt.datetime
    actor: str
    from_state: str | None
    to_state: str
    note: str | None = None


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
    history: tuple[HistoryEntry, ...] = ()

    @property
    def closed(self) -> bool:
        return self.state in workflow.CLOSED_STATES


def handling_mode(new: NewCase) -> str:
    """The mode the caller named, else one by the rules of the appeal service.

    What belongs to a department or a sub-platform is handed over to it; the general platform
    answers its own questions at once and studies the rest.
    """
    if new.handling_mode:
        return new.handling_mode
    if new.urgent:
        return "urgent"
    if new.co_departments:
        return "cross"
    if vocabulary.departments()[new.department].platform != "general":
        return "transfer"
    return "simple" if new.appeal_type == "consultation" else "complex"


def filed(new: NewCase, case_id: str, now: dt.datetime) -> Case:
    """``new`` as a case that is accepted and dispatched, due times set.

    The caller has already named the department, so nothing is left for a person to decide and
    the machine takes all three steps at once.
    """
    due = due_times(now, new.department, new.appeal_type, new.urgent)
    case = Case(
        case_id=case_id,
        state=workflow.FIRST_STATE,
        department=new.department,
        platform=vocabulary.departments()[new.department].platform,
        appeal_type=new.appeal_type,
        urgent=new.urgent,
        handling_mode=handling_mode(new),
        description=new.description,
        address=new.address,
        lat=new.lat,
        long=new.long,
        channel=new.channel,
        citizen=new.citizen,
        occurred=new.occurred,
        co_departments=new.co_departments,
        media_url=new.media_url,
        submitted_at=now,
        updated_at=now,
        accept_due_at=due.accept,
        first_response_due_at=due.first_response,
        due_at=due.resolve,
        history=(HistoryEntry(now, MACHINE, None, workflow.FIRST_STATE),),
    )
    for state in ("accepted", "dispatched"):
        case = moved(case, state, MACHINE, now)
    return case


def moved(case: Case, to_state: str, actor: str, at: dt.datetime, note: str | None = None) -> Case:
    """``case`` one step on, with the step appended to its history.

    Raises:
        intake.workflow.TransitionForbidden, intake.workflow.TextMissing
    """
    workflow.check(case.state, to_state, note)
    entry = HistoryEntry(at, actor, case.state, to_state, note)
    return replace(case, state=to_state, updated_at=at, history=(*case.history, entry))
