"""Dispatch on SQLite and on PostgreSQL: rule sets, families, followers, duplicates, corrections."""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from intake import steps, tables
from intake.cases import Case, Contact
from intake.casework import Move
from intake.database import Database
from intake.deadlines import SHANGHAI
from intake.dispatch.candidates import SimilarCases, matter_of
from intake.dispatch.rule_sets import RulesChanged, RuleSets
from intake.dispatch.rule_text import RuleError
from intake.personal import PersonalData
from intake.roles import CITIZEN, MACHINE, Actor, NotAllowed
from intake.service import IntakeService
from intake.steps import Dispatch, StepRefused
from intake.store import CaseQuery, migrate
from intake.validation import parse_new_case
from intake.views import citizen_view
from tests.contract.intake_running import DATA_KEY, NOON, case_body, intake_settings

STAFF = Actor("staff", "chen")
LAMP = Actor("department", "lin", "urban_management")
LAMP_TO_TRANSPORT = """
rules:
- name: 路灯归交通
  when: {words: 路灯}
  then: {department: transport}
"""


@pytest.fixture
def service(database_url: str, tmp_path: Any) -> Iterator[IntakeService]:
    settings = intake_settings(tmp_path, SUQIU_DATABASE_URL=database_url, SUQIU_GRID_FILE="sample")
    migrate(database_url)
    made = IntakeService(settings, lambda: NOON)
    yield made
    made.close()


def file(service: IntakeService, by: Actor = MACHINE, key: str | None = None, **changes: Any):
    return service.file(parse_new_case(case_body(**changes)), "suqiu", key, by)[0]


def move(service: IntakeService, actor: Actor, case: Case, to_state: str, **more: Any) -> Case:
    return service.work.move(actor, case.case_id, Move(to_state, **more))


class Refused:
    """``with Refused(code)``: the step is refused with that code."""

    def __init__(self, code: str) -> None:
        self.code = code

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: Any, trace: Any) -> bool:
        assert isinstance(error, StepRefused), f"{self.code} expected, got {error!r}"
        assert error.code == self.code
        return True


def told(database: Database, case_id: str) -> list[tuple[str, str]]:
    with database.reading() as connection:
        table = tables.notices.c
        statement = sa.select(table.recipient, table.kind).where(table.case_id == case_id)
        return [tuple(row) for row in connection.execute(statement.order_by(table.notice_id))]


# Rules


def test_the_newest_rules_dispatch_what_is_filed(service: IntakeService):
    assert file(service).department == "urban_management"
    service.dispatcher.save(LAMP_TO_TRANSPORT, 0, "admin:a", NOON)
    case = file(service)
    assert (case.department, case.history[-1].remark) == ("transport", "路灯归交通")
    assert service.store.get(case.case_id) == case
    loaded = service.dispatcher.current().saved
    assert (loaded.version, loaded.saved_by, loaded.saved_at) == (1, "admin:a", NOON)


def test_another_instance_sees_new_rules_at_the_next_filing(
    service: IntakeService, database_url: str
):
    assert file(service).department == "urban_management"
    other = Database(database_url)
    RuleSets(other).save(LAMP_TO_TRANSPORT, 0, "admin:b", NOON)
    other.close()
    assert file(service).department == "transport"


def test_rules_edited_from_an_old_version_are_refused(service: IntakeService):
    service.dispatcher.save(LAMP_TO_TRANSPORT, 0, "admin:a", NOON)
    with pytest.raises(RulesChanged):
        service.dispatcher.save("rules: []", 0, "admin:b", NOON)
    with pytest.raises(RuleError):
        service.dispatcher.save("rules: [", 1, "admin:b", NOON)
    assert service.dispatcher.current().saved.version == 1


def test_of_many_who_save_at_once_one_wins(service: IntakeService):
    barrier = threading.Barrier(8)

    def save(number: int) -> bool:
        barrier.wait()
        try:
            service.dispatcher.save("rules: []", 0, f"admin:{number}", NOON)
        except RulesChanged:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(save, range(8))).count(True) == 1
    assert service.dispatcher.current().saved.version == 1


