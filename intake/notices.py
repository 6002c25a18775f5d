"""Who is to be told what after a step. Decided here, written with the step, sent elsewhere.

A notice's key names the step and the recipient, so that one step never tells anybody twice.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from intake.cases import Case, HistoryEntry
from intake.deadlines import SHANGHAI
from intake.roles import CITIZEN

# The citizen who can be reached by the contact of the case only: a call, a form, a counter.
BY_CONTACT = "contact"
SUPERVISION = "supervision"
DEPARTMENT_PREFIX = "department:"
_QUIET_FROM, _QUIET_UNTIL = dt.time(22), dt.time(8)
# By state that is entered, or by what was done. Filing is told by whoever filed.
_FOR_CITIZEN = {
    "awaiting_citizen": "needs_you",
    "resolved": "resolved",
    "rejected": "rejected",
    "withdrawn": "withdrawn",
    "reopened": "reopened",
    "closed": "closed",
    "accepted": "accepted",
    "dispatched": "dispatched",
    "in_progress": "in_progress",
}
# What was done that a citizen hears of if it came with words for him.
_WITH_WORDS_FOR_CITIZEN = frozenset({"reply", "merged", "split"})
_FOR_DEPARTMENT = frozenset({"reminder", "yellow_card", "red_card", "urge", "supplement"})
REMINDERS = frozenset({"reminder"})
"""Told at most once a day."""
OUTDATED_BY_LATER = frozenset({"accepted", "dispatched", "in_progress"}) | REMINDERS
"""Nobody needs to hear of these when there is later news of the same case to tell."""


@dataclass(frozen=True)
class Notice:
    """One thing to tell to one recipient, not before a time.

    ``recipient``: ``wechat:<openid>`` or another citizen's name, ``contact``, ``department:<code>``
    or ``supervision``. ``content``: what a text or another program can be made of.
    """

    key: str
    case_id: str
    recipient: str
    kind: str
    content: dict[str, Any] = field(repr=False)
    not_before: dt.datetime


@dataclass(frozen=True)
class KeptNotice:
    """A notice as it lies in the outbox. ``not_before``: when it is tried next, or a claim ends."""

    notice_id: int
    key: str
    case_id: str
    recipient: str
    kind: str
    content: Mapping[str, Any] = field(repr=False)
    created_at: dt.datetime
    not_before: dt.datetime
    state: str
    attempts: int
    channel: str | None
    last_error: str | None
    ended_at: dt.datetime | None


def decide(before: Case | None, after: Case, followers: Sequence[str] = ()) -> list[Notice]:
    """The notices of the steps that lead from ``before`` (None: just filed) to ``after``.

    ``followers``: citizens who joined the case.
    """
    seen = len(before.history) if before else 0
    found: list[Notice] = []
    for step, entry in enumerate(after.history[seen:], seen):
        if entry.kind in REMINDERS and _reminded_that_day(after.history[:step], entry):
            continue
        for recipient, kind in _told(entry, after, followers, is_filing=before is None):
            if _ends_by_merging(after, step) and not is_office(recipient):
                continue
            found.append(_notice(after, step, entry, recipient, kind))
    return found


def tell(case: Case, recipient: str, kind: str, more: Mapping[str, Any] | None = None) -> Notice:
    """A notice of the last entry for somebody whom :func:`decide` cannot know.

    For example a citizen who just joined the case (kind ``joined``). ``more`` is added to the
    content. :func:`intake.outbox.add` writes it in the transaction of the step.
    """
    step = len(case.history) - 1
    return _notice(case, step, case.history[step], recipient, kind, more)


def is_office(recipient: str) -> bool:
    """Whether it is a department or the supervision, not a citizen."""
    return recipient == SUPERVISION or recipient.startswith(DEPARTMENT_PREFIX)


def department_of(recipient: str) -> str | None:
    """The code of the department that is told, if it is one."""
    prefix, _, code = recipient.partition(":")
    return code if f"{prefix}:" == DEPARTMENT_PREFIX else None


def may_tell_from(at: dt.datetime, recipient: str, urgent: bool) -> dt.datetime:
    """``at``, or the next morning: citizens sleep at night, unless the case is urgent.

    Offices have their own night.
    """
    if urgent or is_office(recipient):
        return at
    local = at.astimezone(SHANGHAI)
    if _QUIET_UNTIL <= local.time() < _QUIET_FROM:
        return at
    morning = local.replace(hour=_QUIET_UNTIL.hour, minute=0, second=0, microsecond=0)
    return morning if local.time() < _QUIET_UNTIL else morning + dt.timedelta(days=1)


def _notice(
    case: Case,
    step: int,
    entry: HistoryEntry,
    recipient: str,
    kind: str,
    more: Mapping[str, Any] | None = None,
) -> Notice:
    return Notice(
        key=f"{case.case_id}:{step}:{recipient}",
        case_id=case.case_id,
        recipient=recipient,
        kind=kind,
        content={**_content(entry, case), **(more or {})},
        not_before=may_tell_from(entry.at, recipient, case.urgent),
    )


def _told(
    entry: HistoryEntry, case: Case, followers: Sequence[str], is_filing: bool
) -> Iterator[tuple[str, str]]:
    """(recipient, kind) of everybody who is told of an entry."""
    if not is_filing and entry.actor != str(CITIZEN):
        kind = _FOR_CITIZEN.get(entry.to_state) if entry.kind == "state" else None
        if entry.kind in _WITH_WORDS_FOR_CITIZEN and entry.note:
            kind = entry.kind
        if kind:
            for citizen in dict.fromkeys((case.citizen or BY_CONTACT, *followers)):
                yield citizen, kind
    if entry.kind == "state" and entry.to_state == "dispatched":
        for code in dict.fromkeys((case.department, *case.co_departments)):
            yield f"{DEPARTMENT_PREFIX}{code}", "new_case"
    elif entry.kind == "state" and entry.to_state == "withdrawn":
        if case.dispatched_at:
            yield f"{DEPARTMENT_PREFIX}{case.department}", "withdrawn"
    elif entry.kind in _FOR_DEPARTMENT:
        yield f"{DEPARTMENT_PREFIX}{case.department}", entry.kind
    if entry.kind in ("yellow_card", "red_card"):
        yield SUPERVISION, entry.kind
    elif entry.kind == "state" and entry.to_state == "reopen_requested":
        yield SUPERVISION, "reopen_requested"


def _ends_by_merging(case: Case, step: int) -> bool:
    """Whether citizens have just been told that it goes on in another case, and need no more."""
    is_state = case.history[step].kind == "state"
    return is_state and step > 0 and case.history[step - 1].kind == "merged"


def _reminded_that_day(earlier: Sequence[HistoryEntry], entry: HistoryEntry) -> bool:
    day = entry.at.astimezone(SHANGHAI).date()
    return any(
        past.kind == entry.kind and past.at.astimezone(SHANGHAI).date() == day for past in earlier
    )


def _content(entry: HistoryEntry, case: Case) -> dict[str, Any]:
    return {
        "state": entry.to_state,
        "department": case.department,
        "note": entry.note,
        "remark": entry.remark,
        "due_at": case.due_at.isoformat() if case.due_at else None,
        "at": entry.at.isoformat(),
        "urgent": case.urgent,
    }
