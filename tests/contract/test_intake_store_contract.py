"""What every store keeps to, on SQLite and on PostgreSQL."""

from __future__ import annotations

import datetime as dt
import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from bot.case_id import new_case_id
from intake import tables
from intake.cases import Case
from intake.database import Database, downgrade, make_engine
from intake.personal import PersonalData, Sealed
from intake.roles import CITIZEN, Actor
from intake.service import is_locked
from intake.steps import did, filed, moved, rebuilt, urged
from intake.store import CaseChanged, CaseQuery, Store, StoreUnavailable, migrate
from intake.validation import parse_new_case
from intake.workflow import TextMissing, TransitionForbidden
from tests.contract.intake_running import DATA_KEY, NOON, case_body

PERSONAL = PersonalData(DATA_KEY)
WATER = Actor("department", "lin", "water")


def make(case_id: str | None = None, at: dt.datetime = NOON, **changes: object):
    """A factory of cases as the service hands it to the store."""
    new = PERSONAL.hide(parse_new_case(case_body(**changes)))

    def build() -> tuple[Case, Sealed]:
        chosen = case_id or new_case_id(at.date())
        return filed(new, chosen, at), PERSONAL.seal(new, chosen)

    return build


def move(store: Store, case_id: str, to_state: str, at: dt.datetime, note: str | None = None):
    actor = CITIZEN if to_state == "withdrawn" else WATER
    return store.change(case_id, lambda case: moved(case, to_state, actor, at, note))


def in_parallel(count: int, work):
    """Results of ``work(i)`` from ``count`` threads that start at the same moment."""
    barrier = threading.Barrier(count)

    def run(number: int):
        barrier.wait()
        return work(number)

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(run, range(count)))


def test_filed_case_reads_back_the_same(store: Store):
    case, is_new = store.file(make(urgent=True, co_departments=["water"]), "k", "key-00001")
    assert is_new
    assert store.get(case.case_id) == case
    assert [step.to_state for step in case.history] == ["submitted", "accepted", "dispatched"]
    assert {step.actor for step in case.history} == {"machine"}
    assert case.due_at is not None and case.accept_due_at is not None
    assert case.first_response_due_at == NOON + dt.timedelta(hours=24)


def test_unknown_case(store: Store):
    assert store.get("FS20261123000000X") is None
    with pytest.raises(LookupError):
        store.sealed("FS20261123000000X")
    with pytest.raises(LookupError):
        move(store, "FS20261123000000X", "in_progress", NOON)


def test_same_key_gives_same_case(store: Store):
    first, _ = store.file(make(), "k", "key-00001")
    again, is_new = store.file(make(description="另一件事"), "k", "key-00001")
    assert (again, is_new) == (first, False)
    other, is_new = store.file(make(), "another-caller", "key-00001")
    assert is_new and other.case_id != first.case_id
    assert store.count(CaseQuery()) == 2


def test_sixteen_writers_with_one_key(store: Store):
    results = in_parallel(16, lambda _: store.file(make(), "k", "one-key-for-all"))
    assert len({case.case_id for case, _ in results}) == 1
    assert [is_new for _, is_new in results].count(True) == 1
    assert store.count(CaseQuery()) == 1


def test_sixteen_writers_with_their_own_keys(store: Store):
    results = in_parallel(16, lambda i: store.file(make(), "k", f"own-key-{i:04}"))
    assert all(is_new for _, is_new in results)
    assert store.count(CaseQuery()) == 16


def test_taken_case_id_is_drawn_again(store: Store):
    first, _ = store.file(make("FS20261123000001A"), "k", None)
    drawn = itertools.chain(["FS20261123000001A", "FS20261123000001A", "FS20261123000002B"])
    second, _ = store.file(lambda: make(next(drawn))(), "k", "key-00002")
    assert second.case_id == "FS20261123000002B"
    assert store.count(CaseQuery()) == 2


