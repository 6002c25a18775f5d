"""Storms of alarms on every store: one case with a count, whoever comes at the same moment."""

from __future__ import annotations

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from intake.cases import NewCase
from intake.database import Database
from intake.personal import PersonalData
from intake.roles import Actor
from intake.sources import Alarm, Alarms
from intake.steps import Dispatch, moved
from intake.store import CaseQuery, Store
from intake.validation import parse_new_case
from tests.contract.intake_running import DATA_KEY, NOON, case_body

HOUR = dt.timedelta(hours=1)
FIRE = Actor("department", "lin", "fire")


@pytest.fixture
def alarms(database: Database) -> Alarms:
    def decide(new: NewCase, now: dt.datetime) -> Dispatch:
        return Dispatch(new.department)

    return Alarms(database, PersonalData(DATA_KEY), decide, HOUR)


def alarm(device: str = "smoke-1", kind: str = "smoke", at: dt.datetime = NOON) -> Alarm:
    new = parse_new_case(case_body(department="fire", channel="device", citizen=None))
    return Alarm(device, kind, at, new)


def resolve(store: Store, case_id: str, at: dt.datetime) -> None:
    store.change(case_id, lambda case: moved(case, "in_progress", FIRE, at))
    store.change(case_id, lambda case: moved(case, "resolved", FIRE, at, "已经处理"))


def test_first_alarm_files_a_dispatched_case(alarms: Alarms, store: Store):
    counted, is_new = alarms.take(alarm(), "towers", NOON)
    assert is_new and (counted.count, counted.first_at, counted.last_at) == (1, NOON, NOON)
    case = store.get(counted.case_id)
    assert case is not None
    assert (case.state, case.department, case.source) == ("dispatched", "fire", "towers")
    assert alarms.of_case(counted.case_id) == counted
    assert alarms.of_case("FS20261123000000X") is None


def test_a_storm_is_one_case_with_a_count_and_no_more_history(alarms: Alarms, store: Store):
    first, _ = alarms.take(alarm(), "towers", NOON)
    filed = store.get(first.case_id)
    for second in range(1, 1000):
        at = NOON + dt.timedelta(seconds=second * 60 / 1000)
        counted, is_new = alarms.take(alarm(at=at), "towers", at)
        assert not is_new
    assert (counted.case_id, counted.count) == (first.case_id, 1000)
    assert counted.last_at - counted.first_at == dt.timedelta(seconds=999 * 60 / 1000)
    assert store.get(first.case_id) == filed
    assert store.count(CaseQuery()) == 1


def test_alarms_at_the_same_moment(alarms: Alarms, store: Store):
    """Sixteen threads, two devices and two sources: nothing is lost, nothing is mixed."""
    barrier = threading.Barrier(16)

    def send(number: int) -> None:
        barrier.wait()
        for turn in range(10):
            at = NOON + dt.timedelta(seconds=turn)
            alarms.take(alarm(device=f"smoke-{number % 2}", at=at), f"city-{number // 8}", at)

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(send, range(16)))
    cases = store.search(CaseQuery(), 10)
    storms = [alarms.of_case(case.case_id) for case in cases]
    assert sorted((storm.source, storm.device, storm.count) for storm in storms if storm) == [
        (source, device, 40) for source in ("city-0", "city-1") for device in ("smoke-0", "smoke-1")
    ]
    assert {case.source for case in cases} == {"city-0", "city-1"}


def test_a_new_storm_at_the_same_moment_is_one_more_case(alarms: Alarms, store: Store):
    """Also when the old one is over and many find that out together."""
    first, _ = alarms.take(alarm(), "towers", NOON)
    resolve(store, first.case_id, NOON)
    later = NOON + 2 * HOUR
    barrier = threading.Barrier(8)

    def send(number: int) -> str:
        barrier.wait()
        return alarms.take(alarm(at=later), "towers", later)[0].case_id

    with ThreadPoolExecutor(8) as threads:
        cases = set(threads.map(send, range(8)))
    (second,) = cases
    assert second != first.case_id
    counted = alarms.of_case(second)
    assert counted is not None and counted.count == 8
    assert alarms.of_case(first.case_id) == first


@pytest.mark.parametrize("change", [{"device": "smoke-2"}, {"kind": "gas"}])
def test_other_devices_and_kinds_have_their_own_case(alarms: Alarms, change: dict[str, str]):
    first, _ = alarms.take(alarm(), "towers", NOON)
    other, is_new = alarms.take(alarm(**change), "towers", NOON)
    assert is_new and other.case_id != first.case_id


def test_an_open_case_takes_alarms_however_late(alarms: Alarms):
    first, _ = alarms.take(alarm(), "towers", NOON)
    later = NOON + 30 * 24 * HOUR
    counted, is_new = alarms.take(alarm(at=later), "towers", later)
    assert (counted.case_id, counted.count, is_new) == (first.case_id, 2, False)


def test_a_closed_case_must_be_quiet_for_an_hour(alarms: Alarms, store: Store):
    first, _ = alarms.take(alarm(), "towers", NOON)
    resolve(store, first.case_id, NOON)
    at = NOON + HOUR - dt.timedelta(seconds=1)
    again, is_new = alarms.take(alarm(at=at), "towers", at)
    assert (again.case_id, is_new) == (first.case_id, False)
    # The hour counts from the last alarm, not from the end of the case.
    still = at + HOUR - dt.timedelta(seconds=1)
    assert alarms.take(alarm(at=still), "towers", still)[1] is False
    after, is_new = alarms.take(alarm(at=still + HOUR), "towers", still + HOUR)
    assert is_new and after.case_id != first.case_id and after.count == 1
    kept = alarms.of_case(first.case_id)
    assert kept is not None and kept.count == 3


def test_a_late_alarm_moves_the_first_time_only(alarms: Alarms):
    alarms.take(alarm(), "towers", NOON)
    early = NOON - dt.timedelta(minutes=3)
    counted, _ = alarms.take(alarm(at=early), "towers", NOON)
    assert (counted.first_at, counted.last_at, counted.count) == (early, NOON, 2)
