"""Leases and rounds of the supervision, on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from bot.vocabulary.supervision import supervision_rules
from intake import steps, tables, watchlist
from intake.cases import Case
from intake.database import Database, StoreUnavailable
from intake.deadlines import end_of_working_day
from intake.leases import Leases, database_time
from intake.roles import CITIZEN, Actor
from intake.scheduler import LEASE, AlreadyRunning, Round, Scheduler
from intake.steps import Dispatch
from intake.store import CaseQuery, Store
from intake.supervision import supervised
from tests.contract.intake_running import NOON, ROOT
from tests.contract.test_intake_store_contract import WATER, in_parallel, make, move

RULES = supervision_rules()
DAY = dt.timedelta(days=1)
MINUTE = dt.timedelta(minutes=1)
STAFF = Actor("staff", "li")


class Clock:
    """A time that tests move."""

    def __init__(self, now: dt.datetime = NOON) -> None:
        self.now = now

    def __call__(self, *_: object) -> dt.datetime:
        return self.now


def scheduler(database: Database, clock: Clock, lease_clock: Clock | None = None) -> Scheduler:
    leases = Leases(database, lease_clock) if lease_clock else Leases(database)
    return Scheduler(database, Store(database), leases, clock, RULES)


def told(database: Database) -> Counter[str]:
    """How often each (case, kind) of the supervision was told to somebody."""
    table = tables.notices.c
    kinds = ("reminder", "yellow_card", "red_card")
    with database.reading() as connection:
        rows = connection.execute(
            sa.select(table.case_id, table.recipient, table.kind).where(table.kind.in_(kinds))
        )
        return Counter(f"{row.case_id} {row.kind} {row.recipient}" for row in rows)


def happened(case: Case) -> list[str]:
    kinds = ("reminder", "yellow_card", "red_card")
    return [entry.kind for entry in case.history if entry.kind in kinds]


def test_a_lease_has_one_holder_until_it_runs_out(database: Database) -> None:
    clock = Clock()
    leases = Leases(database, clock)
    assert leases.take("work", "a", MINUTE)
    assert not leases.take("work", "b", MINUTE)
    assert leases.take("other", "b", MINUTE)
    clock.now += 0.9 * MINUTE
    assert leases.renew("work", "a", MINUTE) and not leases.renew("work", "b", MINUTE)
    clock.now += 0.9 * MINUTE
    assert not leases.take("work", "b", MINUTE)
    clock.now += 0.2 * MINUTE
    assert not leases.renew("work", "a", MINUTE)
    assert leases.take("work", "b", MINUTE)
    leases.release("work", "a")
    assert not leases.take("work", "a", MINUTE)
    leases.release("work", "b")
    assert leases.take("work", "a", MINUTE)


def test_sixteen_want_a_lease(database: Database) -> None:
    leases = Leases(database)
    for _ in range(3):
        taken = in_parallel(16, lambda n: leases.take("work", f"h{n}", MINUTE))
        assert taken.count(True) == 1
        leases.release("work", f"h{taken.index(True)}")


def test_the_database_tells_the_time(database: Database) -> None:
    before = dt.datetime.now(dt.timezone.utc) - dt.timedelta(seconds=2)
    with database.reading() as connection:
        now = database_time(connection)
    assert before < now < before + MINUTE


def test_rounds_over_weeks_with_a_restart(database: Database, store: Store) -> None:
    case, _ = store.file(make(), "k", None)
    move(store, case.case_id, "in_progress", NOON)
    clock = Clock()
    counts = []
    for _ in range(25):
        clock.now += DAY
        # A new one each day: nothing is remembered outside of the database.
        counts.append(scheduler(database, clock).run_once())
    late = store.get(case.case_id)
    assert late is not None and happened(late) == ["reminder", "yellow_card", "red_card"]
    assert [sum(getattr(c, n) for c in counts) for n in ("reminders", "yellow_cards")] == [1, 1]
    assert sum(c.red_cards for c in counts) == 1 and not any(c.failed for c in counts)
    assert store.search(CaseQuery(red=True), 10) == [late]
    assert sorted(told(database).values()) == [1] * 5
    move(store, case.case_id, "resolved", clock.now, "修好了")
    clock.now += 7 * DAY
    assert scheduler(database, clock).run_once().closed == 0
    clock.now += 10 * DAY
    assert scheduler(database, clock).run_once().closed == 1
    found = store.get(case.case_id)
    assert found is not None and (found.state, found.closed_at) == ("closed", clock.now)
    assert scheduler(database, clock).run_once() == Round()


def some_cases(store: Store, count: int) -> list[str]:
    ids = [store.file(make(), "k", None)[0].case_id for _ in range(count)]
    for case_id in ids[::2]:
        move(store, case_id, "in_progress", NOON)
    return ids


def test_schedulers_at_once_give_everything_once(
    database: Database, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when no lease keeps them apart."""
    ids = some_cases(store, 12)
    clock = Clock(NOON + 40 * DAY)
    monkeypatch.setattr(Leases, "take", lambda *_: True)
    monkeypatch.setattr(Leases, "renew", lambda *_: True)
    rounds = in_parallel(4, lambda _: scheduler(database, clock).run_once())
    assert sum(done.yellow_cards for done in rounds) == len(ids)
    assert not any(done.failed for done in rounds)
    for case_id in ids:
        case = store.get(case_id)
        assert case is not None and happened(case) == ["yellow_card", "red_card"]
    assert set(told(database).values()) == {1}