def test_broken_rules_in_the_database_lose_no_filing(
    service: IntakeService, caplog: pytest.LogCaptureFixture
):
    text = "rules:\n- name: 旧\n  when: {department: abolished}\n  then: {}\n"
    RuleSets(service.database).save(text, 0, "admin:a", NOON)
    with caplog.at_level(logging.ERROR):
        cases = [file(service) for _ in range(3)]
    assert {case.department for case in cases} == {"urban_management"}
    error = service.dispatcher.current().error
    assert error is not None and (error.rule, error.field) == ("旧", "department")
    assert sum("version 1" in line for line in caplog.messages) == 1, "once, not at each filing"


def test_the_grid_of_a_community_with_one(service: IntakeService):
    address = {"district": "南海区", "town": "桂城街道", "community": "平东社区"}
    assert file(service, address=address).address.grid == "样例-GC-PD-01"
    assert file(service, address={**address, "grid": "我的"}).address.grid == "我的"
    assert file(service, address={**address, "community": None}).address.grid is None


# Parent and children


def test_a_parent_is_resolved_only_after_its_children(service: IntakeService):
    parent = file(service)
    child = file(service, parent_id=parent.case_id, department="water")
    assert child.parent_id == parent.case_id
    kept = service.store.get(parent.case_id)
    assert kept is not None and kept.history[-1].kind == "split"
    assert service.families.children(parent.case_id) == [child]
    move(service, LAMP, parent, "in_progress")
    with Refused("children_open"):
        move(service, LAMP, parent, "resolved", note="修好了")
    assert service.store.get(parent.case_id).state == "in_progress"
    move(service, CITIZEN, child, "withdrawn")
    assert move(service, LAMP, parent, "resolved", note="修好了").state == "resolved"
    with Refused("parent_ended"):
        file(service, parent_id=parent.case_id)


def test_who_may_be_a_parent(service: IntakeService):
    parent = file(service)
    child = file(service, parent_id=parent.case_id)
    count = service.store.count
    before = count(CaseQuery())
    with Refused("parent_is_child"):
        file(service, parent_id=child.case_id)
    for changes in ({"citizen": "wechat:stranger"}, {"citizen": None}):
        with Refused("parent_missing"):
            file(service, parent_id=parent.case_id, **changes)
    with Refused("parent_missing"):
        file(service, parent_id="FS202611230042174")
    assert count(CaseQuery()) == before, "nothing of the refused ones stays"
    nobodys = file(service, citizen=None)
    with Refused("parent_missing"):
        file(service, parent_id=nobodys.case_id, citizen=None)


def test_a_child_that_staff_files_belongs_to_the_parents_citizen(service: IntakeService):
    parent = file(service)
    child = file(
        service,
        STAFF,
        parent_id=parent.case_id,
        citizen=None,
        contact_phone=None,
        channel="hotline",
    )
    assert child.citizen == "wechat:openid-1"
    assert service.look_up(child.case_id, None, "8000").authorized, "the phone came along"
    assert ("wechat:openid-1", "split") in told(service.database, parent.case_id)


def test_filing_a_child_again_finds_it_even_when_the_parent_has_ended(service: IntakeService):
    parent = file(service)
    child = file(service, key="one-key-1", parent_id=parent.case_id)
    move(service, CITIZEN, parent, "withdrawn")
    assert file(service, key="one-key-1", parent_id=parent.case_id) == child


def test_children_filed_while_the_parent_is_resolved_do_not_slip_in(service: IntakeService):
    parent = file(service)
    move(service, LAMP, parent, "in_progress")
    barrier = threading.Barrier(6)

    def act(number: int) -> str:
        barrier.wait()
        try:
            if number == 0:
                move(service, LAMP, parent, "resolved", note="修好了")
                return "resolved"
            file(service, parent_id=parent.case_id)
        except StepRefused as error:
            return error.code
        return "filed"

    with ThreadPoolExecutor(6) as threads:
        done = list(threads.map(act, range(6)))
    if done[0] == "resolved":
        assert done[1:] == ["parent_ended"] * 5
    else:
        assert done[0] == "children_open" and "filed" in done[1:]


# Followers


