"""Signing in, sessions, accounts and keys through the API."""

from __future__ import annotations

import uuid

import httpx

from tests.contract.intake_running import ThreadedIntake, case_body
from tests.unit.intake.conftest import PASSWORD, SignIn


def fresh(sign_in: SignIn, role: str = "staff", **more: str) -> str:
    name = f"u{uuid.uuid4().hex[:8]}"
    body = {"name": name, "role": role, "password": PASSWORD, **more}
    answer = sign_in("admin").post("/api/v1/accounts", json=body)
    assert answer.status_code == 201, answer.text
    assert "password" not in answer.text
    return name


def log_in(anyone: httpx.Client, name: str, password: str = PASSWORD) -> httpx.Response:
    return anyone.post("/api/v1/session", json={"name": name, "password": password})


def test_session_by_cookie_only_from_our_own_pages(
    intake: ThreadedIntake, anyone: httpx.Client, sign_in: SignIn
) -> None:
    name = fresh(sign_in)
    answer = log_in(anyone, name)
    cookie = answer.headers["set-cookie"]
    assert answer.status_code == 201 and "HttpOnly" in cookie and "SameSite=Strict" in cookie
    with httpx.Client(base_url=intake.url, trust_env=False) as browser:
        browser.cookies.set("suqiu_session", answer.json()["token"])
        assert browser.get("/api/v1/session").json()["name"] == name
        for headers in ({}, {"Origin": "https://evil.example"}):
            refused = browser.delete("/api/v1/session", headers=headers)
            assert refused.json()["error"]["code"] == "strange_origin"
        assert browser.get("/api/v1/session").status_code == 200
        ours = {"Origin": intake.url}
        assert browser.delete("/api/v1/session", headers=ours).status_code == 200
        browser.cookies.set("suqiu_session", answer.json()["token"])
        assert browser.get("/api/v1/session").status_code == 401


def test_five_wrong_passwords_lock(anyone: httpx.Client, sign_in: SignIn) -> None:
    name = fresh(sign_in)
    for _ in range(5):
        assert log_in(anyone, name, "wrong").status_code == 401
    assert log_in(anyone, name).status_code == 401
    reset = {"password": "another horse 8"}
    assert sign_in("admin").patch(f"/api/v1/accounts/{name}", json=reset).status_code == 200
    again = log_in(anyone, name, reset["password"])
    assert again.status_code == 201 and again.json()["must_change"] is True
    assert log_in(anyone, "nobody-there").status_code == 401


def test_own_password_and_end_of_an_account(anyone: httpx.Client, sign_in: SignIn) -> None:
    name = fresh(sign_in, "department", department="tax")
    mine = {"Authorization": f"Bearer {log_in(anyone, name).json()['token']}"}
    path = "/api/v1/session/password"
    wrong = {"old": "not it at all", "new": "another horse 8"}
    assert anyone.put(path, json=wrong, headers=mine).status_code == 403
    weak = {"old": PASSWORD, "new": "aaaaaaaaaaaa"}
    assert anyone.put(path, json=weak, headers=mine).json()["error"]["code"] == "invalid_account"
    right = {"old": PASSWORD, "new": "another horse 8"}
    changed = anyone.put(path, json=right, headers=mine)
    assert changed.status_code == 200 and changed.json()["must_change"] is False
    assert anyone.get("/api/v1/session", headers=mine).status_code == 401
    assert log_in(anyone, name).status_code == 401
    again = {"Authorization": f"Bearer {log_in(anyone, name, right['new']).json()['token']}"}
    off = sign_in("admin").patch(f"/api/v1/accounts/{name}", json={"active": False})
    assert off.json()["active"] is False
    assert anyone.get("/api/v1/session", headers=again).status_code == 401
    assert log_in(anyone, name, right["new"]).status_code == 401


def test_only_admins_manage(sign_in: SignIn, bot: httpx.Client) -> None:
    for client in (sign_in("staff"), sign_in("supervisor"), bot):
        for path in ("/api/v1/accounts", "/api/v1/keys"):
            assert client.get(path).status_code == 403
    admin = sign_in("admin")
    for body in (
        {"name": "x", "role": "staff", "password": PASSWORD},
        {"name": "fine", "role": "citizen", "password": PASSWORD},
        {"name": "fine", "role": "department", "password": PASSWORD},
        {"name": "fine", "role": "staff", "department": "tax", "password": PASSWORD},
        {"name": "fine", "role": "staff", "password": "short"},
    ):
        assert admin.post("/api/v1/accounts", json=body).status_code == 400, body
    me = admin.get("/api/v1/session").json()["name"]
    own = admin.patch(f"/api/v1/accounts/{me}", json={"active": False})
    assert own.json()["error"]["code"] == "own_account"


def test_keys_of_other_systems(
    intake: ThreadedIntake, anyone: httpx.Client, sign_in: SignIn
) -> None:
    admin, name = sign_in("admin"), f"k{uuid.uuid4().hex[:8]}"
    made = admin.post("/api/v1/keys", json={"name": name, "role": "source", "channel": "grid"})
    key = {"Authorization": f"Bearer {made.json()['key']}", "Idempotency-Key": uuid.uuid4().hex}
    assert made.json()["key"] not in admin.get("/api/v1/keys").text
    body = case_body(channel="wechat", citizen="wechat:openid-1")
    filed = anyone.post("/api/v1/cases", json=body, headers=key)
    assert filed.status_code == 201 and filed.json()["channel"] == "grid"
    case_id = filed.json()["case_id"]
    # A source may not speak for a citizen, nor read by pretending to be one.
    seen = anyone.get(
        f"/api/v1/cases/{case_id}", params={"citizen": "wechat:openid-1"}, headers=key
    )
    assert seen.json()["authorized"] is False
    urge = anyone.post(f"/api/v1/cases/{case_id}/urges", json={}, headers=key)
    assert urge.status_code == 403
    assert anyone.get("/api/v1/cases", headers=key).status_code == 403
    assert admin.delete(f"/api/v1/keys/{name}").status_code == 200
    assert anyone.post("/api/v1/cases", json=body, headers=key).status_code == 401
    assert admin.delete(f"/api/v1/keys/{name}").status_code == 404
