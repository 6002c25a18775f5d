"""The states of a case and the allowed ways between them, in one table."""

from __future__ import annotations

from collections.abc import Mapping

# The circle 受理 → 分流 → 办理 → 办结反馈 of the "1+3+X" appeal service.
TRANSITIONS: Mapping[str, frozenset[str]] = {
    "submitted": frozenset({"accepted", "rejected", "withdrawn"}),
    "accepted": frozenset({"dispatched", "rejected", "withdrawn"}),
    "dispatched": frozenset({"in_progress", "returned", "withdrawn"}),
    "returned": frozenset({"dispatched", "rejected"}),
    "in_progress": frozenset({"awaiting_citizen", "returned", "resolved", "withdrawn"}),
    "awaiting_citizen": frozenset({"in_progress", "resolved", "withdrawn"}),
    "resolved": frozenset({"closed", "reopen_requested"}),
    "reopen_requested": frozenset({"reopened", "closed"}),
    "reopened": frozenset({"dispatched"}),
    "rejected": frozenset(),
    "withdrawn": frozenset(),
    "closed": frozenset(),
}

FIRST_STATE = "submitted"
# The citizen must be told in words why it ended like this or starts again.
NEEDS_TEXT = frozenset({"rejected", "resolved", "reopened"})
# For Open311, which knows only open and closed: the matter is dealt with unless it is reopened.
CLOSED_STATES = frozenset({"resolved", "rejected", "withdrawn", "closed"})


class TransitionForbidden(Exception):
    """A case may not go from its state to the one asked for."""


class TextMissing(Exception):
    """The transition needs a text for the citizen."""


def allowed(from_state: str, to_state: str) -> bool:
    """Whether a case may go from one state to another.

    Raises:
        KeyError: no such state.
    """
    TRANSITIONS[to_state]
    return to_state in TRANSITIONS[from_state]


def check(from_state: str, to_state: str, note: str | None) -> None:
    """Raise unless the transition is allowed and carries the text it needs.

    Raises:
        TransitionForbidden: not in the table.
        TextMissing: rejecting, resolving and reopening need a text for the citizen.
    """
    if not allowed(from_state, to_state):
        raise TransitionForbidden(f"{from_state} -> {to_state}")
    if to_state in NEEDS_TEXT and not (note or "").strip():
        raise TextMissing(to_state)
