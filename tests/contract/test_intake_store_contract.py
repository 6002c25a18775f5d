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
from intake.cases import Case, filed
from intake.database import make_engine
from intake.personal import PersonalData, Sealed
from intake.service import is_locked
from intake.store import CaseQuery, Store, StoreUnavailable, migrate
from intake.validation import parse_new_case
from intake.workflow import TextMissing, TransitionForbidden
from tests.contract.intake_running import DATA_KEY, NOON, case_body

PERSONAL = PersonalData(DATA_KEY)


def make(case_id: str | None = None, at: dt.datetime = NOON, **changes: object):
    """A factory of cases as the service hands it to the store."""
    new = PERSONAL.hide(parse_new_case(case_body(**changes)))

    def build() -> tuple[Case, Sealed]:
        chosen = case_id or new_case_id(at.date())
        return filed(new, chosen, at), PERSONAL.seal(new, chosen)

    return build


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
        store.move("FS20261123000000X", "in_progress", "staff", NOON)


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
        patch.setattr("intake.store._append", crash)
        with pytest.raises(Crash):
            store.file(make(), "k", "key-00001")
    assert store.count(CaseQuery()) == 0
    _, is_new = store.file(make(), "k", "key-00001")
    assert is_new and store.count(CaseQuery()) == 1


def test_reopened_store_still_has_it(store: Store, database_url: str):
    case, _ = store.file(make(), "k", "key-00001")
    store.close()
    again = Store(database_url)
    assert again.file(make(), "k", "key-00001") == (case, False)
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
    store.move(case.case_id, "in_progress", "staff:1", later)
    moved = store.move(case.case_id, "resolved", "staff:1", later, "路灯已修好")
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
        store.move(case.case_id, "closed", "staff:1", NOON)
    store.move(case.case_id, "in_progress", "staff:1", NOON)
    with pytest.raises(TextMissing):
        store.move(case.case_id, "resolved", "staff:1", NOON, " ")
    found = store.get(case.case_id)
    assert found is not None and len(found.history) == 4


def test_moves_at_the_same_moment_do_not_both_win(store: Store):
    case, _ = store.file(make(), "k", None)

    def move(_: int) -> bool:
        try:
            store.move(case.case_id, "in_progress", "staff:1", NOON)
        except TransitionForbidden:
            return False
        return True

    assert in_parallel(8, move).count(True) == 1
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
    store.move(filed_cases[0].case_id, "withdrawn", "citizen", NOON)
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


def test_services_that_start_together_migrate_once(database_url: str):
    in_parallel(4, lambda _: migrate(database_url))
    opened = Store(database_url)
    opened.ping()
    opened.close()


def test_migrations_make_the_tables_that_the_code_uses(store: Store, database_url: str):
    engine = make_engine(database_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, tables.metadata) == []
    engine.dispose()


def test_ping_needs_our_tables(database_url: str):
    empty = Store(database_url)
    with pytest.raises(StoreUnavailable):
        empty.ping()
    empty.close()
