"""Filing and looking up, with a clock of our own."""

from __future__ import annotations

import datetime as dt
import pathlib
import sqlite3
from collections.abc import Iterator

import pytest

from bot.case_id import is_case_id
from intake.cases import Case
from intake.service import IntakeService
from intake.store import StoreUnavailable, migrate
from intake.validation import parse_new_case
from tests.contract.intake_running import API_KEY, NOON, case_body, intake_settings


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> dt.datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def service(tmp_path: pathlib.Path, clock: Clock) -> Iterator[IntakeService]:
    settings = intake_settings(tmp_path)
    migrate(settings.database_url)
    made = IntakeService(settings, clock)
    yield made
    made.close()


@pytest.fixture
def case(service: IntakeService) -> Case:
    return service.file(parse_new_case(case_body()), "suqiu", None)[0]


def seen(service: IntakeService, case: Case, citizen: str | None, digits: str | None):
    found = service.look_up(case.case_id, citizen, digits)
    assert found is not None
    return found.authorized, found.locked


def test_case_id_carries_the_day_in_shanghai(service: IntakeService, clock: Clock):
    clock.now = dt.datetime(2026, 11, 23, 16, 30, tzinfo=dt.timezone.utc)
    case, _ = service.file(parse_new_case(case_body()), "suqiu", None)
    assert is_case_id(case.case_id) and case.case_id.startswith("FS20261124")


def test_who_sees_the_case(service: IntakeService, case: Case):
    assert seen(service, case, "wechat:openid-1", None) == (True, False)
    assert seen(service, case, "wechat:openid-2", None) == (False, False)
    assert seen(service, case, None, None) == (False, False)
    assert seen(service, case, None, "8000") == (True, False)
    assert seen(service, case, "wechat:openid-2", "8000") == (True, False)
    assert service.look_up("FS20261123000000X", None, None) is None


def test_case_without_citizen_is_nobodys(service: IntakeService):
    case, _ = service.file(parse_new_case(case_body(citizen=None)), "suqiu", None)
    assert seen(service, case, None, None) == (False, False)
    assert seen(service, case, "", None) == (False, False)


def test_case_without_phone_accepts_no_digits(service: IntakeService):
    case, _ = service.file(parse_new_case(case_body(contact_phone=None)), "suqiu", None)
    assert seen(service, case, "wechat:x", "0000") == (False, False)


def test_five_wrong_tries_lock_until_tomorrow(service: IntakeService, case: Case, clock: Clock):
    for number in range(4):
        assert seen(service, case, "wechat:x", f"{number:04}") == (False, False)
    assert seen(service, case, "wechat:x", "0004") == (False, True)
    assert seen(service, case, "wechat:x", "8000") == (False, True)
    assert seen(service, case, "wechat:y", "8000") == (True, False), "only this asker is locked"
    assert seen(service, case, "wechat:openid-1", "8000") == (True, False), "never the citizen"
    # Midnight in Shanghai is 16:00 UTC.
    clock.now = dt.datetime(2026, 11, 23, 15, 59, tzinfo=dt.timezone.utc)
    assert seen(service, case, "wechat:x", "8000") == (False, True)
    clock.now = dt.datetime(2026, 11, 23, 16, 0, tzinfo=dt.timezone.utc)
    assert seen(service, case, "wechat:x", "8000") == (True, False)


def test_right_digits_use_up_no_try(service: IntakeService, case: Case):
    for _ in range(10):
        assert seen(service, case, "wechat:x", "8000") == (True, False)


def test_twenty_wrong_tries_by_anyone_lock_for_all(service: IntakeService, case: Case):
    for number in range(20):
        seen(service, case, f"wechat:{number}", "0000")
    assert seen(service, case, "wechat:new", "8000") == (False, True)
    assert seen(service, case, "wechat:openid-1", None) == (True, False)


def test_lock_of_one_case_leaves_others(service: IntakeService, case: Case):
    other, _ = service.file(parse_new_case(case_body()), "suqiu", None)
    for _ in range(5):
        seen(service, case, None, "0000")
    assert seen(service, other, None, "8000") == (True, False)


@pytest.mark.parametrize("key", [None, "", API_KEY[:-1], API_KEY + "x", "密钥", "\ud800"])
def test_wrong_api_key(service: IntakeService, key: str | None):
    assert service.key_name(key) is None


def test_right_api_key(service: IntakeService):
    assert service.key_name(API_KEY) == "suqiu"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://user:geheim@127.0.0.1:1/suqiu",
        "sqlite:////proc/none/intake.db",
        "sqlite://",
        "mysql://user:geheim@host/db",
        "nonsense",
    ],
)
def test_unusable_database_is_one_chinese_sentence(url: str):
    with pytest.raises(StoreUnavailable) as caught:
        migrate(url)
    message = str(caught.value)
    assert message.endswith("。") and "数据库" in message or "SQLite" in message
    assert "geheim" not in message and "\n" not in message


def test_file_that_is_no_database(tmp_path: pathlib.Path):
    (tmp_path / "x.db").write_bytes(b"this is not a database " * 100)
    with pytest.raises(StoreUnavailable):
        migrate(f"sqlite:///{tmp_path}/x.db")


def test_database_of_a_newer_program(tmp_path: pathlib.Path):
    url = f"sqlite:///{tmp_path}/x.db"
    migrate(url)
    with sqlite3.connect(tmp_path / "x.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreUnavailable, match="结构"):
        migrate(url)
