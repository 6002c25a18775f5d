"""Work on a case through the API: by people with their roles, and by the bot for a citizen."""

from __future__ import annotations

import uuid
from typing import Any

import httpx
import pytest

from tests.contract.intake_running import case_body
from tests.unit.intake.conftest import SignIn

MINE = {"citizen": "wechat:openid-1"}


def filed(bot: httpx.Client, **changes: Any) -> str:
    answer = bot.post(
        "/api/v1/cases",
        json=case_body(**changes),
        headers={"Idempotency-Key": uuid.uuid4().hex},
    )
    assert answer.status_code == 201, answer.text
    return answer.json()["case_id"]


def act(client: httpx.Client, case_id: str, what: str, expected: int, **fields: Any) -> Any:
    answer = client.post(f"/api/v1/cases/{case_id}/{what}", json=fields)
    assert answer.status_code == expected, answer.text
    return answer.json()


def move(client: httpx.Client, case_id: str, to_state: str, expected: int = 200, **f: Any) -> Any:
    return act(client, case_id, "transitions", expected, to_state=to_state, **f)


def test_the_loop_from_filing_to_evaluation(bot: httpx.Client, sign_in: SignIn) -> None:
    case_id = filed(bot)
    lamp, staff = sign_in("department", "urban_management"), sign_in("staff")
    assert move(lamp, case_id, "in_progress")["responded_at"]
    move(lamp, case_id, "awaiting_citizen", note="请问是第几盏灯？")
    supplied = act(bot, case_id, "supplements", 201, text="第三盏，电话13911112222", **MINE)
    assert supplied["state"] == "in_progress"
    assert "139****2222" in [step["note"] or "" for step in supplied["history"]][-2]
    done = move(lamp, case_id, "resolved", note="已换灯")
    assert (done["state"], done["last_step"]["note"]) == ("resolved", "已换灯")
    judged = act(bot, case_id, "evaluation", 201, satisfaction=2, text="又坏了", **MINE)
    assert judged["history"][-1]["kind"] == "evaluation"
    move(bot, case_id, "reopen_requested", note="又坏了", **MINE)
    assert move(lamp, case_id, "reopened", 403, note="x")["error"]["code"] == "forbidden"
    move(staff, case_id, "reopened", 400)
    move(staff, case_id, "reopened", note="同意重办")
    again = move(staff, case_id, "dispatched", department="urban_management")
    assert (again["reopens"], again["state"], again["satisfaction"]) == (1, "dispatched", None)


def test_returned_with_a_reason_and_sent_elsewhere(bot: httpx.Client, sign_in: SignIn) -> None:
    case_id = filed(bot)
    lamp, staff = sign_in("department", "urban_management"), sign_in("staff")
    assert move(lamp, case_id, "returned", 400)["error"]["code"] == "reason_missing"
    move(lamp, case_id, "returned", remark="这盏灯归公路局")
    assert move(staff, case_id, "dispatched", 400)["error"]["code"] == "department_missing"
    sent = move(staff, case_id, "dispatched", department="transport", co_departments=["utilities"])
    assert (sent["department"], sent["handling_mode"], sent["returns"]) == ("transport", "cross", 1)
    # It is no longer theirs: as if it did not exist.
    assert lamp.get(f"/api/v1/cases/{case_id}").status_code == 404
    helper = sign_in("department", "utilities")
    assert helper.get(f"/api/v1/cases/{case_id}").status_code == 200
    assert move(helper, case_id, "in_progress", 403)["error"]["code"] == "forbidden"
    act(helper, case_id, "notes", 201, text="电杆已查")
    seen = bot.get(f"/api/v1/cases/{case_id}", params=MINE).json()
    assert "电杆已查" not in str(seen) and "归公路局" not in str(seen)


def test_only_whose_case_it_is(bot: httpx.Client) -> None:
    case_id = filed(bot)
    for fields in ({"citizen": "wechat:other"}, {}, {"phone_last4": "1111"}):
        answer = act(bot, case_id, "urges", 403, **fields)
        assert answer["error"]["code"] == "not_yours"
    assert act(bot, case_id, "urges", 201, phone_last4="8000")["history"][-1]["kind"] == "urge"
    assert act(bot, case_id, "urges", 409, **MINE)["error"]["code"] == "urged_already"
    assert move(bot, case_id, "in_progress", 403, **MINE)["error"]["code"] == "forbidden"
    assert move(bot, case_id, "closed", 409, **MINE)["error"]["code"] == "transition_forbidden"
    assert move(bot, case_id, "withdrawn", **MINE)["state"] == "withdrawn"
    assert act(bot, case_id, "supplements", 409, text="还有", **MINE)["error"]["code"] == "not_open"


