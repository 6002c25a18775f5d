"""Who is to be told what after a step. Decided here, written with the step, sent elsewhere.

A notice's key names the step and the recipient, so that one step never tells anybody twice.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from intake.cases import Case, HistoryEntry
from intake.deadlines import SHANGHAI
from intake.roles import CITIZEN

# The citizen who can be reached by the contact of the case only: a call, a form, a counter.
BY_CONTACT = "contact"
SUPERVISION = "supervision"
_QUIET_FROM, _QUIET_UNTIL = dt.time(22), dt.time(8)
# By state that is entered, or by what was done. Filing is told by whoever filed.
_FOR_CITIZEN = {
    "awaiting_citizen": "needs_you",
    "resolved": "resolved",
    "rejected": "rejected",
    "reopened": "reopened",
    "closed": "closed",
    "accepted": "accepted",
    "dispatched": "dispatched",
    "in_progress": "in_progress",
}
_FOR_DEPARTMENT = {"reminder", "yellow_card", "red_card", "urge"}


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


def decide(before: Case | None, after: Case, followers: Sequence[str] = ()) -> list[Notice]:
    """The notices of the steps that lead from ``before`` (None: just filed) to ``after``.

    ``followers``: citizens who joined the case.
    """
    seen = len(before.history) if before else 0
    found: list[Notice] = []
    for step, entry in enumerate(after.history[seen:], seen):
        for recipient, kind in _told(entry, after, followers, is_filing=before is None):
            found.append(
                Notice(
                    key=f"{after.case_id}:{step}:{recipient}",
                    case_id=after.case_id,
                    recipient=recipient,
                    kind=kind,
                    content=_content(entry, after),
                    not_before=_when(entry.at, recipient, after.urgent),
                )
            )
    return found


def _told(
    entry: HistoryEntry, case: Case, followers: Sequence[str], is_filing: bool
) -> Iterator[tuple[str, str]]:
    """(recipient, kind) of everybody who is told of an entry."""
    if not is_filing and entry.actor != str(CITIZEN):
        kind = _FOR_CITIZEN.get(entry.to_state) if entry.kind == "state" else None
        if entry.kind == "reply" and entry.note:
            kind = "reply"
        if kind:
            for citizen in dict.fromkeys((case.citizen or BY_CONTACT, *followers)):
                yield citizen, kind
    if entry.kind == "state" and entry.to_state == "dispatched":
        for code in dict.fromkeys((case.department, *case.co_departments)):
            yield f"department:{code}", "new_case"
    elif entry.kind in _FOR_DEPARTMENT:
        yield f"department:{case.department}", entry.kind
    elif entry.kind == "supplement":
        yield f"department:{case.department}", "supplement"
    if entry.kind in ("yellow_card", "red_card") or entry.to_state == "reopen_requested":
        yield SUPERVISION, entry.kind if entry.kind != "state" else "reopen_requested"


def _content(entry: HistoryEntry, case: Case) -> dict[str, Any]:
    return {
        "state": entry.to_state,
        "department": case.department,
        "note": entry.note,
        "remark": entry.remark,
        "due_at": case.due_at.isoformat() if case.due_at else None,
        "at": entry.at.isoformat(),
    }


def _when(at: dt.datetime, recipient: str, urgent: bool) -> dt.datetime:
    """Citizens sleep at night, unless it is urgent; offices have their own night."""
    if urgent or recipient == SUPERVISION or recipient.startswith("department:"):
        return at
    local = at.astimezone(SHANGHAI)
    if _QUIET_UNTIL <= local.time() < _QUIET_FROM:
        return at
    morning = local.replace(hour=_QUIET_UNTIL.hour, minute=0, second=0, microsecond=0)
    return morning if local.time() < _QUIET_UNTIL else morning + dt.timedelta(days=1)
