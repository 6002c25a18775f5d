"""Who may do what: every role at every pair of states."""

from __future__ import annotations

import itertools

import pytest

from intake import workflow
from intake.roles import ROLES, Actor, NotAllowed, check_move, check_work, may_move, may_see

# Written out again from the design, so that an edit of the table alone does not pass.
# s staff, d department, v supervisor, c citizen, m machine; an admin may what any person may.
EXPECTED = {
    "submitted": {"accepted": "sm", "rejected": "sv", "withdrawn": "cs"},
    "accepted": {"dispatched": "sm", "rejected": "sv", "withdrawn": "cs"},
    "dispatched": {"in_progress": "d", "returned": "d", "withdrawn": "cs"},
    "returned": {"dispatched": "sv", "rejected": "sv"},
    "in_progress": {"awaiting_citizen": "d", "returned": "d", "resolved": "d", "withdrawn": "cs"},
    "awaiting_citizen": {"in_progress": "csdm", "resolved": "d", "withdrawn": "cs"},
    "resolved": {"closed": "csvm", "reopen_requested": "cs"},
    "reopen_requested": {"reopened": "sv", "closed": "sv"},
    "reopened": {"dispatched": "svm"},
}
LETTERS = {"s": "staff", "d": "department", "v": "supervisor", "c": "citizen", "m": "machine"}


@pytest.mark.parametrize(
    ("old", "new", "role"),
    list(itertools.product(workflow.TRANSITIONS, workflow.TRANSITIONS, ROLES)),
)
def test_role_at_pair(old: str, new: str, role: str) -> None:
    who = {LETTERS[letter] for letter in EXPECTED.get(old, {}).get(new, "")}
    expected = role in who or (role == "admin" and bool(who))
    assert may_move(role, old, new) is expected
    if expected:
        check_move(Actor(role), old, new)
    else:
        with pytest.raises(NotAllowed, match=ROLES[role]):
            check_move(Actor(role), old, new)


def test_every_way_has_somebody_to_go_it() -> None:
    for old, following in workflow.TRANSITIONS.items():
        for new in following:
            assert any(may_move(role, old, new) for role in ROLES), (old, new)


def test_actor_in_the_history() -> None:
    assert str(Actor("department", "lin", "water")) == "department:lin"
    assert str(Actor("machine")) == "machine"
    assert Actor("staff", "li").is_person_inside and not Actor("citizen").is_person_inside


def test_department_users_see_theirs_and_work_on_what_they_lead() -> None:
    water = Actor("department", "lin", "water")
    assert may_see(water, "water", ()) and may_see(water, "ecology", ("water",))
    assert not may_see(water, "ecology", ()) and may_see(Actor("staff"), "ecology", ())
    assert not may_see(Actor("department", "x"), None, ())
    check_work(water, "water")
    check_work(Actor("staff", "li"), "ecology")
    with pytest.raises(NotAllowed):
        check_work(water, "ecology")
