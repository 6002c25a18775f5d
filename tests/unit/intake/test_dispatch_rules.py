"""The rule list: what compiles, what each condition means, what is refused and how it is named."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import vocabulary
from intake.dispatch.patterns import MOST_READ, BadWord, leveled, read_word
from intake.dispatch.rule_sets import packaged
from intake.dispatch.rule_text import RuleError, compile_rules
from intake.dispatch.rules import Hours
from intake.steps import Dispatch, filed
from intake.validation import parse_new_case
from tests.contract.intake_running import NOON, case_body

# Monday noon in Shanghai, the same night, the Sunday before.
NIGHT = NOON + dt.timedelta(hours=11)
SUNDAY = NOON - dt.timedelta(days=1)


def decide(rules: str, at: dt.datetime = NOON, **changes: Any) -> Dispatch:
    return compile_rules(rules).decide(parse_new_case(case_body(**changes)), at)


def rule(when: str = "{}", then: str = "{department: water}", name: str = "甲") -> str:
    return f"- name: {name}\n  when: {when}\n  then: {then}\n"


def matches(when: str, at: dt.datetime = NOON, **changes: Any) -> bool:
    return decide("rules:\n" + rule(when), at, **changes).rule == "甲"


def test_the_packaged_rules_compile_and_say_what_they_do():
    rules = compile_rules(packaged().text)
    assert len(rules.rules) > 3
    quiet = decide(packaged().text)
    assert quiet == Dispatch("urban_management")
    gas = decide(
        packaged().text, department="utilities", urgent=True, description="楼下煤气泄漏，好大味"
    )
    assert gas.co_departments == ("fire", "emergency_management") and gas.department == "utilities"
    noise = {"department": "ecology", "appeal_type": "complaint", "description": "工地打桩太吵"}
    assert decide(packaged().text, NIGHT, **noise).department == "urban_management"
    assert decide(packaged().text, NOON, **noise).department == "ecology"
    blamed = {
        "department": "government_services",
        "appeal_type": "complaint",
        "description": "打12345好多次，互相踢皮球",
    }
    assert decide(packaged().text, **blamed).by_person


@pytest.mark.parametrize(
    ("when", "changes", "expected"),
    [
        ("{department: urban_management}", {}, True),
        ("{department: [water, urban_management]}", {}, True),
        ("{department: water}", {}, False),
        ("{platform: department}", {}, True),
        ("{platform: petition}", {"department": "petition"}, True),
        ("{appeal_type: help}", {}, True),
        ("{appeal_type: report}", {}, False),
        ("{channel: [hotline, web]}", {}, False),
        ("{channel: wechat}", {}, True),
        ("{district: 南海区}", {}, True),
        ("{district: 南海, town: 桂城}", {}, True),
        ("{town: 大沥镇}", {}, False),
        ("{town: 桂城街道}", {"address": {"town": "桂城"}}, True),
        ("{district: 南海区}", {"address": {"town": "桂城"}}, True),
        ("{town: 桂城街道}", {"address": None}, False),
        ("{community: 平东社区}", {"address": {"town": "桂城", "community": "平东村委会"}}, True),
        ("{community: 平东}", {"address": {"community": "叠南社区"}}, False),
        ("{urgent: false}", {}, True),
        ("{urgent: true}", {}, False),
        ("{words: 路灯}", {}, True),
        ("{words: [没有的词, 晚上很黑]}", {}, True),
        ("{words: ktv}", {"description": "ＫＴＶ太吵"}, True),
        ('{words: "/路灯.{0,3}坏/"}', {}, True),
        ('{words: "/^路灯/"}', {}, False),
        ("{words: 红绿灯}", {}, False),
        ("{department: urban_management, urgent: true}", {}, False),
        ("{}", {}, True),
    ],
)
def test_conditions(when: str, changes: dict, expected: bool):
    assert matches(when, **changes) is expected


@pytest.mark.parametrize(
    ("hours", "minute", "expected"),
    [
        ("22:00-06:00", 22 * 60, True),
        ("22:00-06:00", 5 * 60 + 59, True),
        ("22:00-06:00", 6 * 60, False),
        ("22:00-06:00", 21 * 60 + 59, False),
        ("08:30-12:00", 8 * 60 + 30, True),
        ("8:30-24:00", 23 * 60 + 59, True),
        ("8:30～12:00", 12 * 60, False),
    ],
)
def test_hours_are_of_shanghai_and_run_over_midnight(hours: str, minute: int, expected: bool):
    at = dt.datetime(2026, 11, 22, 16, tzinfo=dt.timezone.utc) + dt.timedelta(minutes=minute)
    assert matches(f'{{hours: "{hours}"}}', at) is expected


def test_working_day_knows_the_calendar():
    assert matches("{working_day: true}")
    assert matches("{working_day: false}", SUNDAY)
    # A Sunday on which offices work, before the Spring Festival of 2026.
    made_up = dt.datetime(2026, 2, 14, 4, tzinfo=dt.timezone.utc)
    assert matches("{working_day: true}", made_up)


def test_the_first_match_wins_and_its_name_is_kept():
    text = "rules:\n" + rule("{words: 路灯}", "{department: transport}", "先") + rule(name="后")
    assert decide(text).rule == "先" and decide(text).department == "transport"
    assert decide(text, description="停水").rule == "后"
    case = filed(parse_new_case(case_body()), "FS202611230042174", NOON, decide(text))
    assert case.department == "transport" and case.history[-1].remark == "先"


def test_no_match_is_what_the_caller_named():
    found = decide("rules: []", co_departments=["fire"])
    assert found == Dispatch("urban_management", ("fire",))


@pytest.mark.parametrize(
    ("then", "changes", "expected"),
    [
        ("{co_departments: [fire]}", {}, {"co_departments": ("fire",), "handling_mode": "cross"}),
        (
            "{department: fire}",
            {"co_departments": ["fire", "water"]},
            {"department": "fire", "co_departments": ("water",)},
        ),
        ("{urgent: true}", {"handling_mode": "transfer"}, {"handling_mode": "urgent"}),
        (
            "{urgent: false}",
            {"urgent": True, "handling_mode": "urgent"},
            {"urgent": False, "handling_mode": "transfer"},
        ),
        ("{department: petition}", {"handling_mode": "complex"}, {"handling_mode": "transfer"}),
        ("{department: water}", {"handling_mode": "complex"}, {"handling_mode": None}),
        ("{platform: mediation}", {}, {"platform": "mediation", "handling_mode": "transfer"}),
        ("{handling_mode: simple}", {"urgent": True}, {"handling_mode": "simple"}),
        ("{hold: true}", {}, {"by_person": True, "department": "urban_management"}),
        ("{}", {}, {"department": "urban_management", "rule": "甲"}),
    ],
)
def test_actions(then: str, changes: dict, expected: dict):
    found = decide("rules:\n" + rule(then=then), **changes)
    assert {name: getattr(found, name) for name in expected} == expected


def test_a_held_case_waits_for_a_person_and_says_by_which_rule():
    new = parse_new_case(case_body())
    found = compile_rules("rules:\n" + rule(then="{hold: true}")).decide(new, NOON)
    case = filed(new, "FS202611230042174", NOON, found)
    assert case.state == "accepted" and case.due_at is None
    assert case.history[-1].remark == "甲"


FIRST = "rules:\n" + rule("{urgent: true}", name="乙")


@pytest.mark.parametrize(
    ("text", "named", "field"),
    [
        ("rules: [", None, None),
        ("", None, "rules"),
        ("- a", None, "rules"),
        ("rules: []\nmore: 1", None, "rules"),
        ("rules: text", None, "rules"),
        ("rules: [text]", "第 1 条", None),
        ("rules:\n- then: {}", "第 1 条", "name"),
        ("rules:\n- name: 12\n  then: {}", "第 1 条", "name"),
        ("rules:\n- name: 甲", "甲", "then"),
        ("rules:\n- name: 甲\n  wenn: {}\n  then: {}", "甲", "wenn"),
        ("rules:\n" + rule("{departments: water}"), "甲", "departments"),
        ("rules:\n" + rule("{department: waters}"), "甲", "department"),
        ("rules:\n" + rule("{department: []}"), "甲", "department"),
        ("rules:\n" + rule("{department: {a: b}}"), "甲", "department"),
        ("rules:\n" + rule("{town: 月球镇}"), "甲", "town"),
        ("rules:\n" + rule("{district: 三水, town: 桂城}"), "甲", "town"),
        ("rules:\n" + rule("{platform: petition, department: water}"), "甲", "platform"),
        ("rules:\n" + rule('{urgent: "yes"}'), "甲", "urgent"),
        ("rules:\n" + rule("{hours: 22:00}"), "甲", "hours"),
        ("rules:\n" + rule('{hours: "25:00-06:00"}'), "甲", "hours"),
        ("rules:\n" + rule('{hours: "06:00-06:00"}'), "甲", "hours"),
        ("rules:\n" + rule('{words: "/(a+)+b/"}'), "甲", "words"),
        ("rules:\n" + rule('{words: "/(/"}'), "甲", "words"),
        ("rules:\n" + rule('{words: ""}'), "甲", "words"),
        ("rules:\n" + rule(then="{department: nobody}"), "甲", "department"),
        ("rules:\n" + rule(then="{handling_mode: fast}"), "甲", "handling_mode"),
        ("rules:\n" + rule(then="{platform: moon}"), "甲", "platform"),
        ("rules:\n" + rule(then="{co_departments: [moon]}"), "甲", "co_departments"),
        (
            "rules:\n" + rule(then="{department: fire, co_departments: [fire]}"),
            "甲",
            "co_departments",
        ),
        ("rules:\n" + rule(then="{hold: 1}"), "甲", "hold"),
        ("rules:\n" + rule(then="{delete: true}"), "甲", "delete"),
        ("rules:\n" + rule("{words: 路灯}") + rule("{words: 水}"), "甲", "name"),
        ("rules:\n" + rule("{urgent: true}\n  when: {}"), None, None),
        ("rules: &a\n- *a", None, None),
        ("rules: !!timestamp x", None, None),
        ("rules: " + "[" * 5000, None, None),
        ("\x00", None, None),
        ("x" * 200_000, None, None),
    ],
)
def test_what_does_not_compile_is_named(text: str, named: str | None, field: str | None):
    with pytest.raises(RuleError) as caught:
        compile_rules(text)
    assert (caught.value.rule, caught.value.field) == (named, field)
    assert any("\u4e00" <= letter <= "\u9fff" for letter in str(caught.value))


@pytest.mark.parametrize(
    ("first", "second", "unreachable"),
    [
        ("{}", "{urgent: true}", True),
        ("{urgent: true}", "{urgent: true, words: 路灯}", True),
        ("{urgent: true}", "{urgent: false}", False),
        ("{urgent: true}", "{}", False),
        ("{department: [water, fire]}", "{department: water}", True),
        ("{department: water}", "{department: [water, fire]}", False),
        (f"{{appeal_type: [{', '.join(vocabulary.appeal_types())}]}}", "{urgent: true}", True),
        ("{town: 桂城}", "{town: 桂城街道, words: 路灯}", True),
        ("{town: 桂城}", "{}", False),
        ("{words: 灯}", "{words: [路灯, 红绿灯]}", True),
        ("{words: 路灯}", "{words: 灯}", False),
        ('{words: "/路.灯/"}', '{words: "/路.灯/", urgent: true}', True),
        ('{words: "/路.灯/"}', "{words: 路边灯}", False),
        ('{hours: "22:00-06:00"}', '{hours: "23:00-05:00"}', True),
        ('{hours: "22:00-06:00"}', '{hours: "21:00-05:00"}', False),
        ('{hours: "00:00-24:00"}', "{words: 路灯}", True),
        ("{working_day: true}", "{working_day: true, urgent: false}", True),
    ],
)
def test_a_rule_that_is_never_reached(first: str, second: str, unreachable: bool):
    text = "rules:\n" + rule(first, name="先") + rule(second, name="后")
    if not unreachable:
        assert len(compile_rules(text).rules) == 2
        return
    with pytest.raises(RuleError, match="先") as caught:
        compile_rules(text)
    assert (caught.value.rule, caught.value.field) == ("后", "when")


@given(st.tuples(*[st.integers(0, 1439)] * 4))
def test_covering_hours_agrees_with_every_minute(times: tuple[int, int, int, int]):
    if times[0] == times[1] or times[2] == times[3]:
        return
    one, other = Hours(*times[:2]), Hours(*times[2:])
    assert one.covers(other) == all(one.holds(m) for m in range(1440) if other.holds(m))


YAML = st.recursive(
    st.sampled_from(
        ["water", "路灯", "true", "1", "/a.*b/", "22:00-06:00", "!!float x", "~", "*a"]
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda parts: f"[{', '.join(parts)}]"),
        st.dictionaries(
            st.sampled_from(["name", "when", "then", "words", "hours", "department", "rules"]),
            inner,
            max_size=3,
        ).map(lambda row: "{" + ", ".join(f"{k}: {v}" for k, v in row.items()) + "}"),
    ),
    max_leaves=10,
)


@given(st.one_of(st.text(), YAML, YAML.map(lambda text: f"rules: [{text}]")))
def test_any_text_compiles_or_is_refused_by_name(text: str):
    try:
        compile_rules(text)
    except RuleError as error:
        assert str(error)


@given(st.text("ab(|)*+?.{2,3}[^]\\1", max_size=20), st.text("ab", max_size=60))
def test_any_expression_is_refused_or_done_soon(expression: str, text: str):
    """It could hang here, and pytest's timeout would end it."""
    try:
        word = read_word(f"/{expression}/")
    except BadWord:
        return
    word.is_in(text * 50)


def test_expressions_read_only_the_beginning():
    word = read_word("/终点/")
    assert word.is_in("x" * (MOST_READ - 2) + "终点")
    assert not word.is_in("x" * MOST_READ + "终点")
    assert read_word("终点").is_in(leveled("x" * MOST_READ + "终点"))
