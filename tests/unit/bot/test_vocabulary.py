from __future__ import annotations

import pathlib

import pytest
import yaml

from bot.places import place_tree
from bot.vocabulary import (
    appeal_types,
    case_states,
    danger_leads,
    deadlines,
    departments,
    load_yaml,
    platforms,
)
from intake.workflow import allowed

DATA = pathlib.Path(__file__).parents[3] / "data"


def test_departments_have_all_that_citizens_are_shown() -> None:
    assert len(departments()) == 31
    for department in departments().values():
        assert 0 < len(department.scope) <= 24, department.code
        assert department.platform in platforms()
        assert all(isinstance(alias, str) for alias in department.aliases), department.code


def test_responses_of_retrieval_intents_are_the_scopes() -> None:
    responses = yaml.safe_load((DATA / "nlu" / "responses.yml").read_text("utf-8"))["responses"]
    for code, department in departments().items():
        assert responses[f"utter_report_issue/{code}"] == [{"text": department.scope}]


def test_every_state_has_words_and_a_place_in_the_workflow() -> None:
    codes = list(case_states())
    assert {a for a in codes for b in codes if allowed(a, b)} <= set(codes)
    assert {state.public for state in case_states().values()} == {
        "已提交",
        "办理中",
        "需要您补充",
        "已办结",
        "已撤回",
        "不予受理",
    }


def test_default_deadlines_are_those_of_the_service() -> None:
    days = {kind: deadlines("education", kind).working_days for kind in appeal_types()}
    assert days == {"complaint": 15, "report": 15, "help": 10, "suggestion": 10, "consultation": 2}
    with pytest.raises(KeyError):
        deadlines("nobody", "help")


def test_dangers_lead_to_known_departments() -> None:
    assert set(danger_leads()) <= set(load_yaml("urgency.yml")["danger"])
    assert set(danger_leads().values()) <= set(departments())


def test_all_districts_and_towns_are_there() -> None:
    assert len(place_tree()) == 5
    assert sum(len(towns) for towns in place_tree().values()) == 32
