"""Supervision through the API, every answer held against the OpenAPI document."""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

import httpx
import pytest

from intake import steps
from intake.cases import Case
from intake.deadlines import SHANGHAI, end_of_working_day
from intake.leases import Leases
from intake.roles import CITIZEN, Actor
from intake.scheduler import LEASE
from tests.contract.intake_running import ThreadedIntake, intake_settings
from tests.contract.test_intake_store_contract import make
from tests.unit.intake.conftest import SignIn
from tests.unit.intake.test_intake_native_api import described, error

LAMP = Actor("department", "lamp", "urban_management")
CARDS = "/cases/{case_id}/cards"
RED, DUE, RUN = "/supervision/red_list", "/supervision/due", "/supervision/run"


def filed(intake: ThreadedIntake, days_ago: float, **changes: Any) -> Case:
    """A case that was filed and taken up some days ago."""
    service = intake.app.ctx.service
    at = service.now() - dt.timedelta(days=days_ago)
    case, _ = service.store.file(make(at=at, **changes), "k", None)
    return service.store.change(
        case.case_id, lambda case: steps.moved(case, "in_progress", LAMP, at)
    )


def card(client: httpx.Client, case_id: str, **fields: Any) -> httpx.Response:
    return client.post(f"/api/v1/cases/{case_id}/cards", json=fields)


def rows(client: httpx.Client, path: str, **params: Any) -> dict[str, dict[str, Any]]:
    """All rows of a list by case ID."""
    body = described(client.get(f"/api/v1{path}", params={"limit": 100, **params}), path)
    return {row["case_id"]: row for row in body["cases"]}


def test_cards_by_hand_with_a_reason(intake: ThreadedIntake, sign_in: SignIn) -> None:
    case_id = filed(intake, 0).case_id
    supervisor = sign_in("supervisor")
    given = described(card(supervisor, case_id, colour="yellow", reason=" 答复敷衍 "), CARDS)
    assert [(c["colour"], c["reason"]) for c in given["cards"]] == [("yellow", "答复敷衍")]
    assert given["entries"][-1]["actor"].startswith("supervisor:")
    assert given["entries"][-1]["kind"] == "yellow_card"
    again = described(card(sign_in("admin"), case_id, colour="yellow", reason="又敷衍"), CARDS)
    assert [c["colour"] for c in again["cards"]] == ["yellow", "yellow", "red"]
    assert error(card(supervisor, case_id, colour="red", reason="x"), 409, CARDS) == "red_already"
    listed = rows(supervisor, RED)[case_id]
    assert (listed["red_reason"], len(listed["given"])) == ("第二张黄牌", 3)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"colour": "green", "reason": "x"},
        {"colour": "red"},
        {"colour": "red", "reason": "  "},
        {"colour": ["red"], "reason": "x"},
        {"colour": "red", "reason": "x" * 501},
    ],
)
def test_wrong_cards_are_refused(
    intake: ThreadedIntake, sign_in: SignIn, fields: dict[str, Any]
) -> None:
    answer = card(sign_in("supervisor"), filed(intake, 0).case_id, **fields)
    assert error(answer, 400, CARDS) == "invalid"


def test_who_may_give_cards(
    intake: ThreadedIntake, sign_in: SignIn, bot: httpx.Client, anyone: httpx.Client
) -> None:
    case_id = filed(intake, 0).case_id
    wanted = {"colour": "yellow", "reason": "x"}
    for client in (sign_in("staff"), sign_in("department", "urban_management"), bot):
        assert error(card(client, case_id, **wanted), 403, CARDS) == "forbidden"
    assert error(card(anyone, case_id, **wanted), 401, CARDS) == "unauthorized"
    missing = card(sign_in("supervisor"), "FS202611230042174", **wanted)
    assert error(missing, 404, CARDS) == "case_not_found"
    mistyped = card(sign_in("supervisor"), "FS202611230042175", **wanted)
    assert error(mistyped, 400, CARDS) == "mistyped_case_id"