def test_case_id_that_stays_taken_is_an_error(store: Store):
    store.file(make("FS20261123000001A"), "k", None)
    with pytest.raises(sa.exc.IntegrityError):
        store.file(make("FS20261123000001A"), "k", "key-00002")
    assert store.count(CaseQuery()) == 1


def test_a_crash_while_filing_leaves_nothing(store: Store, monkeypatch: pytest.MonkeyPatch):
    """The case row is written when the crash comes; only the whole filing may stay."""

    class Crash(BaseException):
        pass

    def crash(*_: object) -> None:
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr("intake.store._entry_rows", crash)
        with pytest.raises(Crash):
            store.file(make(), "k", "key-00001")
    assert store.count(CaseQuery()) == 0
    _, is_new = store.file(make(), "k", "key-00001")
    assert is_new and store.count(CaseQuery()) == 1


def test_reopened_store_still_has_it(store: Store, database: Database, database_url: str):
    case, _ = store.file(make(), "k", "key-00001")
    database.close()
    again = Database(database_url)
    assert Store(again).file(make(), "k", "key-00001") == (case, False)
    again.close()


@pytest.mark.parametrize(
    "statement",
    ["UPDATE history SET note = 'x'", "DELETE FROM history", "DELETE FROM history WHERE step = 2"],
)
def test_history_cannot_be_rewritten(store: Store, database_url: str, statement: str):
    case, _ = store.file(make(), "k", None)
    engine = make_engine(database_url)
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), engine.begin() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()
    assert store.get(case.case_id) == case


def test_move_appends(store: Store):
    case, _ = store.file(make(), "k", None)
    later = NOON + dt.timedelta(hours=1)
    move(store, case.case_id, "in_progress", later)
    moved = move(store, case.case_id, "resolved", later, "路灯已修好")
    assert store.get(case.case_id) == moved
    assert moved.history[:3] == case.history
    assert [step.to_state for step in moved.history[3:]] == ["in_progress", "resolved"]
    assert (moved.state, moved.updated_at, moved.history[-1].note) == (
        "resolved",
        later,
        "路灯已修好",
    )


def test_forbidden_move_changes_nothing(store: Store):
    case, _ = store.file(make(), "k", None)
    with pytest.raises(TransitionForbidden):
        move(store, case.case_id, "closed", NOON)
    move(store, case.case_id, "in_progress", NOON)
    with pytest.raises(TextMissing):
        move(store, case.case_id, "resolved", NOON, " ")
    found = store.get(case.case_id)
    assert found is not None and len(found.history) == 4


def test_moves_at_the_same_moment_do_not_both_win(store: Store):
    case, _ = store.file(make(), "k", None)

    def begin(_: int) -> bool:
        try:
            move(store, case.case_id, "in_progress", NOON)
        except TransitionForbidden:
            return False
        return True

    assert in_parallel(8, begin).count(True) == 1
    found = store.get(case.case_id)
    assert found is not None and len(found.history) == 4


def test_search_pages_and_filters(store: Store):
    filed_cases = [
        store.file(make(at=NOON + dt.timedelta(minutes=i), citizen=f"wechat:{i % 2}"), "k", None)[0]
        for i in range(7)
    ]
    newest_first = [case.case_id for case in reversed(filed_cases)]
    pages = [store.search(CaseQuery(), 3, offset) for offset in (0, 3, 6, 9)]
    assert [len(page) for page in pages] == [3, 3, 1, 0]
    assert [case.case_id for page in pages for case in page] == newest_first
    mine = CaseQuery(citizen="wechat:1")
    assert [case.case_id for case in store.search(mine, 10)] == newest_first[1::2]
    assert store.count(mine) == 3
    move(store, filed_cases[0].case_id, "withdrawn", NOON)
    assert store.count(CaseQuery(closed=True)) == 1
    assert store.count(CaseQuery(closed=False)) == 6
    third = filed_cases[2].submitted_at
    assert store.count(CaseQuery(start=third, end=third)) == 1
    assert store.count(CaseQuery(departments=("water",))) == 0
    assert store.count(CaseQuery(case_ids=())) == 0


