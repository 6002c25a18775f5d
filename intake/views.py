"""What the native API shows of a case. The shapes are described in :mod:`intake.api.openapi`."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from typing import Any

from bot import vocabulary
from intake import workflow
from intake.cases import Case, HistoryEntry
from intake.deadlines import SHANGHAI

# What else is in a history (cards, reminders, notes) is for people inside.
_EXCERPT = 60  # characters; one or two lines of a list
_FOR_CITIZENS = frozenset({"state", "reply", "supplement", "urge", "evaluation"})


def iso(at: dt.datetime | None) -> str | None:
    """ISO 8601 to the second in Shanghai time: ``2026-11-23T09:15:00+08:00``."""
    return None if at is None else at.astimezone(SHANGHAI).isoformat(timespec="seconds")


def citizen_view(case: Case) -> dict[str, Any]:
    """A case for the citizen who filed it. Texts are masked; phone numbers are never in it."""
    department = vocabulary.departments()[case.department]
    steps = [_step(entry) for entry in case.history if entry.kind in _FOR_CITIZENS]
    return {
        "case_id": case.case_id,
        "state": case.state,
        "state_name": vocabulary.case_states()[case.state].name,
        "public_state": vocabulary.case_states()[case.state].public,
        "department": department.code,
        "department_name": department.name,
        "department_short": department.short,
        "platform": case.platform,
        "appeal_type": case.appeal_type,
        "appeal_type_name": vocabulary.appeal_types()[case.appeal_type],
        "urgent": case.urgent,
        "handling_mode": case.handling_mode,
        "description": case.description,
        "address": asdict(case.address),
        "lat": case.lat,
        "long": case.long,
        "occurred": case.occurred,
        "co_departments": list(case.co_departments),
        "channel": case.channel,
        "submitted_at": iso(case.submitted_at),
        "accept_due_at": iso(case.accept_due_at),
        "first_response_due_at": iso(case.first_response_due_at),
        "due_at": iso(case.due_at),
        "last_step": _step(case.last_move),
        "history": steps,
        "authorized": True,
    }


def staff_view(case: Case) -> dict[str, Any]:
    """A case for people inside: all of it but the contact, which is a look of its own."""
    return {
        **citizen_view(case),
        "source": case.source,
        "parent_id": case.parent_id,
        "assignee": case.assignee,
        "media_url": next(iter(case.media_urls), None),
        "media_urls": list(case.media_urls),
        "dispatched_at": iso(case.dispatched_at),
        "return_due_at": iso(case.return_due_at),
        "responded_at": iso(case.responded_at),
        "resolved_at": iso(case.resolved_at),
        "closed_at": iso(case.closed_at),
        "updated_at": iso(case.updated_at),
        "returns": case.returns,
        "reopens": case.reopens,
        "urges": case.urges,
        "raised": case.raised,
        "cards": cards_view(case),
        "satisfaction": case.satisfaction,
        "next_states": sorted(workflow.TRANSITIONS[case.state]),
        "entries": [staff_entry(entry) for entry in case.history],
    }


def view_for(inside: bool, case: Case) -> dict[str, Any]:
    """A case after something was done with it, for whoever did it: people inside see all."""
    return staff_view(case) if inside else citizen_view(case)


def cards_view(case: Case) -> list[dict[str, Any]]:
    """The cards that the supervision gave."""
    return [
        {"colour": card.colour, "at": iso(card.at), "reason": card.reason} for card in case.cards
    ]


def staff_row(case: Case) -> dict[str, Any]:
    """A case as one line of a list: no history, the beginning of the words."""
    department = vocabulary.departments()[case.department]
    return {
        "case_id": case.case_id,
        "state": case.state,
        "state_name": vocabulary.case_states()[case.state].name,
        "department": case.department,
        "department_short": department.short,
        "co_departments": list(case.co_departments),
        "appeal_type": case.appeal_type,
        "appeal_type_name": vocabulary.appeal_types()[case.appeal_type],
        "urgent": case.urgent,
        "raised": case.raised,
        "cards": [card.colour for card in case.cards],
        "excerpt": case.description[:_EXCERPT],
        "place": case.address.in_words(),
        "channel": case.channel,
        "submitted_at": iso(case.submitted_at),
        "due_at": iso(case.due_at),
    }


def staff_entry(entry: HistoryEntry) -> dict[str, Any]:
    """An entry of the history for people inside."""
    return {
        "at": iso(entry.at),
        "kind": entry.kind,
        "actor": entry.actor,
        "from_state": entry.from_state,
        "to_state": entry.to_state,
        "state_name": vocabulary.case_states()[entry.to_state].name,
        "note": entry.note,
        "remark": entry.remark,
        "changes": dict(entry.changes),
    }


def bare_status(case: Case, locked: bool) -> dict[str, Any]:
    """All that somebody sees who has only the case ID."""
    return {
        "case_id": case.case_id,
        "public_state": vocabulary.case_states()[case.state].public,
        "authorized": False,
        "locked": locked,
    }


def _step(entry: HistoryEntry) -> dict[str, Any]:
    state = vocabulary.case_states()[entry.to_state]
    return {
        "at": iso(entry.at),
        "kind": entry.kind,
        "state": state.code,
        "state_name": state.name,
        "public_state": state.public,
        "note": entry.note,
    }
