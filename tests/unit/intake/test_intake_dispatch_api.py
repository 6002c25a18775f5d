"""Rules, similar cases, followers, duplicates, children and corrections over real HTTP."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.case_id import new_case_id
from intake.api.openapi import openapi_document
from intake.dispatch.rule_sets import packaged
from tests.contract.intake_running import API_KEY, NOON, ThreadedIntake, case_body
from tests.unit.intake.conftest import SignIn

PLACE = {"district": "高明区", "town": "更合镇", "detail": "更合大道 8 号"}
RULES = """
# 试用
rules:
- name: 夜里的试用词
  when: {words: 试用词, hours: "22:00-06:00"}
  then: {department: fire, urgent: true}
- name: 试用词由人定
  when: {words: 试用词}
  then: {hold: true}
"""


def described(response: httpx.Response, path: str, status: int = 200) -> Any:
    """The body, after checking that the document foresees exactly this answer."""
    assert response.status_code == status, response.text
    document = openapi_document()
    operation = document["paths"][path][response.request.method.lower()]
    content = operation["responses"][str(status)]["content"]
    schema = {**content["application/json"]["schema"], "components": document["components"]}
    jsonschema.Draft202012Validator(schema).validate(response.json())
    return response.json()


def code(response: httpx.Response, path: str, status: int) -> str:
    return described(response, path, status)["error"]["code"]


def file(client: httpx.Client, **changes: Any) -> httpx.Response:
    headers = {"Idempotency-Key": uuid.uuid4().hex}
    return client.post("/api/v1/cases", json=case_body(**changes), headers=headers)


def filed(client: httpx.Client, **changes: Any) -> str:
    answer = file(client, **changes)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["case_id"])


@pytest.fixture
def version(sign_in: SignIn) -> Iterator[int]:
    """The version of the rules in force; afterwards the packaged ones are in force again."""
    admin = sign_in("admin")
    yield described(admin.get("/api/v1/rules"), "/rules")["version"]
    newest = admin.get("/api/v1/rules").json()["version"]
    body = {"text": packaged().text, "version": newest}
    described(admin.put("/api/v1/rules", json=body), "/rules")


# Rules


def test_rules_are_edited_and_dispatch_both_ways_of_filing(
    bot: httpx.Client, anyone: httpx.Client, sign_in: SignIn, version: int
):
    admin = sign_in("admin")
    saved = described(
        admin.put("/api/v1/rules", json={"text": RULES, "version": version}), "/rules"
    )
    assert saved["version"] == version + 1 and saved["text"] == RULES
    assert saved["saved_by"] == "admin:admin-all" and saved["error"] is None
    assert saved["rules"][0] == {
        "name": "夜里的试用词",
        "when": {"hours": "22:00-06:00", "words": ["试用词"]},
        "then": {"department": "fire", "urgent": True},
    }
    assert described(sign_in("staff").get("/api/v1/rules"), "/rules") == saved
    text = "这里写了试用词"
    natively = filed(bot, description=text)
    answer = anyone.post(
        "/open311/v2/requests.json",
        data={"service_code": "urban_management", "description": text, "api_key": API_KEY},
    )
    by_open311 = answer.json()[0]["service_request_id"]
    for case_id in (natively, by_open311):
        seen = sign_in("staff").get(f"/api/v1/cases/{case_id}").json()
        decided = [entry["remark"] for entry in seen["entries"] if entry["remark"]]
        assert decided in (["试用词由人定"], ["夜里的试用词"])
        assert (seen["state"], seen["department"]) in (
            ("accepted", "urban_management"),
            ("dispatched", "fire"),
        )


def test_rules_that_cannot_be_saved(sign_in: SignIn, version: int):
    admin = sign_in("supervisor")

    def put(**body: Any) -> httpx.Response:
        return admin.put("/api/v1/rules", json=body)

    bad = RULES.replace("fire", "nobody")
    answer = described(put(text=bad, version=version), "/rules", 400)["error"]
    assert answer["code"] == "rules_do_not_compile"
    assert answer["details"][0]["field"] == "department"
    assert "夜里的试用词" in answer["message"] and "department" in answer["message"]
    assert code(put(text=RULES, version=version + 7), "/rules", 409) == "rules_changed"
    for body in (
        {"text": RULES},
        {"version": 0},
        {"text": 1, "version": 0},
        {"text": "x" * 200_000},
    ):
        assert code(put(**body), "/rules", 400) == "invalid"
    for wrong in (True, -1, 2**40, "0", None, 1.5):
        assert code(put(text=RULES, version=wrong), "/rules", 400) == "invalid"
    assert admin.get("/api/v1/rules").json()["version"] == version


def test_who_may_see_and_edit_rules(anyone: httpx.Client, bot: httpx.Client, sign_in: SignIn):
    anyone.cookies.clear()
    assert code(anyone.get("/api/v1/rules"), "/rules", 401) == "unauthorized"
    assert code(bot.get("/api/v1/rules"), "/rules", 403) == "forbidden"
    for role, department in (("staff", None), ("department", "water")):
        client = sign_in(role, department)
        described(client.get("/api/v1/rules"), "/rules")
        body = {"text": RULES, "version": 0}
        assert code(client.put("/api/v1/rules", json=body), "/rules", 403) == "forbidden"


def test_a_trial_says_which_rule_and_why_not_the_others(sign_in: SignIn):
    staff = sign_in("staff")

    def trial(**more: Any) -> Any:
        body = case_body(description="试用词", text=RULES, **more)
        return described(staff.post("/api/v1/rules/trial", json=body), "/rules/trial")

    day = trial(at="2026-11-23T12:00:00+08:00")
    assert (day["rule"], day["hold"], day["due_at"]) == ("试用词由人定", True, None)
    assert day["checked"] == [
        {"name": "夜里的试用词", "failed": "hours"},
        {"name": "试用词由人定", "failed": None},
    ]
    night = trial(at="2026-11-23T15:00:00Z")
    assert (night["rule"], night["department"], night["urgent"]) == ("夜里的试用词", "fire", True)
    assert night["handling_mode"] == "urgent" and night["due_at"].startswith("2026-12-")
    before = staff.get("/api/v1/cases").json()["total"]
    body = case_body()
    current = described(staff.post("/api/v1/rules/trial", json=body), "/rules/trial")
    assert current["rule"] is None and current["department"] == "urban_management"
    assert staff.get("/api/v1/cases").json()["total"] == before


def test_trials_that_are_wrong(sign_in: SignIn, bot: httpx.Client):
    staff = sign_in("staff")

    def post(**changes: Any) -> httpx.Response:
        return staff.post("/api/v1/rules/trial", json=case_body(**changes))

    path = "/rules/trial"
    assert code(post(description=""), path, 400) == "invalid_case"
    assert code(post(text="rules: ["), path, 400) == "rules_do_not_compile"
    for at in ("noon", 1, "0001-01-01T00:00:00Z", "9999-01-01"):
        assert code(post(at=at), path, 400) == "invalid"
    assert code(bot.post("/api/v1/rules/trial", json=case_body()), path, 403) == "forbidden"
    assert code(staff.post("/api/v1/rules/trial", json=[]), path, 400) == "bad_json"


# Similar cases, followers, duplicates


def test_a_citizen_finds_the_same_matter_and_joins_it(bot: httpx.Client, sign_in: SignIn):
    place = {**PLACE, "detail": uuid.uuid4().hex[:6]}
    text = "我叫陈大文，电话13912345678，更合大道中心小学门口的天桥扶梯停了"
    case_id = filed(
        bot, description=text, address=place, lat=22.7, long=112.7, citizen="wechat:first"
    )
    body = case_body(
        description="天桥的扶梯停运了，老人上不去",
        address=place,
        lat=22.7005,
        long=112.7,
        citizen="wechat:second",
    )
    answer = bot.post("/api/v1/similar", json=body)
    found = described(answer, "/similar")["similar"]
    assert [item["case_id"] for item in found] == [case_id]
    assert found[0]["reason"] == "相距约 60 米，都说“天桥”“扶梯”，今天提交"
    assert (found[0]["public_state"], found[0]["yours"]) == ("办理中", False)
    assert "扶梯" in found[0]["excerpt"]
    for secret in ("陈大文", "139", "wechat:first", "5678"):
        assert secret not in answer.text
    mine = bot.post("/api/v1/similar", json={**body, "citizen": "wechat:first"}).json()
    assert mine["similar"][0]["yours"] is True

    path = "/cases/{case_id}/followers"

    def follow(**body: Any) -> httpx.Response:
        return bot.post(f"/api/v1/cases/{case_id}/followers", json=body)

    joined = described(follow(citizen="wechat:second", contact_phone="13911112222"), path, 201)
    assert joined == {"case_id": case_id, "following": True}
    described(follow(citizen="wechat:second"), path, 200)
    assert code(follow(citizen="wechat:first"), path, 409) == "own_case"
    for wrong in ({}, {"citizen": " "}, {"citizen": 1}, {"citizen": "x", "contact_phone": "?"}):
        assert code(follow(**wrong), path, 400) == "invalid"
    staff = sign_in("staff")
    url = f"/api/v1/cases/{case_id}/followers"
    assert code(staff.post(url, json={"citizen": "x"}), path, 403) == "forbidden"
    bot.post(
        f"/api/v1/cases/{case_id}/transitions",
        json={"to_state": "withdrawn", "citizen": "wechat:first"},
    )
    assert code(follow(citizen="wechat:third"), path, 409) == "not_open"
    assert bot.post("/api/v1/similar", json=body).json()["similar"] == []


def test_staff_sees_duplicates_with_a_reason_and_joins_them(bot: httpx.Client, sign_in: SignIn):
    place = {**PLACE, "community": uuid.uuid4().hex[:6]}
    changes = {"address": place, "description": "球场的围网破了一个大洞", "lat": None, "long": None}
    first = filed(bot, **changes)
    second = filed(bot, **changes, citizen="wechat:openid-9")
    staff = sign_in("staff")
    path = "/cases/{case_id}/similar"
    found = described(staff.get(f"/api/v1/cases/{second}/similar"), path)["similar"]
    assert [item["case"]["case_id"] for item in found] == [first]
    assert found[0]["reason"].endswith("都说“球场”“围网”“大洞”，今天提交")
    others = sign_in("department", "water").get(f"/api/v1/cases/{second}/similar")
    assert code(others, path, 404) == "case_not_found"
    assert code(bot.get(f"/api/v1/cases/{second}/similar"), path, 403) == "forbidden"

    path = "/cases/{case_id}/duplicate_of"

    def merge(case_id: str, other: Any, client: httpx.Client = staff) -> httpx.Response:
        return client.post(f"/api/v1/cases/{case_id}/duplicate_of", json={"case_id": other})

    assert code(merge(second, second), path, 409) == "same_case"
    assert code(merge(second, "FS202611230042174"), path, 404) == "case_not_found"
    assert code(merge(second, "FS1"), path, 400) == "mistyped_case_id"
    assert code(merge(second, None), path, 400) == "invalid"
    lamp = sign_in("department", "urban_management")
    assert code(merge(second, first, lamp), path, 403) == "forbidden"
    assert code(merge(second, first, sign_in("supervisor")), path, 403) == "forbidden"
    ended = described(merge(second, first), path)
    assert ended["state"] == "withdrawn" and first in ended["last_step"]["note"]
    assert code(merge(second, first), path, 409) == "not_fresh"
    shown = bot.get(f"/api/v1/cases/{second}", params={"citizen": "wechat:openid-9"}).json()
    assert "已并入" in shown["last_step"]["note"]
    followers = staff.get(f"/api/v1/cases/{filed(bot, **changes)}/similar").json()["similar"]
    assert [item["followers"] for item in followers] == [1]


# Children


def test_several_matters_of_one_letter(bot: httpx.Client, sign_in: SignIn):
    parent = filed(bot, citizen="wechat:letter")
    path = "/cases/{case_id}/children"
    spelled = f" {parent[:2].lower()} {parent[2:]} "
    child = filed(bot, citizen="wechat:letter", parent_id=spelled, department="water")
    answer = bot.get(f"/api/v1/cases/{parent}/children", params={"citizen": "wechat:letter"})
    listed = described(answer, path)["children"]
    assert [(item["case_id"], item["department"]) for item in listed] == [(child, "water")]
    for params in ({}, {"citizen": "wechat:other"}):
        answer = bot.get(f"/api/v1/cases/{parent}/children", params=params)
        assert code(answer, path, 403) == "not_yours"
    lamp, staff = sign_in("department", "urban_management"), sign_in("staff")
    assert len(staff.get(f"/api/v1/cases/{parent}/children").json()["children"]) == 1
    assert lamp.get(f"/api/v1/cases/{parent}/children").json()["children"] == []
    unknown = staff.get("/api/v1/cases/FS202611230042174/children")
    assert code(unknown, path, 404) == "case_not_found"
    move = {"to_state": "in_progress"}
    lamp.post(f"/api/v1/cases/{parent}/transitions", json=move)
    done = {"to_state": "resolved", "note": "修好了"}
    answer = lamp.post(f"/api/v1/cases/{parent}/transitions", json=done)
    assert code(answer, "/cases/{case_id}/transitions", 409) == "children_open"
    assert child in answer.json()["error"]["message"]


def test_a_wrong_parent(bot: httpx.Client):
    parent = filed(bot, citizen="wechat:letter")
    child = filed(bot, citizen="wechat:letter", parent_id=parent)
    for changes, status, expected in (
        ({"parent_id": "FS1"}, 400, "invalid_case"),
        ({"parent_id": 1}, 400, "invalid_case"),
        ({"parent_id": "FS202611230042174"}, 400, "parent_missing"),
        ({"parent_id": parent, "citizen": "wechat:other"}, 400, "parent_missing"),
        ({"parent_id": child, "citizen": "wechat:letter"}, 409, "parent_is_child"),
    ):
        assert code(file(bot, **changes), "/cases", status) == expected
    assert file(bot, parent_id=None).status_code == 201


# Corrections


def test_corrections_for_the_trainers(bot: httpx.Client, sign_in: SignIn):
    lamp, staff = sign_in("department", "urban_management"), sign_in("staff")
    before = described(bot.get("/api/v1/corrections", params={"limit": 500}), "/corrections")
    last = max((row["correction_id"] for row in before["corrections"]), default=0)
    cases = [filed(bot) for _ in range(3)]
    for case_id in cases:
        url = f"/api/v1/cases/{case_id}/transitions"
        lamp.post(url, json={"to_state": "returned", "remark": "不归我们"})
        moved = staff.post(url, json={"to_state": "dispatched", "department": "utilities"})
        assert moved.status_code == 200, moved.text
    page = bot.get("/api/v1/corrections", params={"after": last, "limit": 2})
    first = described(page, "/corrections")
    assert [row["case_id"] for row in first["corrections"]] == cases[:2]
    assert first["corrections"][0]["to_department"] == "utilities"
    assert first["corrections"][0]["reason"] == "不归我们"
    rest = staff.get("/api/v1/corrections", params={"after": first["next"]}).json()
    assert [row["case_id"] for row in rest["corrections"]] == cases[2:] and rest["next"] is None
    for since, expected in (("2020-01-01", 200), ("2100-01-01T00:00:00+08:00", 200), ("x", 400)):
        answer = bot.get("/api/v1/corrections", params={"since": since})
        described(answer, "/corrections", expected)
    # A plus sign that was not quoted.
    assert (
        bot.get("/api/v1/corrections?since=2100-01-01T00:00:00+08:00").json()["corrections"] == []
    )
    assert code(lamp.get("/api/v1/corrections"), "/corrections", 403) == "forbidden"
    assert code(bot.get("/api/v1/corrections?after=-1"), "/corrections", 400) == "invalid_after"


# Whatever is sent

FUZZ = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
NAMES = st.sampled_from(
    ["text", "version", "at", "citizen", "contact_phone", "case_id", "parent_id", "address"]
)


@FUZZ
@given(body=st.one_of(VALUES, st.dictionaries(NAMES, VALUES)), valid=st.booleans())
def test_no_body_is_a_server_error(
    intake: ThreadedIntake, bot: httpx.Client, sign_in: SignIn, body: Any, valid: bool
):
    if valid and isinstance(body, dict):
        body = {**case_body(), **body}
    content = json.dumps(body).encode()
    case_id = new_case_id(NOON.date())
    for client, method, path in (
        (sign_in("admin"), "PUT", "/rules"),
        (sign_in("staff"), "POST", "/rules/trial"),
        (bot, "POST", "/similar"),
        (bot, "POST", f"/cases/{case_id}/followers"),
        (sign_in("staff"), "POST", f"/cases/{case_id}/duplicate_of"),
    ):
        answer = client.request(method, f"/api/v1{path}", content=content)
        known = {200, 400, 404, 409}
        assert answer.status_code in known, (path, answer.status_code, answer.text)