def test_newest_first_also_within_one_moment(store: Store):
    for _ in range(6):
        store.file(make(), "k", None)
    paged = [case.case_id for offset in range(6) for case in store.search(CaseQuery(), 1, offset)]
    assert len(set(paged)) == 6


def test_personal_data_is_not_readable_in_the_database(store: Store, database_url: str):
    text = "我叫陈大文，电话13912345678，身份证440601199001011234"
    case, _ = store.file(
        make(description=text, contact_phone="13800138000", contact_name="李四光"), "k", None
    )
    engine = make_engine(database_url)
    with engine.begin() as connection:
        kept = repr(connection.execute(sa.select(tables.cases)).all())
    engine.dispose()
    for secret in ("13912345678", "440601199001011234", "13800138000", "8000", "李四光"):
        assert secret not in kept
    sealed = store.sealed(case.case_id)
    assert PERSONAL.open_contact(sealed.contact or "").phone == "13800138000"
    assert [r.clear for r in PERSONAL.open_redactions(sealed.redactions or "")] == [
        "13912345678",
        "440601199001011234",
    ]


def test_guesses_sent_at_once_are_counted_one_by_one(store: Store):
    case, _ = store.file(make(), "k", None)
    tried = []

    def wrong(_: str | None) -> bool:
        tried.append(1)
        return False

    def guess(number: int) -> tuple[bool, bool]:
        return store.guess(case.case_id, "stranger", NOON.date(), wrong, is_locked)

    in_parallel(12, guess)
    assert len(tried) == 5


def test_text_of_any_script_survives(store: Store):
    text = "粵語「嘅」𠮷野家 🚧 <b>&amp;</b> '; DROP TABLE cases; --\n第二行\t制表"
    case, _ = store.file(make(description=text), "k", None)
    found = store.get(case.case_id)
    assert found is not None and found.description == text


def test_migrating_again_keeps_everything(store: Store, database_url: str):
    case, _ = store.file(make(), "k", None)
    migrate(database_url)
    assert store.get(case.case_id) == case


_OLD_TABLES = {
    "cases": (
        "case_id", "state", "department", "platform", "appeal_type", "urgent", "handling_mode",
        "description", "channel", "co_departments", "submitted_at", "updated_at",
        "accept_due_at", "due_at",
    ),
    "history": ("case_id", "step", "at", "actor", "from_state", "to_state", "note"),
}  # fmt: skip


def old_table(name: str) -> sa.sql.TableClause:
    """A table of the first version, with the types of today."""
    known = tables.metadata.tables[name].c
    return sa.table(name, *(sa.column(column, known[column].type) for column in _OLD_TABLES[name]))


def test_migrations_up_and_down_keep_the_cases(database_url: str):
    """A case of the first version as the newest version knows it, and back again."""
    migrate(database_url, "0001")
    case = filed(parse_new_case(case_body(co_departments=["fire"])), "FS202611230042174", NOON)
    engine = make_engine(database_url)
    with engine.begin() as connection:
        row = {name: getattr(case, name) for name in _OLD_TABLES["cases"]}
        row["co_departments"] = ["fire"]
        connection.execute(sa.insert(old_table("cases")).values(**row))
        for step, entry in enumerate(case.history):
            row = {name: getattr(entry, name) for name in _OLD_TABLES["history"][2:]}
            row |= {"case_id": case.case_id, "step": step, "note": "给市民的话"}
            connection.execute(sa.insert(old_table("history")).values(**row))
    migrate(database_url)
    opened = Database(database_url)
    store = Store(opened)
    found = store.get(case.case_id)
    assert found is not None and found.due_at == case.due_at
    known = rebuilt(found.history)
    assert known["due_at"] == case.due_at and known["co_departments"] == ("fire",)
    for department in ("urban_management", "fire"):
        assert store.count(CaseQuery(involved=department)) == 1
    later = store.change(case.case_id, lambda case: urged(case, CITIZEN, NOON))
    move(store, case.case_id, "in_progress", NOON)
    opened.close()
    downgrade(database_url, "0001")
    with engine.begin() as connection:
        steps = old_table("history")
        rows = connection.execute(sa.select(steps).order_by(steps.c.step)).all()
        assert [row.to_state for row in rows] == [
            "submitted", "accepted", "dispatched", "in_progress",
        ]  # fmt: skip
        assert rows[0].note == "给市民的话" and later.urges == 1
        assert connection.scalar(sa.select(old_table("cases").c.state)) == "in_progress"
        with pytest.raises(sa.exc.DBAPIError, match="append-only"):
            connection.exec_driver_sql("UPDATE history SET note = NULL")
    migrate(database_url)
    engine.dispose()


