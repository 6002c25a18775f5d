"""Anonymising, exporting, erasing, sealing anew, backup and restore, on both stores."""

from __future__ import annotations

import datetime as dt
import json
import os
import pathlib

import pgserver
import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet

from bot.case_id import new_case_id
from bot.privacy import SealBroken
from intake import tables
from intake.backup import BackupFailed, back_up, restore
from intake.cases import Case
from intake.database import Database, migrate
from intake.personal import PersonalData
from intake.retention import ERASED, Retention
from intake.roles import CITIZEN, Actor
from intake.steps import filed, moved, rebuilt
from intake.store import CaseQuery, Store
from intake.validation import parse_new_case
from tests.contract.conftest import new_database
from tests.contract.intake_running import DATA_KEY, NOON, case_body

PERSONAL = PersonalData(DATA_KEY)
LIN = Actor("department", "lin", "urban_management")
YEAR = dt.timedelta(days=366)
SECRETS = ("13800138000", "13912345678", "陈大文", "平东大道", "大黑狗", "openid-1", "139****5678")


def file(store: Store, **changes: object) -> Case:
    body = case_body(
        description="陈大文家的大黑狗没拴绳，电话13912345678", contact_name="陈大文", **changes
    )
    new = PERSONAL.hide(parse_new_case(body))
    case_id = new_case_id(NOON.date())
    made = filed(new, case_id, NOON), PERSONAL.seal(new, case_id)
    return store.file(lambda: made, "k", None)[0]


def resolve(store: Store, case: Case) -> Case:
    store.change(case.case_id, lambda case: moved(case, "in_progress", LIN, NOON))
    return store.change(
        case.case_id, lambda case: moved(case, "resolved", LIN, NOON, "陈大文的大黑狗已拴好")
    )


def everything(database: Database) -> str:
    with database.reading() as connection:
        return repr(
            [connection.execute(sa.select(t)).all() for t in tables.metadata.tables.values()]
        )


def test_old_cases_lose_words_and_names_but_not_their_numbers(
    store: Store, database: Database
) -> None:
    case = resolve(store, file(store))
    open_case = file(store, citizen="wechat:other")
    retention = Retention(database, PERSONAL)
    assert retention.anonymise_old(NOON + YEAR / 2, 365) == 0
    assert retention.anonymise_old(NOON + YEAR, 365) == 1
    assert retention.anonymise_old(NOON + YEAR, 365) == 0
    found = store.get(case.case_id)
    assert found is not None and found.description == ERASED
    assert (found.state, found.department, found.address.town) == (
        "resolved", "urban_management", "桂城街道",
    )  # fmt: skip
    for name, value in rebuilt(found.history).items():
        assert getattr(found, name) == value
    kept = store.get(open_case.case_id)
    assert kept is not None and "大黑狗" in kept.description
    with database.writing() as connection:
        connection.execute(
            tables.notices.delete().where(tables.notices.c.case_id == open_case.case_id)
        )
    store.change(open_case.case_id, lambda case: moved(case, "withdrawn", CITIZEN, NOON))
    assert retention.anonymise_old(NOON + YEAR, 365) == 1
    shown = everything(database)
    assert [secret for secret in SECRETS if secret in shown] == []


def test_a_citizen_gets_a_copy_of_all_and_then_an_end(store: Store, database: Database) -> None:
    ended, running = resolve(store, file(store)), file(store)
    file(store, citizen="wechat:other")
    retention = Retention(database, PERSONAL)
    copy = retention.export("wechat:openid-1")
    assert [case["case_id"] for case in copy["cases"]] == [ended.case_id, running.case_id]
    assert copy["cases"][0]["contact"]["phone"] == "13800138000"
    assert copy["cases"][0]["hidden_numbers"] == ["13912345678"]
    json.dumps(copy)
    erased = retention.erase("wechat:openid-1", NOON)
    assert (erased.erased, erased.kept_open) == ((ended.case_id,), (running.case_id,))
    assert store.count(CaseQuery(citizen="wechat:openid-1")) == 1
    with database.reading() as connection:
        rows = connection.execute(sa.select(tables.notices)).all()
    assert not [row for row in rows if row.recipient == "wechat:openid-1"]
    assert retention.export("wechat:nobody")["cases"] == []


def test_keys_are_changed_without_losing_anything(store: Store, database: Database) -> None:
    cases = [file(store) for _ in range(3)]
    new_key = Fernet.generate_key().decode()
    both = PersonalData(f"{new_key},{DATA_KEY}")
    assert Retention(database, both).seal_anew() == 3
    only_new = PersonalData(new_key)
    for case in cases:
        sealed = store.sealed(case.case_id)
        assert only_new.open_contact(sealed.contact or "").phone == "13800138000"
        assert only_new.is_last4(case.case_id, "8000", sealed.phone_last4)
        with pytest.raises(SealBroken):
            PERSONAL.open_contact(sealed.contact or "")
    with pytest.raises(SealBroken):
        Retention(database, PERSONAL).seal_anew()


@pytest.fixture
def tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL's own tools, as they are installed with its server."""
    folder = pathlib.Path(pgserver.__file__).parent / "pginstall" / "bin"
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def test_backup_and_restore(
    store: Store, database: Database, database_url: str, tmp_path: pathlib.Path, tools: None
) -> None:
    cases = [resolve(store, file(store)), file(store)]
    target = tmp_path / "backup"
    back_up(database_url, target)
    with pytest.raises(BackupFailed, match="已经有了"):
        back_up(database_url, target)
    later = file(store)
    other = new_database(database_url, tmp_path, "restored")
    assert restore(other, target) == 2
    with pytest.raises(BackupFailed, match="已经有诉求"):
        restore(other, target)
    opened = Database(other)
    again = Store(opened)
    assert [again.get(case.case_id) for case in cases] == cases
    assert again.get(later.case_id) is None
    # The restored history is as append-only as the first.
    with pytest.raises(Exception, match="append-only|不能用"), opened.writing() as connection:
        connection.execute(tables.history.delete())
    opened.close()


def test_what_is_no_backup_is_refused(
    database_url: str, tmp_path: pathlib.Path, tools: None
) -> None:
    migrate(database_url)
    wrong = tmp_path / "wrong"
    wrong.write_bytes(b"no backup at all")
    with pytest.raises(BackupFailed):
        restore(database_url, wrong)
    with pytest.raises(BackupFailed, match="没有"):
        restore(database_url, tmp_path / "missing")
    migrate(database_url)
    opened = Database(database_url)
    Store(opened).ping()
    opened.close()