def join(service: IntakeService, case: Case, citizen: str, phone: str | None = None) -> bool:
    return service.joining.join(case.case_id, citizen, Contact(phone=phone), NOON)


def test_who_joins_is_told_of_progress_and_his_phone_is_sealed(service: IntakeService):
    case = file(service)
    assert join(service, case, "wechat:openid-2", "13911112222")
    assert not join(service, case, "wechat:openid-2")
    kept = service.store.get(case.case_id)
    assert [entry.kind for entry in kept.history].count("join") == 1
    assert "join" not in [step["kind"] for step in citizen_view(kept)["history"]]
    assert steps.rebuilt(kept.history)["state"] == kept.state
    with service.database.reading() as connection:
        row = connection.execute(sa.select(tables.followers)).one()
    assert "13911112222" not in repr(row)
    assert PersonalData(DATA_KEY).open_contact(row.contact_sealed).phone == "13911112222"
    move(service, LAMP, case, "in_progress")
    assert ("wechat:openid-2", "in_progress") in told(service.database, case.case_id)


def test_who_cannot_join(service: IntakeService):
    case = file(service)
    with Refused("own_case"):
        join(service, case, "wechat:openid-1")
    with pytest.raises(LookupError):
        service.joining.join("FS202611230042174", "wechat:x", Contact(), NOON)
    move(service, CITIZEN, case, "withdrawn")
    with Refused("not_open"):
        join(service, case, "wechat:openid-2")
    assert service.joining.follower_count(case.case_id) == 0


def test_sixteen_joins_of_one_citizen_are_one(service: IntakeService):
    case = file(service)
    with ThreadPoolExecutor(16) as threads:
        results = list(threads.map(lambda _: join(service, case, "wechat:openid-2"), range(16)))
    assert results.count(True) == 1
    assert service.joining.follower_count(case.case_id) == 1


# Duplicates


def merge(service: IntakeService, case: Case, other: Case, actor: Actor = STAFF) -> Case:
    return service.joining.merge(case.case_id, other.case_id, actor, NOON)


def test_a_fresh_duplicate_is_joined_and_its_citizen_follows_the_other(service: IntakeService):
    first = file(service)
    second = file(service, citizen="wechat:openid-2", contact_phone="13911112222")
    join(service, second, "wechat:openid-3")
    ended = merge(service, second, first)
    assert ended.state == "withdrawn" and ended.history[-1].actor == "staff:chen"
    assert first.case_id in (ended.history[-1].note or "")
    assert [entry.kind for entry in ended.history[-2:]] == ["merged", "state"]
    assert steps.rebuilt(ended.history)["state"] == "withdrawn"
    # Each citizen hears of it once; the department that it is no longer its own.
    heard = told(service.database, second.case_id)
    assert heard.count(("wechat:openid-2", "merged")) == 1
    assert [kind for who, kind in heard if who.startswith("wechat:")] == ["merged", "merged"]
    assert ("department:urban_management", "withdrawn") in heard
    with service.database.reading() as connection:
        rows = connection.execute(sa.select(tables.followers.c.citizen, tables.followers.c.case_id))
        following = {tuple(row) for row in rows}
    assert ("wechat:openid-2", first.case_id) in following
    assert ("wechat:openid-3", first.case_id) in following
    move(service, LAMP, first, "in_progress")
    assert ("wechat:openid-2", "in_progress") in told(service.database, first.case_id)


def test_how_a_duplicate_ends_by_its_state(service: IntakeService):
    first = file(service)
    returned = file(service, citizen="wechat:openid-2")
    move(service, LAMP, returned, "returned", remark="不归我们")
    assert merge(service, returned, first).state == "rejected"
    begun = file(service, citizen="wechat:openid-3")
    move(service, LAMP, begun, "in_progress")
    with Refused("not_fresh"):
        merge(service, begun, first)
    with Refused("same_case"):
        merge(service, first, first)
    with pytest.raises(LookupError):
        service.joining.merge(first.case_id, "FS202611230042174", STAFF, NOON)
    with pytest.raises(NotAllowed):
        merge(service, file(service), first, Actor("supervisor", "wang"))
    parent = file(service)
    file(service, parent_id=parent.case_id)
    with Refused("children_open"):
        merge(service, parent, first)


