"""Hot issues among the cases of both stores: whose, where, when, and how many at most."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.case_id import new_case_id
from intake import steps
from intake.assessment.recent import hot_issues_of
from intake.cases import Address, NewCase
from intake.database import Database
from intake.personal import Sealed
from intake.store import file_on
from intake.tables import followers
from tests.contract.intake_running import NOON
from tests.unit.intake.test_intake_hot_issues import LIFTS, OTHERS

DAY = dt.timedelta(days=1)
NANHAI = Address("南海区", "桂城街道", "平东社区")


@pytest.fixture
def filled(database: Database) -> Database:
    """Five cases about one estate's lifts, one of which another citizen joined, and others."""
    rows = [(text, "market_regulation", NANHAI) for text in LIFTS]
    rows += [(text, "tax", Address()) for text in OTHERS]
    with database.writing() as connection:
        for number, (text, department, address) in enumerate(rows):
            at = NOON - DAY - number * dt.timedelta(minutes=10)
            new = NewCase(text, department, "help", "rest", address=address, citizen=f"w:{number}")
            case = steps.filed(new, new_case_id(at.date()), at)
            file_on(connection, lambda case=case: (case, Sealed()), "k", None)
            if number == 0:
                joined = {"case_id": case.case_id, "citizen": "w:friend", "joined_at": NOON}
                connection.execute(followers.insert(), joined)
    return database


def test_those_who_joined_count_as_people(filled: Database) -> None:
    found = hot_issues_of(filled, NOON, 30)
    (issue,) = found.issues
    assert (issue.count, issue.people, issue.place) == (5, 6, "南海区桂城街道平东社区")
    assert (found.cases, found.complete) == (len(LIFTS) + len(OTHERS), True)
    assert found.until - found.start == 30 * DAY


def test_whose_and_where(filled: Database) -> None:
    assert len(hot_issues_of(filled, NOON, 30, district="南海区").issues) == 1
    assert hot_issues_of(filled, NOON, 30, district="顺德区").cases == 0
    assert hot_issues_of(filled, NOON, 30, department="market_regulation").cases == len(LIFTS)
    assert not hot_issues_of(filled, NOON, 30, department="tax").issues


def test_what_was_before(filled: Database) -> None:
    assert not hot_issues_of(filled, NOON + 40 * DAY, 30).issues
    later = hot_issues_of(filled, NOON + 400 * DAY, 30)
    assert (later.issues, later.cases, later.complete) == ((), 0, True)


def test_the_newest_when_there_are_too_many(filled: Database) -> None:
    found = hot_issues_of(filled, NOON, 30, most=len(LIFTS))
    assert (found.cases, found.complete) == (len(LIFTS), False)
    assert len(found.issues) == 1