def test_a_round_at_once_then_the_lists_know(intake: ThreadedIntake, sign_in: SignIn) -> None:
    late, fresh = filed(intake, 60), filed(intake, 0)
    admin = sign_in("admin")
    done = described(admin.post("/api/v1/supervision/run"), RUN)
    assert done["yellow_cards"] >= 1 and done["red_cards"] >= 1 and done["failed"] == 0
    assert described(admin.post("/api/v1/supervision/run"), RUN)["yellow_cards"] == 0
    assert rows(admin, RED)[late.case_id]["red_reason"] == "远超办理时限仍未办结"
    assert fresh.case_id not in rows(admin, RED)
    row = rows(admin, DUE)[late.case_id]
    assert row["late"] and row["used"] > 1.5 and row["deadline"] == "resolve"


def test_only_an_admin_runs_a_round_and_only_one_at_a_time(
    intake: ThreadedIntake, sign_in: SignIn, bot: httpx.Client
) -> None:
    for client in (sign_in("supervisor"), bot):
        assert error(client.post("/api/v1/supervision/run"), 403, RUN) == "forbidden"
    leases = Leases(intake.app.ctx.service.database)
    assert leases.take(LEASE, "another", dt.timedelta(minutes=1))
    try:
        running = sign_in("admin").post("/api/v1/supervision/run")
        assert error(running, 409, RUN) == "already_running"
    finally:
        leases.release(LEASE, "another")


def test_what_is_due_within_some_days(intake: ThreadedIntake, sign_in: SignIn) -> None:
    case = filed(intake, 0, appeal_type="consultation")
    staff = sign_in("staff")
    assert case.case_id not in rows(staff, DUE, within_days=0)
    assert case.case_id not in rows(staff, DUE, within_days=1)
    row = rows(staff, DUE, within_days=2)[case.case_id]
    due = end_of_working_day(case.submitted_at, 2).astimezone(SHANGHAI)
    assert row["deadline_at"] == due.isoformat(timespec="seconds")
    assert (row["late"], row["deadline_name"]) == (False, "办理时限")
    for days in ("-1", "31", "x", ""):
        wrong = staff.get("/api/v1/supervision/due", params={"within_days": days})
        assert error(wrong, 400, DUE) == "invalid_within_days"


def test_departments_see_only_theirs(
    intake: ThreadedIntake, sign_in: SignIn, bot: httpx.Client
) -> None:
    case = filed(intake, 90, co_departments=["fire"])
    sign_in("admin").post("/api/v1/supervision/run")
    for path in (RED, DUE):
        assert case.case_id in rows(sign_in("department", "urban_management"), path)
        assert case.case_id in rows(sign_in("department", "fire"), path)
        assert case.case_id not in rows(sign_in("department", "tax"), path)
        assert error(bot.get(f"/api/v1{path}"), 403, path) == "forbidden"


def test_the_dissatisfied_stay_in_sight(intake: ThreadedIntake, sign_in: SignIn) -> None:
    service = intake.app.ctx.service
    case_id = filed(intake, 1).case_id
    now = service.now()
    service.store.change(case_id, lambda c: steps.moved(c, "resolved", LAMP, now, "好了"))
    service.store.change(case_id, lambda c: steps.evaluated(c, CITIZEN, now, 1, "没修"))
    row = rows(sign_in("staff"), DUE)[case_id]
    assert (row["deadline"], row["state"], row["late"]) == ("dissatisfied", "resolved", False)


def test_red_list_pages(intake: ThreadedIntake, sign_in: SignIn) -> None:
    supervisor = sign_in("supervisor")
    for _ in range(3):
        card(supervisor, filed(intake, 0).case_id, colour="red", reason="群众反映强烈")
    whole = list(rows(supervisor, RED))
    paged: list[str] = []
    mark = None
    while True:
        params = {"limit": 2, **({"after": mark} if mark else {})}
        body = described(supervisor.get("/api/v1/supervision/red_list", params=params), RED)
        paged += [row["case_id"] for row in body["cases"]]
        mark = body["next"]
        if mark is None:
            break
    assert paged[: len(whole)] == whole and len(paged) == body["total"]


def test_the_service_supervises_by_itself(tmp_path: Any) -> None:
    """It begins with the server, and the server ends while it runs."""
    settings = intake_settings(tmp_path, SUQIU_SUPERVISION_SECONDS="0.05")
    running = ThreadedIntake(settings)
    try:
        service = running.app.ctx.service
        case = filed(running, 60)
        deadline = dt.datetime.now() + dt.timedelta(seconds=30)
        while not service.store.get(case.case_id).is_red:
            assert dt.datetime.now() < deadline
            time.sleep(0.05)
    finally:
        running.close()
    assert running.app.ctx.supervision.done()
