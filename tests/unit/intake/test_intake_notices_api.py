"""Notices over HTTP: the running service, its notifier, and who may see and do what."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from intake.api.openapi import openapi_document
from intake.roles import Actor
from intake.steps import did, moved
from tests.contract.intake_running import (
    API_KEY,
    ThreadedIntake,
    case_body,
    free_port,
    intake_settings,
)

PASSWORD = "dragonfly-lantern-42"
WATER = Actor("department", "lin", "water")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ThreadedIntake]:
    """A service whose notifier works, with nobody behind its channels."""
    nobody = f"http://127.0.0.1:{free_port()}"
    settings = intake_settings(
        tmp_path_factory.mktemp("intake"),
        SUQIU_NOTIFIER="on",
        SUQIU_BOT_URL=nobody,
        SUQIU_SMS_URL=f"{nobody}/sms",
    )
    service = ThreadedIntake(settings)
    yield service
    service.close()


class Api:
    """The native API as one caller uses it."""

    def __init__(self, url: str, token: str | None) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._http = httpx.Client(base_url=f"{url}/api/v1", headers=headers, trust_env=False)

    def ask(self, method: str, path: str, status: int = 200, **more: Any) -> Any:
        answer = self._http.request(method, path, **more)
        assert answer.status_code == status, answer.text
        return answer.json()

    def refused(self, method: str, path: str, status: int, **more: Any) -> str:
        return self.ask(method, path, status, **more)["error"]["code"]


@pytest.fixture(scope="module")
def bot(running: ThreadedIntake) -> Api:
    return Api(running.url, API_KEY)


@pytest.fixture(scope="module")
def people(running: ThreadedIntake) -> dict[str, Api]:
    """Somebody signed in of each kind."""
    accounts = running.app.ctx.service.accounts
    now = running.app.ctx.service.now()
    found = {}
    for name, role, department in (
        ("boss", "admin", None),
        ("wu", "staff", None),
        ("lin", "department", "water"),
        ("he", "department", "fire"),
    ):
        accounts.create(name, name, role, department, PASSWORD, now)
        found[name] = Api(running.url, accounts.sign_in(name, PASSWORD, now)[1])
    return found


def file(bot: Api, **changes: Any) -> str:
    headers = {"Idempotency-Key": uuid.uuid4().hex}
    body = case_body(**{"department": "water", "urgent": True, **changes})
    return bot.ask("POST", "/cases", 201, json=body, headers=headers)["case_id"]


def begin(running: ThreadedIntake, case_id: str) -> None:
    service = running.app.ctx.service
    service.store.change(case_id, lambda case: moved(case, "in_progress", WATER, service.now()))


def until(look: Any, seconds: float = 20) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.1)
    raise TimeoutError


def notice_of(caller: Api, case_id: str, to: str) -> dict[str, Any] | None:
    found = caller.ask("GET", f"/cases/{case_id}/notices")["notices"]
    return next((one for one in found if one["to"] == to), None)


def test_the_service_sends_by_itself_and_shows_what_came_of_it(running, bot, people):
    case_id = file(bot)
    begin(running, case_id)
    seen = until(
        lambda: (
            [
                one
                for one in people["wu"].ask("GET", "/notices", params={"case_id": case_id})[
                    "notices"
                ]
                if one["error"] or one["state"] == "shown"
            ][1:]
            and people["wu"].ask("GET", f"/cases/{case_id}/notices")["notices"]
        )
    )
    citizen, office = seen
    assert (office["to"], office["department"], office["state"]) == ("department", "water", "shown")
    assert office["state_name"] == "平台内可见" and office["next_at"] is None
    assert (citizen["to"], citizen["kind_name"], citizen["attempts"]) == ("citizen", "办理中", 1)
    assert citizen["error"] == "机器人连不上；短信网关连不上" and citizen["next_at"]
    assert case_id in citizen["text"]
    text = str(seen)
    for secret in ("openid-1", "13800138000", "路灯"):
        assert secret not in text
    schema = openapi_document()["components"]["schemas"]["Notice"]
    assert set(citizen) == set(schema["required"])


def test_who_may_see_notices(running, bot, people):
    case_id = file(bot)
    assert Api(running.url, None).refused("GET", "/notices", 401) == "unauthorized"
    assert bot.refused("GET", "/notices", 403) == "forbidden"
    assert bot.refused("GET", f"/cases/{case_id}/notices", 403) == "forbidden"
    assert notice_of(people["lin"], case_id, "department")
    assert people["he"].refused("GET", f"/cases/{case_id}/notices", 404) == "case_not_found"
    theirs = people["he"].ask("GET", "/notices", params={"case_id": case_id})["notices"]
    assert theirs == []
    assert people["wu"].refused("GET", "/cases/FS1/notices", 400) == "mistyped_case_id"


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"state": "lost"}, "invalid_state"),
        ({"state": ""}, "invalid_state"),
        ({"case_id": "FS1"}, "mistyped_case_id"),
        ({"case_id": ""}, "mistyped_case_id"),
        ({"limit": "0"}, "invalid_limit"),
        ({"before": "-1"}, "invalid_before"),
        ({"before": "99999999999"}, "invalid_before"),
    ],
)
def test_wrong_questions(people, params: dict[str, str], code: str):
    assert people["wu"].refused("GET", "/notices", 400, params=params) == code


def test_pages(bot, people):
    case_id = file(bot, co_departments=["fire", "health"])
    first = people["wu"].ask("GET", "/notices", params={"case_id": case_id, "limit": 2})
    assert len(first["notices"]) == 2 and first["next"]
    params = {"case_id": case_id, "limit": 2, "before": first["next"]}
    second = people["wu"].ask("GET", "/notices", params=params)
    assert len(second["notices"]) == 1 and second["next"] is None


def test_only_an_admin_sends_again_and_only_what_was_not_sent(running, bot, people):
    case_id = file(bot, citizen=None, contact_phone=None)
    begin(running, case_id)

    def unreachable() -> Any:
        found = notice_of(people["wu"], case_id, "citizen")
        return found if found["state"] == "unreachable" else None

    notice = until(unreachable)
    path = f"/notices/{notice['notice_id']}/retry"
    assert people["wu"].refused("POST", path, 403) == "forbidden"
    assert people["boss"].ask("POST", path)["state"] == "waiting"
    office = notice_of(people["wu"], case_id, "department")
    path = f"/notices/{office['notice_id']}/retry"
    assert people["boss"].refused("POST", path, 409) == "not_retriable"
    assert people["boss"].refused("POST", "/notices/999999/retry", 404) == "notice_not_found"
    assert people["boss"].refused("POST", "/notices/x/retry", 400) == "invalid_notice_id"


def test_a_citizen_says_whether_he_wants_notices(running, bot, people):
    path = f"/citizens/wechat:{uuid.uuid4()}/notices"
    assert bot.ask("GET", path) == {"wanted": True}
    assert bot.ask("PUT", path, json={"wanted": False}) == {"wanted": False}
    assert bot.ask("GET", path) == {"wanted": False}
    citizen = path.split("/")[2]
    case_id = file(bot, citizen=citizen)
    begin(running, case_id)
    until(lambda: notice_of(people["wu"], case_id, "citizen")["state"] == "muted")
    assert bot.ask("PUT", path, json={"wanted": True}) == {"wanted": True}
    assert bot.refused("PUT", path, 400, json={"wanted": "no"}) == "invalid"
    assert bot.refused("PUT", path, 400, json=[]) == "bad_json"
    assert bot.refused("PUT", f"/citizens/{'x' * 201}/notices", 400, json={"wanted": True})
    assert bot.refused("GET", "/citizens/%00/notices", 404) == "citizen_not_found"
    assert people["boss"].refused("GET", path, 403) == "forbidden"


def test_internal_steps_tell_no_citizen(running, bot, people):
    case_id = file(bot)
    service = running.app.ctx.service
    service.store.change(
        case_id, lambda case: did(case, "note", WATER, service.now(), remark="内部")
    )
    assert notice_of(people["wu"], case_id, "citizen") is None
