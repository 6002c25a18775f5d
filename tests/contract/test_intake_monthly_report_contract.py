"""The monthly report agrees with the history, on both stores.

The figures that the database computes are compared with a plain walk through all histories, written
here once more from the definitions and not from the report's code.
"""

from __future__ import annotations

import datetime as dt
import random
from collections import defaultdict
from collections.abc import Iterable

import pytest

from bot.case_id import new_case_id
from intake import steps, workflow
from intake.assessment.figures import Figures
from intake.assessment.monthly import CENTRE, ELSEWHERE, Report, monthly_report
from intake.assessment.months import Month
from intake.cases import Address, Case, NewCase
from intake.database import Database
from intake.deadlines import SHANGHAI, working_time
from intake.personal import Sealed
from intake.roles import CITIZEN, MACHINE, Actor, may_move
from intake.steps import Dispatch, StepRefused
from intake.store import CaseQuery, Store, file_on

ADMIN = Actor("admin", "ann")
DEPARTMENTS = ("water", "transport", "urban_management", "health")
DISTRICTS = ("南海区", "禅城", None, "不知道哪个区")
ROWS = {"南海区": "南海区", "禅城": "禅城区", None: ELSEWHERE, "不知道哪个区": ELSEWHERE}
WITH_CENTRE = ("submitted", "accepted", "returned", "reopen_requested", "reopened")
MONTHS = [Month(2026, number) for number in (9, 10, 11, 12)]
LATER = dt.datetime(2028, 1, 1, tzinfo=SHANGHAI)
HOUR = dt.timedelta(hours=1)
_RARE = ("rejected", "withdrawn", "closed", "returned")


def filed(at: dt.datetime, department: str = "water", district: str | None = "南海区") -> Case:
    new = NewCase("水管爆了", department, "help", "rest", address=Address(district))
    return steps.filed(new, new_case_id(at.date()), at)


def keep(database: Database, *cases: Case) -> None:
    """The cases with their whole histories."""
    with database.writing() as connection:
        for case in cases:
            file_on(connection, lambda case=case: (case, Sealed()), "k", None)


def driven(chance: random.Random) -> Case:
    """A case that random steps were taken with, from September on into the next year."""
    start = dt.datetime(2026, 8, 28, 9, tzinfo=SHANGHAI)
    at = start + chance.random() * dt.timedelta(days=95)
    by_person = chance.random() < 0.2
    new = NewCase(
        "水管爆了",
        chance.choice(DEPARTMENTS),
        chance.choice(["help", "complaint", "consultation"]),
        "rest",
        urgent=chance.random() < 0.2,
        address=Address(chance.choice(DISTRICTS)),
    )
    case = steps.filed(
        new, new_case_id(at.date()), at, Dispatch(new.department, by_person=by_person)
    )
    for _ in range(chance.randrange(24)):
        at += chance.choice([HOUR, 20 * HOUR, 60 * HOUR, 300 * HOUR]) * chance.random()
        if chance.random() < 0.1:
            # The first moment of a month, where a report may count twice or not at all.
            at = Month.of(at).end
        try:
            case = one_step(case, at, chance)
        except StepRefused:
            continue
    return case


def one_step(case: Case, at: dt.datetime, chance: random.Random) -> Case:
    what = chance.choice(["move"] * 6 + ["urge", "yellow", "red", "judge", "note"])
    if what == "urge":
        return steps.urged(case, CITIZEN, at)
    if what in ("yellow", "red"):
        return steps.carded(case, what, ADMIN, at, "办理敷衍")
    if what == "judge":
        return steps.evaluated(case, CITIZEN, at, chance.randint(1, 5))
    if what == "note":
        return steps.did(case, "note", ADMIN, at, remark="已看")
    ways = [to for to in workflow.TRANSITIONS[case.state] if may_move("admin", case.state, to)]
    if not ways:
        return case
    # Ends are rare, so that most cases come around once or twice.
    to_state = chance.choice([to for to in sorted(ways) for _ in range(1 if to in _RARE else 5)])
    if to_state == "dispatched":
        return steps.dispatched(case, Dispatch(chance.choice(DEPARTMENTS)), ADMIN, at)
    if to_state == "returned":
        return steps.returned(case, ADMIN, at, "不归我管")
    if to_state == "reopened":
        return steps.reopened(case, ADMIN, at, "同意重办")
    return steps.moved(case, to_state, ADMIN, at, "说明")