def test_only_the_words_of_a_history_can_be_erased(store: Store, database: Database):
    case, _ = store.file(make(), "k", None)
    store.change(case.case_id, lambda case: urged(case, CITIZEN, NOON, "快点"))
    with database.writing() as connection:
        connection.execute(tables.history.update().values(note=None, remark=None))
    found = store.get(case.case_id)
    assert found is not None and [entry.note for entry in found.history] == [None] * 4
    for change in ({"note": None, "kind": "note"}, {"note": None, "changes": {}}):
        refused = (sa.exc.IntegrityError, StoreUnavailable)
        with pytest.raises(refused), database.writing() as connection:
            connection.execute(tables.history.update().values(**change))


def test_a_step_writes_its_notices_with_it(store: Store, database: Database):
    case, _ = store.file(make(), "k", None)
    move(store, case.case_id, "in_progress", NOON)
    with pytest.raises(TransitionForbidden):
        move(store, case.case_id, "closed", NOON)
    with database.reading() as connection:
        rows = connection.execute(sa.select(tables.notices).order_by(tables.notices.c.notice_id))
        told = [(row.recipient, row.kind, row.state) for row in rows]
    assert told == [
        ("department:urban_management", "new_case", "waiting"),
        ("wechat:openid-1", "in_progress", "waiting"),
    ]


def test_sixteen_writers_lose_no_step(store: Store):
    case, _ = store.file(make(), "k", None)

    def note(number: int) -> None:
        store.change(case.case_id, lambda case: did(case, "note", WATER, NOON, remark=str(number)))

    in_parallel(16, note)
    found = store.get(case.case_id)
    assert found is not None and len(found.history) == 19
    assert {entry.remark for entry in found.history[3:]} == set(map(str, range(16)))


def test_a_caller_with_an_old_picture_is_told(store: Store):
    case, _ = store.file(make(), "k", None)
    move(store, case.case_id, "in_progress", NOON)
    with pytest.raises(CaseChanged):
        store.change(case.case_id, lambda case: urged(case, CITIZEN, NOON), "dispatched")


def test_pages_by_the_last_case(store: Store):
    for minute in (0, 0, 1, 2, 2, 3):
        store.file(make(at=NOON + dt.timedelta(minutes=minute)), "k", None)
    found: list[Case] = []
    while page := store.search(
        CaseQuery(), 2, after=(found[-1].submitted_at, found[-1].case_id) if found else None
    ):
        found += page
    assert found == store.search(CaseQuery(), 10) and len(found) == 6
    assert store.count(CaseQuery(), most=4) == 4


def test_services_that_start_together_migrate_once(database_url: str):
    in_parallel(4, lambda _: migrate(database_url))
    opened = Database(database_url)
    Store(opened).ping()
    opened.close()


def test_migrations_make_the_tables_that_the_code_uses(store: Store, database_url: str):
    engine = make_engine(database_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, tables.metadata) == []
    engine.dispose()


def test_ping_needs_our_tables(database_url: str):
    empty = Database(database_url)
    with pytest.raises(StoreUnavailable):
        Store(empty).ping()
    empty.close()