def test_an_old_picture_is_refused(bot: httpx.Client, sign_in: SignIn) -> None:
    case_id = filed(bot)
    lamp = sign_in("department", "urban_management")
    move(lamp, case_id, "in_progress", expected_state="dispatched")
    answer = move(lamp, case_id, "returned", 409, remark="x", expected_state="dispatched")
    assert answer["error"]["code"] == "case_changed" and "办理中" in answer["error"]["message"]


@pytest.mark.parametrize(
    ("what", "fields"),
    [
        ("transitions", {"to_state": "gone"}),
        ("transitions", {}),
        ("transitions", {"to_state": "dispatched", "department": "nobody"}),
        ("transitions", {"to_state": "dispatched", "department": "water", "co_departments": "x"}),
        ("evaluation", {"satisfaction": 6}),
        ("evaluation", {"satisfaction": True}),
        ("supplements", {"text": " "}),
        ("supplements", {"text": "字" * 4001}),
        ("notes", {"text": 5}),
    ],
)
def test_wrong_fields_are_named(
    bot: httpx.Client, sign_in: SignIn, what: str, fields: dict[str, Any]
) -> None:
    error = act(sign_in("staff"), filed(bot), what, 400, **fields)["error"]
    assert error["details"][0]["field"] in (*fields, "to_state") and error["message"]


def test_list_and_pages_for_people(bot: httpx.Client, sign_in: SignIn) -> None:
    mine = {filed(bot, department="veterans") for _ in range(5)}
    filed(bot, department="tax")
    theirs = sign_in("department", "veterans")
    seen: list[str] = []
    mark: str | None = ""
    while mark is not None:
        page = theirs.get("/api/v1/cases", params={"limit": 2, "after": mark}).json()
        seen += [row["case_id"] for row in page["cases"]]
        mark = page["next"]
    assert set(seen) == mine and len(seen) == 5 and page["total"] == 5
    staff = sign_in("staff")
    for filters, count in (
        ({"department": "veterans", "state": "dispatched"}, 5),
        ({"department": "veterans", "state": "closed"}, 0),
        ({"department": "veterans", "overdue": "true"}, 0),
        ({"department": "veterans", "district": "南海区", "urgent": "false"}, 5),
        ({"department": "veterans", "from": "2200-01-01"}, 0),
        ({"department": "veterans", "channel": "device"}, 0),
        ({"department": "veterans", "red": "true"}, 0),
    ):
        assert staff.get("/api/v1/cases", params=filters).json()["total"] == count, filters
    for wrong in ({"after": "x"}, {"state": "gone"}, {"urgent": "maybe"}, {"from": "1.1."}):
        assert staff.get("/api/v1/cases", params=wrong).status_code == 400, wrong


def test_contact_is_shown_to_those_in_charge_and_recorded(
    bot: httpx.Client, sign_in: SignIn
) -> None:
    case_id = filed(bot, description="请打13911113333", co_departments=["fire"])
    path = f"/api/v1/cases/{case_id}/contact"
    lead, helper = sign_in("department", "urban_management"), sign_in("department", "fire")
    assert lead.get(path).status_code == 400
    answer = lead.get(path, params={"reason": "约时间看现场"})
    assert (answer.json()["phone"], answer.json()["numbers"]) == ("13800138000", ["13911113333"])
    assert helper.get(path, params={"reason": "好奇"}).status_code == 403
    assert bot.get(path, params={"reason": "好奇"}).status_code == 403
    for other in ("tax", "water"):
        stranger = sign_in("department", other)
        assert stranger.get(path, params={"reason": "好奇"}).status_code == 404


def test_a_person_files_by_phone(sign_in: SignIn) -> None:
    body = case_body(channel="wechat", citizen="wechat:somebody-else")
    headers = {"Idempotency-Key": uuid.uuid4().hex}
    answer = sign_in("staff").post("/api/v1/cases", json=body, headers=headers)
    assert answer.status_code == 201 and answer.json()["channel"] == "hotline"
    refused = sign_in("department", "tax").post("/api/v1/cases", json=body, headers=headers)
    assert refused.status_code == 403


def test_assignment(bot: httpx.Client, sign_in: SignIn) -> None:
    case_id = filed(bot)
    lamp = sign_in("department", "urban_management")
    path = f"/api/v1/cases/{case_id}/assignment"
    assert lamp.put(path, json={"assignee": "阿明"}).json()["assignee"] == "阿明"
    assert lamp.put(path, json={}).json()["assignee"] is None