def walked(cases: Iterable[Case], month: Month, by: str) -> dict[str, Figures]:
    """The figures as the definitions say, from nothing but the histories."""
    found: dict[str, Figures] = defaultdict(Figures)
    for case in cases:
        district = ROWS[case.address.district]
        had_by = begun = due = turn = None
        for entry in case.history:
            had_by = entry.changes.get("department", had_by)
            due = entry.changes.get("due_at", due)
            code = district if by == "district" else str(had_by)
            counts = month.start <= entry.at < month.end
            state = entry.to_state if entry.kind == "state" else None
            if state == "dispatched":
                begun, turn = entry.at, found[code] if counts else None
                if turn:
                    turn.received += 1
                    turn.kept += 1
            if state in ("returned", "withdrawn", "resolved") and turn:
                turn.kept -= state != "resolved"
                turn.kept_closed += state == "resolved"
                turn = None
            if not counts:
                continue
            if state == "resolved":
                found[code].closed += 1
                found[code].on_time += entry.at <= dt.datetime.fromisoformat(due)
                days = working_time(begun, entry.at) / dt.timedelta(days=1)
                found[code].days.append(days)
            found[code].returned += state == "returned"
            found[code].reopened += state == "reopened"
            if entry.kind == "evaluation":
                found[code].judge(entry.changes["satisfaction"])
            if by == "department" and entry.to_state in WITH_CENTRE:
                code = CENTRE
            found[code].yellow_cards += entry.kind == "yellow_card"
            found[code].red_cards += entry.kind == "red_card"
            found[code].urges += entry.kind == "urge"
    return {code: figures for code, figures in found.items() if figures != Figures()}


def same(report: Report, expected: dict[str, Figures]) -> None:
    got = {row.code: row.figures for row in report.rows}
    assert set(got) == set(expected)
    for code, figures in expected.items():
        assert sorted(got[code].days) == pytest.approx(sorted(figures.days), abs=1e-9)
        got[code].days = figures.days = []
        assert got[code] == figures, code


def test_the_report_agrees_with_all_histories(store: Store, database: Database) -> None:
    chance = random.Random(4)
    keep(database, *(driven(chance) for _ in range(400)))
    cases = store.search(CaseQuery(), 1000)
    assert len(cases) == 400
    seen = Figures()
    for month in MONTHS:
        for by in ("department", "district"):
            report = monthly_report(database, month, by, LATER)
            same(report, walked(cases, month, by))
            seen.add(report.total)
    # The drive came everywhere, so that nothing agrees only because it is empty.
    for name in ("closed", "on_time", "returned", "yellow_cards", "red_cards", "reopened", "urges"):
        assert getattr(seen, name) > 20, name
    assert 0 < seen.on_time < seen.closed and 0 < seen.kept_closed < seen.kept < seen.received
    assert set(seen.judgements) == {1, 2, 3, 4, 5}


def test_both_reports_have_the_same_total(database: Database) -> None:
    chance = random.Random(5)
    keep(database, *(driven(chance) for _ in range(60)))
    for month in MONTHS:
        one, other = (
            monthly_report(database, month, by, LATER).total for by in ("department", "district")
        )
        one.days.sort()
        other.days.sort()
        assert one == other


