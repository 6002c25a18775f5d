"""The time that a case waits for its citizen, which does not count against the department."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from intake.cases import Case, HistoryEntry
from intake.deadlines import after_working_time, working_time

_STATE = "awaiting_citizen"


def waited(case: Case, now: dt.datetime) -> dt.timedelta:
    """Working time spent waiting since the last dispatch, a wait that still lasts included."""
    total = dt.timedelta(0)
    began: dt.datetime | None = None
    for entry in _moves_since_dispatch(case):
        if began is not None:
            total += working_time(began, entry.at)
        began = entry.at if entry.to_state == _STATE else None
    return total if began is None else total + working_time(began, now)


def extended_due(case: Case, now: dt.datetime) -> dt.datetime | None:
    """When the case must be resolved if its present wait ends at ``now``.

    The same as ``due_at`` while it does not wait. In working time for urgent cases too, as the
    days to resolve them are working days.
    """
    if case.due_at is None or case.state != _STATE:
        return case.due_at
    return after_working_time(case.due_at, working_time(case.last_move.at, now))


def _moves_since_dispatch(case: Case) -> Iterator[HistoryEntry]:
    moves = [entry for entry in case.history if entry.kind == "state"]
    starts = [number for number, entry in enumerate(moves) if entry.to_state == "dispatched"]
    return iter(moves[starts[-1] :] if starts else moves)
