"""Who is told what, when, and in which words; no database."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake import notice_texts, notices
from intake.cases import Case
from intake.deadlines import SHANGHAI
from intake.notice_texts import LONGEST_WORDS, TextsBroken, compose, read_templates, templates
from intake.roles import CITIZEN, MACHINE, Actor
from intake.steps import carded, did, filed, moved
from intake.validation import parse_new_case
from tests.contract.intake_running import NOON, case_body

WATER = Actor("department", "lin", "water")
CASE_ID = "FS202611230042174"
CONTENT = {"department": "water", "due_at": "2026-12-15T15:59:59+00:00", "note": "修好了。"}


def case(**changes: object) -> Case:
    return filed(parse_new_case(case_body(department="water", **changes)), CASE_ID, NOON)


def told(before: Case, after: Case, *followers: str) -> list[tuple[str, str]]:
    return [(one.recipient, one.kind) for one in notices.decide(before, after, followers)]


def test_filing_tells_the_departments_only():
    found = notices.decide(None, case(co_departments=["fire"]))
    assert [(one.recipient, one.kind) for one in found] == [
        ("department:water", "new_case"),
        ("department:fire", "new_case"),
    ]
    assert found[0].key == f"{CASE_ID}:2:department:water"


def test_steps_are_told_to_the_citizen_and_to_those_who_joined():
    first = case()
    begun = moved(first, "in_progress", WATER, NOON)
    assert told(first, begun, "wechat:b", "wechat:openid-1") == [
        ("wechat:openid-1", "in_progress"),
        ("wechat:b", "in_progress"),
    ]
    assert told(case(citizen=None), moved(case(citizen=None), "in_progress", WATER, NOON)) == [
        ("contact", "in_progress")
    ]


def test_what_the_citizen_does_is_told_to_the_office_not_to_him():
    first = case()
    assert told(first, moved(first, "withdrawn", CITIZEN, NOON)) == [
        ("department:water", "withdrawn")
    ]
    assert told(first, did(first, "supplement", CITIZEN, NOON, "门牌 8 号")) == [
        ("department:water", "supplement")
    ]
    done = moved(moved(first, "in_progress", WATER, NOON), "resolved", WATER, NOON, "修好了")
    assert told(done, moved(done, "reopen_requested", CITIZEN, NOON, "没修好")) == [
        ("supervision", "reopen_requested")
    ]


def test_a_note_for_people_inside_is_told_to_nobody():
    first = case()
    assert told(first, did(first, "note", WATER, NOON, remark="明天去看")) == []
    assert told(first, did(first, "reply", WATER, NOON)) == []
    assert told(first, did(first, "reply", WATER, NOON, "明天去看")) == [
        ("wechat:openid-1", "reply")
    ]


def test_cards_are_told_to_department_and_supervision_only():
    first = case()
    yellow = carded(first, "yellow", MACHINE, NOON, "逾期")
    assert told(first, yellow) == [
        ("department:water", "yellow_card"),
        ("supervision", "yellow_card"),
    ]
    both = carded(yellow, "yellow", MACHINE, NOON, "又逾期")
    assert [kind for _, kind in told(yellow, both)] == ["yellow_card"] * 2 + ["red_card"] * 2


def test_one_reminder_a_shanghai_day():
    first = did(case(), "reminder", MACHINE, NOON)
    evening = NOON.astimezone(SHANGHAI).replace(hour=23)
    assert told(first, did(first, "reminder", MACHINE, evening)) == []
    assert told(first, did(first, "reminder", MACHINE, evening + dt.timedelta(hours=1))) == [
        ("department:water", "reminder")
    ]


@given(st.datetimes(dt.datetime(2020, 1, 1), dt.datetime(2035, 1, 1)))
def test_citizens_are_told_by_day_and_at_once_then(moment: dt.datetime):
    at = moment.replace(tzinfo=dt.timezone.utc)
    found = notices.may_tell_from(at, "wechat:o", False)
    assert 8 <= found.astimezone(SHANGHAI).hour < 22
    assert dt.timedelta(0) <= found - at <= dt.timedelta(hours=10)
    assert notices.may_tell_from(found, "wechat:o", False) == found
    assert notices.may_tell_from(at, "wechat:o", True) == at
    assert notices.may_tell_from(at, "supervision", False) == at


def kinds_decided() -> set[tuple[str, str]]:
    """(part of the texts, kind) of all that can be decided."""
    citizens = set(notices._FOR_CITIZEN.values()) | notices._WITH_WORDS_FOR_CITIZEN
    offices = notices._FOR_DEPARTMENT | {"new_case", "withdrawn", "reopen_requested"}
    return {("citizens", kind) for kind in citizens} | {("offices", kind) for kind in offices}


def test_there_are_words_for_all_that_is_decided_and_told():
    known = {(part, kind) for part, rows in templates().items() for kind in rows}
    assert kinds_decided() | {("citizens", "joined")} == known


@pytest.mark.parametrize("kind", templates()["citizens"])
def test_words_for_citizens_name_the_case_and_fit(kind: str):
    content = {**CONTENT, "note": "长" * 3000, "remark": "内部的话", "other": [CASE_ID] * 9}
    words = compose("wechat:o", kind, CASE_ID, content, "路灯坏了" * 50)
    assert CASE_ID in words.text and CASE_ID in words.sms
    assert "内部" not in words.text + words.sms
    assert len(words.text.encode()) <= 2048 and len(words.sms) <= 250
    assert len(words.name) <= 5  # as WeChat's phrase fields hold
    assert "路灯" not in words.sms and "{" not in words.text + words.sms


def test_lines_without_a_value_are_left_out():
    bare = compose("wechat:o", "in_progress", CASE_ID, {"department": "water", "due_at": None})
    assert "事项" not in bare.text and "None" not in bare.text
    assert "规定时限内办结" in bare.text
    full = compose("wechat:o", "resolved", CASE_ID, CONTENT, "路灯坏了")
    assert "结果：修好了\n" in full.text and "事项：路灯坏了" in full.text
    assert "非常满意、满意、一般、不满意、非常不满意" in full.text


@given(st.text(max_size=600))
def test_any_words_can_be_told(words: str):
    found = compose("wechat:o", "reply", CASE_ID, {**CONTENT, "note": words}, words)
    assert found.text.count("\n") <= 5 and len(found.text) < LONGEST_WORDS + 150


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("citizens: [", "格式不对"),
        ("[]", "格式不对"),
        ("citizens: {a: {name: 甲, lines: [好]}}\noffices: {}", "格式不对"),
        ("citizens: {a: {name: 甲, lines: ['{phone}'], sms: 好}}\noffices: {}", "phone"),
        ("citizens: {a: {name: 甲, lines: ['{'], sms: 好}}\noffices: {}", "格式不对"),
        ("citizens: {}", "offices"),
    ],
)
def test_a_broken_file_of_words_is_named(text: str, words: str):
    with pytest.raises(TextsBroken, match=words):
        read_templates(text)


def test_an_unknown_kind_keeps_its_name():
    assert notice_texts.name_of("wechat:o", "no_such") == "no_such"
    assert notice_texts.name_of("supervision", "red_card") == "红牌督办"
