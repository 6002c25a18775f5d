"""The steps of a case: what each sets, refuses and leaves in the history."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake import steps, workflow
from intake.cases import Address, Case, NewCase
from intake.deadlines import end_of_working_day
from intake.roles import CITIZEN, MACHINE, Actor, NotAllowed
from intake.steps import Dispatch, StepRefused, rebuilt
from tests.contract.intake_running import NOON

LIN = Actor("department", "lin", "water")
LI = Actor("staff", "li")
WU = Actor("supervisor", "wu")
DAY = dt.timedelta(days=1)


def case(**changes: object) -> Case:
    values = {
        "description": "水管爆了",
        "department": "water",
        "appeal_type": "help",
        "channel": "wechat",
        "citizen": "wechat:1",
    }
    return steps.filed(NewCase(**{**values, **changes}), "FS202611230042174", NOON)  # type: ignore[arg-type]


def resolved() -> Case:
    working = steps.moved(case(), "in_progress", LIN, NOON + DAY)
    return steps.moved(working, "resolved", LIN, NOON + 2 * DAY, "已修好")


def test_filed_case_has_its_due_times_from_the_dispatch() -> None:
    filed = case()
    assert filed.state == "dispatched" and filed.dispatched_at == NOON
    assert filed.due_at == end_of_working_day(NOON, 10)
    assert filed.return_due_at == end_of_working_day(NOON, 2)
    assert filed.history[2].changes["department"] == "water"


def test_a_rule_may_want_a_person() -> None:
    new = NewCase("x", "water", "help", "rest", address=Address("南海区"))
    waiting = steps.filed(new, "FS202611230042174", NOON, Dispatch("water", by_person=True))
    assert (waiting.state, waiting.due_at) == ("accepted", None)
    sent = steps.dispatched(waiting, Dispatch("ecology", ("water",)), LI, NOON + DAY)
    assert (sent.department, sent.co_departments) == ("ecology", ("water",))
    assert (sent.handling_mode, sent.due_at) == ("cross", end_of_working_day(NOON + DAY, 10))


def test_a_rule_sends_elsewhere_and_its_name_is_kept() -> None:
    new = NewCase("x", "water", "help", "rest", address=Address("南海区"))
    dispatch = Dispatch("emergency_management", urgent=True, grid="桂城-平东-03", rule="危险先到")
    sent = steps.filed(new, "FS202611230042174", NOON, dispatch)
    assert (sent.department, sent.urgent, sent.handling_mode) == (
        "emergency_management", True, "urgent",
    )  # fmt: skip
    assert sent.address == Address("南海区", grid="桂城-平东-03")
    assert sent.history[-1].remark == "危险先到"
    assert sent.first_response_due_at == NOON + dt.timedelta(hours=24)


def test_returning_needs_a_reason_and_is_for_two_working_days() -> None:
    with pytest.raises(StepRefused, match="理由"):
        steps.returned(case(), LIN, NOON, "  ")
    back = steps.returned(case(), LIN, NOON + DAY, "不归水利局管")
    assert (back.state, back.returns, back.history[-1].remark) == ("returned", 1, "不归水利局管")
    assert back.history[-1].note is None
    late = end_of_working_day(NOON, 2) + dt.timedelta(seconds=1)
    with pytest.raises(StepRefused, match="2 个工作日"):
        steps.returned(case(), LIN, late, "不归我管")
    assert steps.returned(case(), Actor("admin", "a"), late, "确实分错").state == "returned"


def test_a_new_dispatch_counts_anew_and_forgets_the_assignee() -> None:
    given_to = steps.did(case(), "assignment", LIN, NOON, assignee="lin")
    back = steps.returned(given_to, LIN, NOON + DAY, "分错")
    again = steps.dispatched(back, Dispatch("ecology"), LI, NOON + 3 * DAY)
    assert (again.assignee, again.department, again.returns) == (None, "ecology", 1)
    assert again.due_at == end_of_working_day(NOON + 3 * DAY, 10)


def test_first_answer_resolution_and_end_are_dated() -> None:
    done = resolved()
    assert (done.responded_at, done.resolved_at) == (NOON + DAY, NOON + 2 * DAY)
    closed = steps.moved(done, "closed", MACHINE, NOON + 9 * DAY)
    assert closed.closed_at == NOON + 9 * DAY
    asked = steps.moved(done, "reopen_requested", CITIZEN, NOON + 3 * DAY, "又漏了")
    again = steps.reopened(asked, WU, NOON + 4 * DAY, "同意重办")
    assert (again.reopens, again.resolved_at, again.responded_at) == (1, None, NOON + DAY)


def test_wrong_role() -> None:
    with pytest.raises(NotAllowed):
        steps.moved(case(), "in_progress", CITIZEN, NOON)
    with pytest.raises(workflow.TextMissing):
        steps.moved(steps.moved(case(), "in_progress", LIN, NOON), "resolved", LIN, NOON)


def test_urges_have_a_cooldown_and_raise() -> None:
    urged = steps.urged(case(), CITIZEN, NOON)
    with pytest.raises(StepRefused) as refused:
        steps.urged(urged, CITIZEN, NOON + dt.timedelta(hours=23))
    assert refused.value.code == "urged_already"
    for day in (1, 2):
        assert not urged.raised
        urged = steps.urged(urged, CITIZEN, NOON + day * DAY)
    assert (urged.urges, urged.raised, urged.state) == (3, True, "dispatched")
    with pytest.raises(StepRefused, match="办结"):
        steps.urged(resolved(), CITIZEN, NOON + 5 * DAY)


def test_second_yellow_card_is_red() -> None:
    once = steps.carded(case(), "yellow", MACHINE, NOON, "超期")
    assert [card.colour for card in once.cards] == ["yellow"] and not once.is_red
    twice = steps.carded(once, "yellow", WU, NOON + DAY, "敷衍")
    assert [card.colour for card in twice.cards] == ["yellow", "yellow", "red"] and twice.is_red
    assert [entry.kind for entry in twice.history[-2:]] == ["yellow_card", "red_card"]
    with pytest.raises(StepRefused, match="红牌"):
        steps.carded(twice, "red", WU, NOON, "x")
    with pytest.raises(StepRefused, match="办结"):
        steps.carded(resolved(), "yellow", WU, NOON, "x")


def test_evaluation_once_and_after_resolution() -> None:
    with pytest.raises(StepRefused, match="还没有办结"):
        steps.evaluated(case(), CITIZEN, NOON, 5)
    judged = steps.evaluated(resolved(), CITIZEN, NOON, 2, "慢")
    assert (judged.satisfaction, judged.history[-1].note) == (2, "慢")
    with pytest.raises(StepRefused, match="评价过"):
        steps.evaluated(judged, CITIZEN, NOON, 5)


ANYBODY = (CITIZEN, MACHINE, LI, LIN, WU, Actor("admin", "root"))


def a_step(data: st.DataObject, current: Case, at: dt.datetime) -> Case:
    """``current`` after some step that somebody tries, or as it was where it is refused."""
    actor = data.draw(st.sampled_from(ANYBODY))
    try:
        what = data.draw(
            st.sampled_from(["move", "dispatch", "return", "urge", "card", "evaluate", "reopen"])
        )
        if what == "move":
            target = data.draw(
                st.sampled_from(sorted(workflow.TRANSITIONS[current.state]) or ["closed"])
            )
            return steps.moved(current, target, actor, at, "给市民的话")
        if what == "dispatch":
            others = tuple(data.draw(st.lists(st.sampled_from(["fire", "health"]), unique=True)))
            return steps.dispatched(current, Dispatch("ecology", others), actor, at)
        if what == "return":
            return steps.returned(current, actor, at, "分错")
        if what == "urge":
            return steps.urged(current, actor, at)
        if what == "card":
            return steps.carded(
                current, data.draw(st.sampled_from(["yellow", "red"])), actor, at, "慢"
            )
        if what == "evaluate":
            return steps.evaluated(current, actor, at, data.draw(st.integers(1, 5)))
        return steps.reopened(current, actor, at, "重办")
    except (NotAllowed, StepRefused, workflow.TransitionForbidden):
        return current


@given(st.data())
def test_history_alone_rebuilds_the_case(data: st.DataObject) -> None:
    current = case(urgent=data.draw(st.booleans()))
    for number in range(data.draw(st.integers(0, 25))):
        current = a_step(data, current, NOON + number * DAY / 2)
    for name, value in rebuilt(current.history).items():
        assert getattr(current, name) == value, name
    untouched = {
        "case_id", "description", "address", "lat", "long", "citizen", "occurred", "media_url",
        "submitted_at", "history",
    }  # fmt: skip
    set_by_history = {
        name
        for name in Case.__annotations__
        if name not in untouched and getattr(current, name) not in (None, 0, False, ())
    }
    assert set_by_history <= set(rebuilt(current.history))