def test_returned_and_sent_elsewhere(database: Database) -> None:
    """Both received it; the one that did it has closed it, and the other has nothing left open."""
    at = dt.datetime(2026, 11, 10, 9, tzinfo=SHANGHAI)
    case = steps.returned(filed(at), ADMIN, at + 2 * HOUR, "不归我管")
    case = steps.dispatched(case, Dispatch("transport"), ADMIN, at + 3 * HOUR)
    case = steps.moved(case, "in_progress", ADMIN, at + 4 * HOUR)
    case = steps.moved(case, "resolved", ADMIN, at + 27 * HOUR, "已修好")
    keep(database, case)
    report = monthly_report(database, Month(2026, 11), "department", LATER)
    figures = {row.code: row.figures for row in report.rows}
    water, transport = figures["water"], figures["transport"]
    assert (water.received, water.kept, water.returned, water.closed) == (1, 0, 1, 0)
    assert water.closing_rate is None and water.on_time_rate is None
    assert (transport.received, transport.closed, transport.returned) == (1, 1, 0)
    assert (transport.closing_rate, transport.on_time_rate) == (1.0, 1.0)
    assert transport.median_days == pytest.approx(1.0)
    assert (report.total.received, report.total.closed, report.total.returned) == (2, 1, 1)


def test_begun_anew_in_the_next_month(database: Database) -> None:
    """It is received and closed once more, and the judgement counts in the month it was given."""
    at = dt.datetime(2026, 11, 27, 9, tzinfo=SHANGHAI)
    case = steps.moved(filed(at), "in_progress", ADMIN, at + HOUR)
    case = steps.moved(case, "resolved", ADMIN, at + 2 * HOUR, "已修好")
    case = steps.evaluated(case, CITIZEN, at + 3 * HOUR, 1)
    december = dt.datetime(2026, 12, 1, 9, tzinfo=SHANGHAI)
    case = steps.moved(case, "reopen_requested", CITIZEN, december, "又漏了")
    case = steps.carded(case, "yellow", MACHINE, december + HOUR, "超过审核时限")
    case = steps.reopened(case, ADMIN, december + 2 * HOUR, "同意重办")
    case = steps.dispatched(case, Dispatch("water"), ADMIN, december + 3 * HOUR)
    keep(database, case)
    first, second = (
        {
            row.code: row.figures
            for row in monthly_report(database, Month(2026, number), "department", LATER).rows
        }
        for number in (11, 12)
    )
    assert (first["water"].received, first["water"].closed) == (1, 1)
    assert (first["water"].satisfaction, first["water"].satisfied_rate) == (1.0, 0.0)
    assert (first["water"].reopened, second["water"].reopened) == (0, 1)
    assert (second["water"].received, second["water"].closed) == (1, 0)
    assert second["water"].closing_rate == 0.0 and second["water"].judged == 0
    # The request lay with the centre, and so does the card for letting it lie.
    assert (second["water"].yellow_cards, second[CENTRE].yellow_cards) == (0, 1)


@pytest.mark.parametrize(
    ("at", "number"),
    [
        (dt.datetime(2026, 11, 30, 15, 59, 59, tzinfo=dt.timezone.utc), 11),
        (dt.datetime(2026, 11, 30, 16, 0, tzinfo=dt.timezone.utc), 12),
    ],
)
def test_a_month_is_one_in_shanghai(database: Database, at: dt.datetime, number: int) -> None:
    keep(database, filed(at))
    got = [monthly_report(database, month, "district", LATER).total.received for month in MONTHS]
    assert got == [int(month.number == number) for month in MONTHS]


def test_late_by_the_deadline_in_force(database: Database) -> None:
    """Waiting for the citizen moves the deadline; late is what comes after the moved one."""
    at = dt.datetime(2026, 11, 2, 9, tzinfo=SHANGHAI)
    for waits, name in ((True, "water"), (False, "health")):
        case = steps.moved(filed(at, name), "in_progress", ADMIN, at + HOUR)
        assert case.due_at is not None
        first_due = case.due_at
        if waits:
            case = steps.moved(case, "awaiting_citizen", ADMIN, at + 2 * HOUR)
            case = steps.moved(case, "in_progress", CITIZEN, at + 50 * HOUR)
        keep(database, steps.moved(case, "resolved", ADMIN, first_due + HOUR, "已办"))
    report = monthly_report(database, Month(2026, 11), "department", LATER)
    rates = {row.code: row.figures.on_time_rate for row in report.rows}
    assert rates == {"water": 1.0, "health": 0.0}


def test_nothing_happened(database: Database) -> None:
    report = monthly_report(database, Month(2026, 11), "department", LATER)
    assert report.rows == () and report.total.is_empty
    assert report.total.median_days is None and report.total.satisfaction is None