def test_only_one_of_several_runs(database: Database, store: Store) -> None:
    """The second one asks while the first is within a case."""
    some_cases(store, 3)
    clock = Clock(NOON + 40 * DAY)
    first, second = scheduler(database, clock), scheduler(database, clock)
    inside, go_on = threading.Event(), threading.Event()

    def slow(case: Case, now: dt.datetime, rules: object) -> Case:
        inside.set()
        go_on.wait(20)
        return supervised(case, now, RULES)

    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(1) as threads:
        patch.setattr("intake.scheduler.supervised", slow)
        running = threads.submit(first.run_once)
        assert inside.wait(20)
        with pytest.raises(AlreadyRunning):
            second.run_once()
        go_on.set()
        assert running.result().yellow_cards == 3
    assert second.run_once().yellow_cards == 0


KILLED = """
import datetime as dt, os, signal, sys
from bot.vocabulary.supervision import supervision_rules
from intake import store
from intake.database import Database
from intake.leases import Leases
from intake.scheduler import Scheduler
url, now, steps = sys.argv[1], dt.datetime.fromisoformat(sys.argv[2]), int(sys.argv[3])
written = store._write_notices
def write(*arguments):
    global steps
    written(*arguments)
    steps -= 1
    if not steps:
        os.kill(os.getpid(), signal.SIGKILL)
store._write_notices = write
database = Database(url)
Scheduler(database, store.Store(database), Leases(database), lambda: now,
          supervision_rules()).run_once()
"""


def test_a_round_killed_within_a_step(database: Database, store: Store, database_url: str) -> None:
    """Its third step is not committed; the next round, once the lease runs out, does the rest."""
    ids = some_cases(store, 5)
    clock = Clock(NOON + 40 * DAY)
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, database_url, clock.now.isoformat(), "3"],
        cwd=ROOT,
        env=dict(os.environ),
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    assert [len(happened(c)) for c in store.search(CaseQuery(), 9)].count(2) == 2
    with pytest.raises(AlreadyRunning):
        scheduler(database, clock).run_once()
    later = Clock(dt.datetime.now(dt.timezone.utc) + 3 * MINUTE)
    assert scheduler(database, clock, later).run_once().yellow_cards == 3
    assert [happened(case) for case in store.search(CaseQuery(), 9)] == [
        ["yellow_card", "red_card"]
    ] * len(ids)
    assert set(told(database).values()) == {1}


def test_a_lost_lease_ends_the_round(database: Database, store: Store) -> None:
    some_cases(store, 3)
    lease_clock = Clock()
    overdue = scheduler(database, Clock(NOON + 40 * DAY), lease_clock)
    lease_clock_after = iter([NOON, NOON + 5 * MINUTE, NOON + 5 * MINUTE])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(overdue._leases, "_time", lambda _: next(lease_clock_after))
        assert overdue.run_once() == Round()
    assert overdue.run_once().yellow_cards == 3


