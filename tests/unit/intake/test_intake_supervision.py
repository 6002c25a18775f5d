"""The rules of the supervision, with the time moved over weeks and holidays."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.settings import SettingsError
from bot.vocabulary import load_yaml
from bot.vocabulary.supervision import parse_rules, supervision_rules
from intake import steps
from intake.cases import Case, NewCase
from intake.deadlines import (
    SHANGHAI,
    after_working_time,
    end_of_working_day,
    fraction_elapsed,
    moment_at,
    working_time,
)
from intake.roles import CITIZEN, Actor
from intake.steps import Dispatch, rebuilt
from intake.supervision import MUCH_OVERDUE, OVERDUE, closes_at, running, supervised

RULES = supervision_rules()
LIN = Actor("department", "lin", "water")
LI = Actor("staff", "li")
WU = Actor("supervisor", "wu")
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


MONDAY = at("2026-11-23T12:00")


def case(start: dt.datetime = MONDAY, appeal_type: str = "help", **changes: object) -> Case:
    values = {"description": "水管爆了", "department": "water", "channel": "web", **changes}
    new = NewCase(appeal_type=appeal_type, citizen="web:1", **values)  # type: ignore[arg-type]
    return steps.filed(new, "FS202611230042174", start)


def begun(start: dt.datetime = MONDAY, **changes: object) -> Case:
    return steps.moved(case(start, **changes), "in_progress", LIN, start)  # type: ignore[arg-type]


def resolved(start: dt.datetime = MONDAY) -> Case:
    return steps.moved(begun(start), "resolved", LIN, start, "已修好")


def over(current: Case, start: dt.datetime, end: dt.datetime, step: dt.timedelta) -> Case:
    """The case after a round each ``step``."""
    while start <= end:
        current = supervised(current, start, RULES)
        start += step
    return current


def given_to(current: Case) -> list[tuple[str, str]]:
    """(kind, local time) of reminders, cards and closing by machine."""
    return [
        (entry.kind, entry.at.astimezone(SHANGHAI).isoformat()[:16])
        for entry in current.history
        if entry.kind in ("reminder", "yellow_card", "red_card") or entry.to_state == "closed"
    ]


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2026-11-23T12:00", "2026-11-24T18:00", 30),
        ("2026-11-20T12:00", "2026-11-23T12:00", 24),  # over a weekend
        ("2026-11-21T12:00", "2026-11-22T12:00", 0),
        ("2026-09-30T12:00", "2026-10-08T12:00", 24),  # over National Day
        ("2026-10-09T12:00", "2026-10-12T12:00", 48),  # Saturday the 10th is made up
        ("2026-09-19T12:00", "2026-09-21T12:00", 36),  # Sunday the 20th is made up
        ("2026-11-24T12:00", "2026-11-23T12:00", 0),
    ],
)
def test_working_time(start: str, end: str, hours: int) -> None:
    assert working_time(at(start), at(end)) == hours * HOUR


times = st.datetimes(dt.datetime(2025, 1, 1), dt.datetime(2027, 12, 1)).map(
    lambda time: time.replace(tzinfo=SHANGHAI)
)


@given(times, st.timedeltas(dt.timedelta(0), dt.timedelta(days=60)))
def test_working_time_there_and_back(start: dt.datetime, length: dt.timedelta) -> None:
    end = after_working_time(start, length)
    assert working_time(start, end) == length
    assert end == start or working_time(end - dt.timedelta(seconds=1), end) > dt.timedelta(0)


@given(times, st.integers(1, 30), st.floats(0.01, 3), st.booleans())
def test_fraction_of_a_deadline(
    start: dt.datetime, days: int, fraction: float, by_clock: bool
) -> None:
    due = end_of_working_day(start, days)
    moment = moment_at(start, due, fraction, by_clock)
    assert fraction_elapsed(start, due, moment, by_clock) == pytest.approx(fraction, abs=1e-6)


def test_reminder_yellow_and_red_come_at_their_time_and_once() -> None:
    """A consultation of two working days from a Monday noon: 60 hours in all."""
    current = over(begun(appeal_type="consultation"), MONDAY, MONDAY + 14 * DAY, HOUR / 4)
    assert given_to(current) == [
        ("reminder", "2026-11-25T12:00"),  # 48 of 60 hours
        ("yellow_card", "2026-11-26T00:00"),
        ("red_card", "2026-11-27T06:00"),  # 90 hours
    ]
    assert [card.reason for card in current.cards] == [OVERDUE["resolve"], MUCH_OVERDUE]
    assert {entry.actor for entry in current.history if entry.kind != "state"} == {"machine"}


def test_over_national_day_and_the_day_made_up_for_it() -> None:
    """Holiday from October 1 to 7, Saturday the 10th is worked."""
    start = at("2026-09-30T00:00")
    current = begun(start, appeal_type="consultation")
    assert current.due_at == at("2026-10-09T23:59:59")
    assert given_to(over(current, start, start + 15 * DAY, HOUR / 2)) == [
        ("reminder", "2026-10-09T10:00"),  # 57.6 of 72 hours
        ("yellow_card", "2026-10-10T00:00"),
        ("red_card", "2026-10-12T12:00"),  # 108 hours
    ]


def test_a_service_that_was_down_for_weeks_gives_what_is_due_at_once() -> None:
    late = supervised(begun(), MONDAY + 60 * DAY, RULES)
    assert [kind for kind, _ in given_to(late)] == ["yellow_card", "red_card"]
    assert supervised(late, MONDAY + 61 * DAY, RULES) is late


def test_urgent_runs_by_the_clock_and_a_second_yellow_is_red() -> None:
    friday = at("2026-11-27T12:00")
    current = over(case(friday, urgent=True), friday, friday + 30 * DAY, HOUR / 4)
    assert current.due_at == at("2026-12-11T23:59:59")
    assert given_to(current) == [
        ("reminder", "2026-11-28T07:15"),  # 19.2 of 24 hours, on a Saturday
        ("yellow_card", "2026-11-28T12:15"),
        ("reminder", "2026-12-09T02:30"),  # 0.8 of 348 hours
        ("yellow_card", "2026-12-12T00:00"),
        ("red_card", "2026-12-12T00:00"),
    ]
    assert [card.reason for card in current.cards] == [
        OVERDUE["first_response"], OVERDUE["resolve"], "第二张黄牌",
    ]  # fmt: skip


def test_an_answer_in_time_ends_the_first_deadline() -> None:
    current = steps.moved(case(urgent=True), "in_progress", LIN, MONDAY + HOUR)
    assert given_to(over(current, MONDAY, MONDAY + 3 * DAY, HOUR)) == []
    replied = steps.did(case(urgent=True), "reply", LIN, MONDAY + HOUR, "x", responded_at=MONDAY)
    assert [each.kind for each in running(replied, MONDAY + HOUR, RULES)] == ["resolve"]


def test_waiting_for_the_citizen_does_not_count() -> None:
    """Five working days of 10½ are used when it waits for three weeks."""
    asked = steps.moved(begun(), "awaiting_citizen", LIN, at("2026-11-30T12:00"))
    back = at("2026-12-21T12:00")
    waiting = over(asked, asked.updated_at, back, 4 * HOUR)
    assert waiting is asked
    on = steps.moved(waiting, "in_progress", CITIZEN, back)
    assert asked.due_at == at("2026-12-07T23:59:59")
    assert on.due_at == at("2026-12-28T23:59:59")
    assert rebuilt(on.history)["due_at"] == on.due_at
    (deadline,) = running(on, back, RULES)
    assert deadline.used(back) == pytest.approx(5 / 10.5, abs=1e-4)
    # 80 % of 252 hours are 201.6: the 120 used before and 81.6 more.
    reminded = over(on, back, at("2026-12-28T12:00"), HOUR / 2)
    assert given_to(reminded) == [("reminder", "2026-12-24T22:00")]


def test_a_wait_that_still_lasts_or_ends_with_the_resolution_counts_alike() -> None:
    asked = steps.moved(begun(), "awaiting_citizen", LIN, at("2026-12-07T12:00"))
    after = at("2026-12-14T12:00")
    (deadline,) = running(asked, after, RULES)
    done = steps.moved(asked, "resolved", LIN, after, "已修好")
    assert deadline.due == done.due_at == at("2026-12-14T23:59:59")


def test_waiting_does_not_heal_what_was_late_before() -> None:
    asked = steps.moved(begun(), "awaiting_citizen", LIN, at("2026-12-08T12:00"))
    assert given_to(supervised(asked, at("2026-12-08T13:00"), RULES)) == [
        ("yellow_card", "2026-12-08T13:00")
    ]


def test_the_next_department_has_its_own_deadline() -> None:
    """A card of the round before is no reason to spare or to warn the next one twice."""
    late = supervised(begun(appeal_type="consultation"), at("2026-11-26T01:00"), RULES)
    back = steps.returned(late, Actor("admin", "a"), at("2026-11-26T09:00"), "分错")
    again = steps.dispatched(back, Dispatch("ecology"), LI, at("2026-11-26T10:00"))
    assert supervised(again, at("2026-11-27T12:00"), RULES) is again
    later = over(again, at("2026-11-27T12:00"), at("2026-12-05T00:00"), HOUR)
    assert [kind for kind, _ in given_to(later)] == [
        "yellow_card", "reminder", "yellow_card", "red_card",
    ]  # fmt: skip


def test_one_reminder_a_day() -> None:
    """Both deadlines near their end on one day: the second reminder waits for the next day."""
    current = case(appeal_type="consultation", urgent=True)
    late = dataclasses.replace(current, first_response_due_at=current.due_at)
    now = at("2026-11-25T14:00")
    once = supervised(late, now, RULES)
    assert [entry.remark for entry in once.history if entry.kind == "reminder"] == [
        "临近首次答复时限"
    ]
    assert supervised(once, at("2026-11-25T23:00"), RULES) is once


def test_an_erased_reminder_is_not_given_again() -> None:
    reminded = supervised(begun(), at("2026-12-05T00:00"), RULES)
    assert given_to(reminded)
    erased = dataclasses.replace(
        reminded,
        history=tuple(dataclasses.replace(e, remark=None, note=None) for e in reminded.history),
    )
    assert supervised(erased, at("2026-12-07T12:00"), RULES) is erased


def test_the_centre_is_late_too() -> None:
    new = NewCase("x", "water", "help", "web")
    waiting = steps.filed(new, "FS202611230042174", MONDAY, Dispatch("water", by_person=True))
    late = over(waiting, MONDAY, MONDAY + 20 * DAY, HOUR)
    assert given_to(late) == [("yellow_card", "2026-11-25T00:00")]
    back = steps.returned(case(), LIN, MONDAY, "分错")
    assert given_to(over(back, MONDAY, MONDAY + 9 * DAY, HOUR)) == [
        ("yellow_card", "2026-11-26T00:00")
    ]
    urgent = steps.returned(case(urgent=True), LIN, MONDAY, "分错")
    assert given_to(over(urgent, MONDAY, MONDAY + DAY, HOUR)) == [
        ("yellow_card", "2026-11-23T14:00")
    ]


def test_a_request_to_begin_anew_is_not_the_departments_delay() -> None:
    asked = steps.moved(resolved(), "reopen_requested", CITIZEN, at("2026-12-11T10:00"), "又坏了")
    soon = at("2026-12-14T10:00")
    assert asked.due_at is not None and asked.due_at < soon
    assert supervised(asked, soon, RULES) is asked
    assert given_to(supervised(asked, at("2026-12-16T00:00"), RULES)) == [
        ("yellow_card", "2026-12-16T00:00")
    ]


def test_resolved_is_closed_after_seven_working_days() -> None:
    closed = over(resolved(), MONDAY, MONDAY + 20 * DAY, HOUR)
    assert given_to(closed) == [("state", "2026-12-03T00:00")]
    assert closed.history[-1].actor == "machine"
    assert closed.history[-1].note == "办结后 7 个工作日内没有收到不同意见，已自动归档"


def test_good_judgements_close_at_once_bad_ones_wait() -> None:
    judged = steps.evaluated(resolved(), CITIZEN, MONDAY + DAY, 3)
    assert (judged.state, judged.closed_at) == ("closed", MONDAY + DAY)
    bad = steps.evaluated(resolved(), CITIZEN, MONDAY + 3 * DAY, 2, "敷衍")
    assert closes_at(bad, RULES) == end_of_working_day(MONDAY + 3 * DAY, 7)
    assert given_to(over(bad, MONDAY, MONDAY + 20 * DAY, HOUR)) == [("state", "2026-12-08T00:00")]
    asked = steps.moved(bad, "reopen_requested", CITIZEN, MONDAY + 4 * DAY, "重做")
    assert asked.state == "reopen_requested"


def test_by_hand_and_by_machine_make_two() -> None:
    perfunctory = steps.carded(begun(), "yellow", WU, MONDAY + DAY, "答复敷衍")
    late = supervised(perfunctory, MONDAY + 16 * DAY, RULES)
    assert [card.reason for card in late.cards] == ["答复敷衍", OVERDUE["resolve"], "第二张黄牌"]
    assert late.is_red


@given(st.data())
def test_any_pace_of_rounds_gives_each_thing_once(data: st.DataObject) -> None:
    """However often or seldom the rounds come, also again at the same moment."""
    current = data.draw(st.sampled_from([begun(), case(urgent=True), resolved()]))
    for hours in sorted(data.draw(st.lists(st.integers(0, 1500), max_size=40))):
        now = MONDAY + hours * HOUR
        current = supervised(current, now, RULES)
        assert supervised(current, now, RULES) is current
    reasons = [card.reason for card in current.cards]
    assert len(reasons) == len(set(reasons))
    remarks = [entry.remark for entry in current.history if entry.kind == "reminder"]
    assert len(remarks) == len(set(remarks))
    for name, value in rebuilt(current.history).items():
        assert getattr(current, name) == value


def test_rules_are_checked_when_they_are_read() -> None:
    table = load_yaml("deadlines.yml")
    assert parse_rules(table) == RULES
    assert RULES.longest_working_days == 15
    own = {"departments": {"water": {"working_days": {"help": 30}}}}
    assert parse_rules({**table, **own}).longest_working_days == 30


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"reminder_at": 1.2}, "reminder_at"),
        ({"reminder_at": "八成"}, "reminder_at"),
        ({"red_at": None}, "red_at"),
        ({"close_working_days": 7.5}, "close_working_days"),
        ({"urges_to_raise": True}, "urges_to_raise"),
        ({"remind": 0.8}, "remind"),
    ],
)
def test_a_wrong_rule_is_named(change: dict[str, object], named: str) -> None:
    table = load_yaml("deadlines.yml")
    with pytest.raises(SettingsError, match=named):
        parse_rules({**table, "supervision": {**table["supervision"], **change}})


def test_rules_may_not_be_missing() -> None:
    table = {k: v for k, v in load_yaml("deadlines.yml").items() if k != "supervision"}
    with pytest.raises(SettingsError, match="supervision"):
        parse_rules(table)
