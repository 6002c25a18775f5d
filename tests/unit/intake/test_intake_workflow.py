"""Every pair of states, allowed and forbidden."""

from __future__ import annotations

import itertools

import pytest

from bot import vocabulary
from intake import workflow

# Written out again from the design, so that an edit of the table alone does not pass.
EXPECTED = {
    "submitted": "accepted rejected withdrawn",
    "accepted": "dispatched rejected withdrawn",
    "dispatched": "in_progress returned withdrawn",
    "returned": "dispatched rejected",
    "in_progress": "awaiting_citizen returned resolved withdrawn",
    "awaiting_citizen": "in_progress resolved withdrawn",
    "resolved": "closed reopen_requested",
    "reopen_requested": "reopened closed",
    "reopened": "dispatched",
    "rejected": "",
    "withdrawn": "",
    "closed": "",
}


def test_states_are_those_of_the_vocabulary():
    assert set(workflow.TRANSITIONS) == set(vocabulary.case_states()) == set(EXPECTED)


@pytest.mark.parametrize(("old", "new"), list(itertools.product(EXPECTED, EXPECTED)))
def test_pair(old: str, new: str):
    expected = new in EXPECTED[old].split()
    assert workflow.allowed(old, new) is expected
    if not expected:
        with pytest.raises(workflow.TransitionForbidden):
            workflow.check(old, new, "text")
        return
    workflow.check(old, new, "给市民的话")
    if new in ("rejected", "resolved", "reopened"):
        for note in (None, "", "  \n"):
            with pytest.raises(workflow.TextMissing):
                workflow.check(old, new, note)
    else:
        workflow.check(old, new, None)


@pytest.mark.parametrize(("old", "new"), [("submitted", "gone"), ("gone", "accepted")])
def test_unknown_state(old: str, new: str):
    with pytest.raises(KeyError):
        workflow.allowed(old, new)


def test_every_end_is_closed_and_reachable():
    ends = {state for state, following in workflow.TRANSITIONS.items() if not following}
    assert ends < workflow.CLOSED_STATES
    reached = {workflow.FIRST_STATE}
    for _ in workflow.TRANSITIONS:
        reached |= {to for state in reached for to in workflow.TRANSITIONS[state]}
    assert reached == set(workflow.TRANSITIONS)