def test_one_bad_case_does_not_keep_the_others(
    database: Database, store: Store, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    bad, *others = some_cases(store, 3)

    def broken(case: Case, now: dt.datetime, rules: object) -> Case:
        if case.case_id == bad:
            raise ValueError(case.description)
        return supervised(case, now, RULES)

    monkeypatch.setattr("intake.scheduler.supervised", broken)
    done = scheduler(database, Clock(NOON + 40 * DAY)).run_once()
    assert (done.failed, done.yellow_cards) == (1, len(others))
    assert "ValueError" in caplog.text and "路灯" not in caplog.text


def test_a_stopped_scheduler_leaves_the_rest_for_later(database: Database, store: Store) -> None:
    some_cases(store, 3)
    stopped = scheduler(database, Clock(NOON + 40 * DAY))
    stopped.stop()
    assert stopped.run_once().yellow_cards == 0
    assert scheduler(database, Clock(NOON + 40 * DAY)).run_once().yellow_cards == 3


def test_the_watch_survives_an_outage(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    """A database that is away, somebody else's round, a surprise: the next round goes on."""
    fates = iter([StoreUnavailable("x"), AlreadyRunning(), ValueError("市民的话"), Round()])
    rounds: list[object] = []

    async def scenario() -> None:
        enough = asyncio.Event()

        async def run(work: object) -> Round:
            fate = next(fates, None)
            rounds.append(fate)
            if fate is None:
                enough.set()
                return Round()
            if isinstance(fate, Exception):
                raise fate
            return fate  # type: ignore[return-value]

        task = asyncio.ensure_future(scheduler(database, Clock()).watch(0, run))
        await asyncio.wait_for(enough.wait(), 20)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()

    asyncio.run(scenario())
    assert len(rounds) >= 5
    assert "市民的话" not in caplog.text and "ValueError" in caplog.text


def test_an_outage_within_a_round_ends_it_and_nothing_is_lost(
    database: Database, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    some_cases(store, 4)
    change = Store.change
    left = iter([True, True])

    def away(self: Store, *arguments: object, **more: object) -> Case:
        if not next(left, False):
            raise StoreUnavailable("weg")
        return change(self, *arguments, **more)  # type: ignore[arg-type]

    clock = Clock(NOON + 40 * DAY)
    with monkeypatch.context() as patch:
        patch.setattr(Store, "change", away)
        with pytest.raises(StoreUnavailable):
            scheduler(database, clock).run_once()
    assert scheduler(database, clock).run_once().yellow_cards == 2


def cases_of_every_kind(store: Store) -> None:
    """Cases in all open states and some resolved ones, from the weeks around National Day."""
    for number in range(20):
        at = dt.datetime(2026, 9, 16, 1, 7, tzinfo=dt.timezone.utc) + number * DAY
        kind = ("consultation", "help", "complaint")[number % 3]
        case_id = store.file(make(at=at, appeal_type=kind, urgent=number % 4 == 0), "k", None)[
            0
        ].case_id
        if number % 5 == 1:
            store.change(case_id, lambda c, at=at: steps.returned(c, WATER, at + DAY, "分错"))
        if number % 5 in (2, 3, 4):
            move(store, case_id, "in_progress", at + DAY)
        if number == 12:
            # Urgent, taken up, sent back, and with the next department.
            late = at + 1.5 * DAY
            again = Dispatch("water")
            store.change(case_id, lambda c, at=late: steps.returned(c, WATER, at, "分错"))
            store.change(case_id, lambda c, at=late, to=again: steps.dispatched(c, to, STAFF, at))
        if number % 5 == 3:
            move(store, case_id, "awaiting_citizen", at + 2 * DAY, "请补充")
        if number % 5 == 4:
            move(store, case_id, "resolved", at + 2 * DAY, "好了")
            if number > 9:
                rate = number % 2 + 1
                store.change(
                    case_id, lambda c, at=at, rate=rate: steps.evaluated(c, CITIZEN, at, rate)
                )


def test_the_watchlist_misses_nothing(database: Database, store: Store) -> None:
    """On every day a round by the indices does what looking at every case would do."""
    cases_of_every_kind(store)
    now = dt.datetime(2026, 9, 16, tzinfo=dt.timezone.utc)
    for _ in range(70):
        now += DAY * 0.9
        everything = {
            case.case_id
            for case in store.search(CaseQuery(), 100)
            if case.submitted_at <= now and supervised(case, now, RULES) is not case
        }
        listed = [c for page in watchlist.pages(database, now, RULES, 3) for c in page]
        assert everything <= {case.case_id for case in listed}
        for case_id in everything:
            store.change(case_id, lambda case, now=now: supervised(case, now, RULES))
    states = Counter(case.state for case in store.search(CaseQuery(), 100))
    assert states["closed"] == 4 and "resolved" not in states


def test_the_list_of_what_is_late(database: Database, store: Store) -> None:
    cases_of_every_kind(store)
    now = dt.datetime(2026, 10, 9, 2, 0, tzinfo=dt.timezone.utc)
    until = end_of_working_day(now, 6)
    listed, total = watchlist.late_or_near(database, until, RULES, None, 100, 0)
    assert total == len(listed) > 8
    paged = [
        watchlist.late_or_near(database, until, RULES, None, 3, offset)[0]
        for offset in range(0, 30, 3)
    ]
    assert [case for page in paged for case in page] == listed
    states = {case.state for case in listed}
    assert states == {"dispatched", "returned", "in_progress", "awaiting_citizen", "resolved"}
    assert {c.satisfaction for c in listed if c.state == "resolved"} <= {1, 2}
    theirs = watchlist.late_or_near(database, until, RULES, "urban_management", 100, 0)
    others = [case for case in listed if case.department != "urban_management"]
    assert len(theirs[0]) == theirs[1] == total - len(others) and len(others) <= 1
    assert watchlist.late_or_near(database, until, RULES, "tax", 100, 0) == ([], 0)


def test_rounds_use_the_small_indices(database: Database) -> None:
    statements: list[str] = []
    with database.reading() as connection:
        if connection.dialect.name != "sqlite":
            pytest.skip("PostgreSQL chooses by the size of the table")
        for column, conditions in watchlist._groups(NOON, RULES):
            wanted = sa.select(tables.cases.c.case_id).where(*conditions).order_by(column)
            text = str(wanted.compile(connection.engine, compile_kwargs={"literal_binds": True}))
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}").all()
            statements.append(" ".join(str(row[3]) for row in plan))
    assert "ix_cases_open_due" in statements[0]
    assert all("ix_cases_state" in text for text in statements[1:])


def test_the_lease_is_free_after_a_round(database: Database, store: Store) -> None:
    scheduler(database, Clock()).run_once()
    assert Leases(database).take(LEASE, "next", MINUTE)
