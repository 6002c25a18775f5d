"""Who does something to a case, and what each role may do. One table, free of framework."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot import vocabulary

ROLES = vocabulary.roles()
# Those who sign in; a citizen speaks through a channel and the machine has no password.
ACCOUNT_ROLES = ("staff", "department", "supervisor", "admin")

# From state to state, whose step it is. An admin may do all that any person may.
_STEPS: Mapping[tuple[str, str], frozenset[str]] = {
    ("submitted", "accepted"): frozenset({"staff", "machine"}),
    ("submitted", "rejected"): frozenset({"staff", "supervisor"}),
    ("submitted", "withdrawn"): frozenset({"citizen", "staff"}),
    ("accepted", "dispatched"): frozenset({"staff", "machine"}),
    ("accepted", "rejected"): frozenset({"staff", "supervisor"}),
    ("accepted", "withdrawn"): frozenset({"citizen", "staff"}),
    ("dispatched", "in_progress"): frozenset({"department"}),
    ("dispatched", "returned"): frozenset({"department"}),
    ("dispatched", "withdrawn"): frozenset({"citizen", "staff"}),
    ("returned", "dispatched"): frozenset({"staff", "supervisor"}),
    ("returned", "rejected"): frozenset({"staff", "supervisor"}),
    ("in_progress", "awaiting_citizen"): frozenset({"department"}),
    ("in_progress", "returned"): frozenset({"department"}),
    ("in_progress", "resolved"): frozenset({"department"}),
    ("in_progress", "withdrawn"): frozenset({"citizen", "staff"}),
    # What the citizen adds sets the work going again.
    ("awaiting_citizen", "in_progress"): frozenset({"citizen", "staff", "department", "machine"}),
    ("awaiting_citizen", "resolved"): frozenset({"department"}),
    ("awaiting_citizen", "withdrawn"): frozenset({"citizen", "staff"}),
    ("resolved", "closed"): frozenset({"citizen", "staff", "supervisor", "machine"}),
    ("resolved", "reopen_requested"): frozenset({"citizen", "staff"}),
    # A person decides about a request to begin again, and not the department it is about.
    ("reopen_requested", "reopened"): frozenset({"staff", "supervisor"}),
    ("reopen_requested", "closed"): frozenset({"staff", "supervisor"}),
    ("reopened", "dispatched"): frozenset({"staff", "supervisor", "machine"}),
}


class NotAllowed(Exception):
    """The role may not do this; the message is Chinese."""


@dataclass(frozen=True)
class Actor:
    """Who acts: a role, the name of the account or key, and for department users whose they are.

    For a citizen ``name`` is empty: the case knows whose it is, and histories are read by many.
    """

    role: str
    name: str = ""
    department: str | None = None

    def __str__(self) -> str:
        """As kept in the history: ``department:lin``, ``machine``."""
        return f"{self.role}:{self.name}" if self.name else self.role

    @property
    def is_person_inside(self) -> bool:
        """Whether it is somebody who signed in."""
        return self.role in ACCOUNT_ROLES


MACHINE = Actor("machine")
CITIZEN = Actor("citizen")


def may_move(role: str, from_state: str, to_state: str) -> bool:
    """Whether ``role`` may take this step, provided that the step exists."""
    allowed = _STEPS.get((from_state, to_state), frozenset())
    return role in allowed or (role == "admin" and bool(allowed))


def check_move(actor: Actor, from_state: str, to_state: str) -> None:
    """Raise NotAllowed unless this actor's role may take the step."""
    if not may_move(actor.role, from_state, to_state):
        words = vocabulary.case_states()[to_state].name
        raise NotAllowed(f"{ROLES[actor.role]}不能把这件诉求改为“{words}”")


def may_see(actor: Actor, department: str | None, co_departments: tuple[str, ...]) -> bool:
    """Whether somebody inside may see a case: department users only what is theirs."""
    if actor.role != "department":
        return True
    return actor.department is not None and actor.department in (department, *co_departments)


def check_work(actor: Actor, department: str) -> None:
    """Raise NotAllowed for a department user who does not lead the case."""
    if actor.role == "department" and actor.department != department:
        raise NotAllowed("这件诉求由别的部门主办，您可以写备注，不能改变它的状态")
