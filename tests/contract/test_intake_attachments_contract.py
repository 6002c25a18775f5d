"""Files of cases on every store."""

from __future__ import annotations

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from intake.attachments import MAX_FILES, Attachments, checked
from intake.database import Database
from intake.personal import PersonalData
from intake.roles import CITIZEN, Actor
from intake.steps import StepRefused, filed, moved
from intake.store import Store
from intake.validation import parse_new_case
from tests.contract.intake_running import DATA_KEY, NOON, case_body
from tests.unit.intake.sample_files import jpeg_with_place, picture

STAFF = Actor("staff", "chen")
WORKER = Actor("department", "lin", "urban_management")


@pytest.fixture
def files(database: Database) -> Attachments:
    return Attachments(database)


@pytest.fixture
def case_id(store: Store) -> str:
    personal = PersonalData(DATA_KEY)
    new = personal.hide(parse_new_case(case_body()))
    case_id = "FS20261123000001A"
    store.file(lambda: (filed(new, case_id, NOON), personal.seal(new, case_id)), "k", None)
    return case_id


def test_kept_listed_and_read(files: Attachments, store: Store, case_id: str):
    upload = checked("路灯 13812345678.jpg", jpeg_with_place())
    kept, is_new = files.add(case_id, upload, CITIZEN, NOON)
    assert is_new and kept.name == "路灯 138****5678.jpg"
    assert (kept.content_type, kept.size) == ("image/jpeg", len(upload.content))
    assert files.of_case(case_id) == [kept]
    assert files.read(case_id, kept.attachment_id) == (kept, upload.content)
    case = store.get(case_id)
    assert case is not None
    entry = case.history[-1]
    assert (entry.kind, entry.actor, entry.remark) == ("attachment", "citizen", kept.name)
    assert case.state == "dispatched" and case.updated_at == NOON


def test_unknown(files: Attachments, case_id: str):
    with pytest.raises(LookupError):
        files.read(case_id, "0" * 32)
    kept, _ = files.add(case_id, checked("a", picture("PNG")), STAFF, NOON)
    with pytest.raises(LookupError):
        files.read("FS20261123000002B", kept.attachment_id)
    with pytest.raises(LookupError):
        files.add("FS20261123000002B", checked("a", picture("PNG")), STAFF, NOON)


def test_the_same_file_at_the_same_moment_is_kept_once(
    files: Attachments, store: Store, case_id: str
):
    upload = checked("a.png", picture("PNG"))
    barrier = threading.Barrier(8)

    def send(number: int) -> bool:
        barrier.wait()
        return files.add(case_id, upload, CITIZEN, NOON)[1]

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(send, range(8))).count(True) == 1
    case = store.get(case_id)
    assert case is not None and [entry.kind for entry in case.history].count("attachment") == 1


def test_no_more_than_twenty_also_at_the_same_moment(files: Attachments, case_id: str):
    uploads = [checked(f"{n}.gif", picture("GIF", f"picture {n}")) for n in range(MAX_FILES + 5)]

    def send(upload) -> bool:
        try:
            return files.add(case_id, upload, STAFF, NOON)[1]
        except StepRefused as error:
            assert error.code == "too_many_files"
            return False

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(send, uploads)).count(True) == MAX_FILES
    assert len(files.of_case(case_id)) == MAX_FILES


def test_a_citizens_file_sets_the_work_going_again(files: Attachments, store: Store, case_id: str):
    later = NOON + dt.timedelta(hours=1)
    for state in ("in_progress", "awaiting_citizen"):
        store.change(
            case_id, lambda case, state=state: moved(case, state, WORKER, NOON, "请补照片")
        )
    files.add(case_id, checked("a.png", picture("PNG")), CITIZEN, later)
    case = store.get(case_id)
    assert case is not None and case.state == "in_progress"


def test_a_case_that_ended_takes_files_of_people_inside_only(
    files: Attachments, store: Store, case_id: str
):
    store.change(case_id, lambda case: moved(case, "withdrawn", CITIZEN, NOON))
    with pytest.raises(StepRefused, match="已经结束"):
        files.add(case_id, checked("a.png", picture("PNG")), CITIZEN, NOON)
    assert files.add(case_id, checked("a.png", picture("PNG")), STAFF, NOON)[1]