def test_nothing_is_joined_to_a_case_that_has_ended(service: IntakeService):
    first, second = file(service), file(service, citizen="wechat:openid-2")
    move(service, CITIZEN, first, "withdrawn")
    with Refused("not_open"):
        merge(service, second, first)
    assert service.store.get(second.case_id).state == "dispatched", "all or nothing"


def test_a_citizen_who_filed_twice_follows_nothing(service: IntakeService):
    first, second = file(service), file(service)
    assert merge(service, second, first).state == "withdrawn"
    assert service.joining.follower_count(first.case_id) == 0
    nobody = file(service, citizen=None)
    assert "编号" in (merge(service, nobody, first).history[-1].note or "")


def test_two_who_join_crosswise_do_not_wait_for_each_other(service: IntakeService):
    first, second = file(service), file(service, citizen="wechat:openid-2")
    barrier = threading.Barrier(2)

    def act(pair: tuple[Case, Case]) -> str:
        barrier.wait()
        try:
            return merge(service, *pair).state
        except StepRefused as error:
            return error.code

    with ThreadPoolExecutor(2) as threads:
        done = list(threads.map(act, [(first, second), (second, first)]))
    assert sorted(done) in (["not_fresh", "withdrawn"], ["not_open", "withdrawn"])


# Corrections


def test_a_returned_case_sent_elsewhere_is_a_lesson(service: IntakeService):
    case = file(service, description="路灯坏了，电话13912345678")
    move(service, LAMP, case, "returned", remark="这是供电公司的灯")
    move(service, STAFF, case, "dispatched", dispatch=Dispatch("utilities"))
    (lesson,) = service.corrections.since(None, 0, 10)
    assert (lesson.from_department, lesson.to_department) == ("urban_management", "utilities")
    assert (lesson.reason, lesson.corrected_by) == ("这是供电公司的灯", "staff:chen")
    assert lesson.case_id == case.case_id and "13912345678" not in lesson.text
    assert service.corrections.since(NOON + dt.timedelta(seconds=1), 0, 10) == []
    assert service.corrections.since(NOON, lesson.correction_id, 10) == []


def test_what_is_no_lesson(service: IntakeService):
    case = file(service)
    move(service, LAMP, case, "returned", remark="请再看看")
    move(service, STAFF, case, "dispatched", dispatch=Dispatch("urban_management"))
    assert service.corrections.since(None, 0, 10) == []


# Similar cases


def test_candidates_are_open_recent_and_of_the_same_part_of_the_city(service: IntakeService):
    address = {"district": "南海区", "town": "桂城街道", "community": "平东社区"}
    asked = file(service, address=address)
    same = file(service, address=address, description="平东社区路灯不亮", lat=None, long=None)
    by_pin = file(service, address=None, description="这盏路灯不亮", lat=23.031, long=113.16)
    file(service, address={**address, "community": "叠南社区"}, lat=None, long=None)
    file(service, address=address, description="垃圾很臭")
    ended = file(service, address=address)
    move(service, CITIZEN, ended, "withdrawn")
    look = SimilarCases(service.database)
    found = look.to(matter_of(asked), NOON)
    assert {item.matter.case_id for item in found} == {same.case_id, by_pin.case_id}
    assert look.to(matter_of(asked), NOON + dt.timedelta(days=31)) == []


def test_a_case_of_another_department_in_the_town_is_found(service: IntakeService):
    address = {"district": "南海区", "town": "桂城街道", "community": "平东社区"}
    asked = file(service, address=address)
    other = file(service, address=address, department="utilities")
    found = service.similar_cases.to(matter_of(asked), NOON)
    assert [item.matter.case_id for item in found] == [other.case_id]


def test_the_day_of_the_reason_is_of_shanghai(service: IntakeService):
    asked = file(service)
    file(service)
    midnight = dt.datetime(2026, 11, 24, 0, 5, tzinfo=SHANGHAI)
    (item,) = service.similar_cases.to(matter_of(asked), midnight)
    assert item.reason.endswith("昨天提交")
