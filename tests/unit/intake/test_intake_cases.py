from __future__ import annotations

import pytest

from intake.cases import Address, NewCase
from intake.roles import CITIZEN, Actor
from intake.steps import Dispatch, filed, handling_mode, moved
from intake.workflow import TransitionForbidden
from tests.contract.intake_running import NOON


def new(**changes: object) -> NewCase:
    values = {"description": "x", "department": "water", "appeal_type": "help", "channel": "rest"}
    return NewCase(**{**values, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "mode"),
    [
        ({"handling_mode": "simple", "urgent": True}, "simple"),
        ({"urgent": True, "co_departments": ("fire",)}, "urgent"),
        ({"co_departments": ("fire",)}, "cross"),
        ({}, "transfer"),
        ({"department": "mediation"}, "transfer"),
        ({"department": "petition"}, "transfer"),
        ({"department": "government_services", "appeal_type": "consultation"}, "simple"),
        ({"department": "government_services", "appeal_type": "complaint"}, "complex"),
    ],
)
def test_handling_mode(changes: dict, mode: str):
    case = new(**changes)
    assert handling_mode(case, Dispatch(case.department, case.co_departments)) == mode


def test_filed_case_is_dispatched_by_the_machine():
    case = filed(new(), "FS202611230042174", NOON)
    steps = [(step.from_state, step.to_state, step.actor) for step in case.history]
    assert steps == [
        (None, "submitted", "machine"),
        ("submitted", "accepted", "machine"),
        ("accepted", "dispatched", "machine"),
    ]
    assert (case.state, case.platform, case.closed) == ("dispatched", "department", False)


def test_moved_leaves_the_old_case_alone():
    case = filed(new(), "FS202611230042174", NOON)
    later = moved(case, "withdrawn", CITIZEN, NOON)
    assert (case.state, later.state, later.closed) == ("dispatched", "withdrawn", True)
    with pytest.raises(TransitionForbidden):
        moved(later, "accepted", Actor("staff", "li"), NOON)


def test_address_in_words():
    assert Address("南海区", "桂城街道", "平东社区", "G12", "8 号").in_words() == (
        "南海区桂城街道平东社区8 号"
    )
    for detail in ("平东村", "南海区平东村", "佛山市南海区桂城街道平东村"):
        assert Address("南海区", "桂城街道", detail=detail).in_words() == "南海区桂城街道平东村"
    assert Address(detail="佛山市南海区").in_words() == "佛山市南海区"
    assert Address().in_words() is None


def test_words_and_contacts_are_not_in_the_repr():
    case = filed(new(description="我的秘密"), "FS202611230042174", NOON)
    assert "我的秘密" not in repr(case)
