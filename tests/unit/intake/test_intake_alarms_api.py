"""Alarms of devices over real HTTP."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import httpx
import pytest

from tests.contract.intake_running import ThreadedIntake
from tests.unit.intake.conftest import SignIn

TOWERS: dict[str, Any] = {"kind": "smoke", "place": "桂城街道某大厦 12 楼", "value": 0.35}


@pytest.fixture(scope="module")
def towers(intake: ThreadedIntake, anyone: httpx.Client):
    """Sends alarms with the key of a platform of devices."""
    service = intake.app.ctx.service
    name = f"towers-{uuid.uuid4().hex[:6]}"
    _, secret = service.accounts.create_key(name, "source", "device", service.now())

    def send(**body: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {secret}"}
        return anyone.post("/api/v1/alarms", json=body, headers=headers)

    return send


def test_a_storm_as_staff_see_it(towers, sign_in: SignIn):
    device = uuid.uuid4().hex
    at = dt.datetime.now(dt.timezone.utc) - dt.timedelta(minutes=5)
    first = towers(device=device, at=at.isoformat(), text="一号烟感", **TOWERS)
    assert first.status_code == 201, first.text
    case_id = first.json()["case_id"]
    for second in range(30):
        time = (at + dt.timedelta(seconds=second)).isoformat()
        again = towers(device=device, at=time, **TOWERS)
        assert (again.status_code, again.json()["case_id"]) == (200, case_id)
    assert (again.json()["count"], again.json()["is_new"]) == (31, False)
    case = sign_in("staff").get(f"/api/v1/cases/{case_id}").json()
    assert case["alarms"]["count"] == 31 and case["alarms"]["kind_name"] == "烟雾告警"
    assert case["alarms"]["last_at"] > case["alarms"]["first_at"]
    assert (case["department"], case["urgent"], case["channel"]) == ("fire", True, "device")
    assert case["description"] == f"烟雾告警：设备 {device}，数值 0.35。一号烟感"
    assert case["address"]["detail"] == "桂城街道某大厦 12 楼"
    assert len(case["entries"]) == 3


def test_other_kinds_name_their_department(towers):
    device = uuid.uuid4().hex
    nobody = towers(device=device, kind="laser")
    assert nobody.status_code == 400
    assert nobody.json()["error"]["details"][0]["field"] == "department"
    assert towers(device=device, kind="laser", department="ecology").status_code == 201
    chosen = towers(device=device, kind="smoke", department="housing", urgent=False)
    assert chosen.status_code == 201


def test_a_case_that_no_device_filed_has_no_alarms(
    bot: httpx.Client, sign_in: SignIn, case_id_of_bot: str
):
    assert sign_in("staff").get(f"/api/v1/cases/{case_id_of_bot}").json()["alarms"] is None


@pytest.fixture
def case_id_of_bot(bot: httpx.Client) -> str:
    body = {
        "description": "路灯坏了",
        "department": "urban_management",
        "appeal_type": "help",
        "channel": "hotline",
    }
    headers = {"Idempotency-Key": uuid.uuid4().hex}
    return bot.post("/api/v1/cases", json=body, headers=headers).json()["case_id"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("device", ""),
        ("device", 7),
        ("kind", "烟雾"),
        ("kind", None),
        ("kind", "Smoke"),
        ("at", "yesterday"),
        ("at", "2026-11-23T09:15:00"),
        ("at", "2001-01-01T00:00:00Z"),
        ("at", "2199-01-01T00:00:00Z"),
        ("at", 5),
        ("department", "nobody"),
        ("value", True),
        ("value", [1]),
        ("value", 1e300),
        ("urgent", "yes"),
        ("lat", 91),
        ("place", 5),
        ("text", {}),
    ],
)
def test_wrong_fields_are_named(towers, field: str, value: object):
    response = towers(**{"device": "d", "kind": "smoke", "lat": 23.0, "long": 113.0, field: value})
    assert response.status_code == 400, response.text
    fields = [item["field"] for item in response.json()["error"]["details"]]
    assert field in {name.split(".")[0] for name in fields} or fields == ["address"]


def test_who_may_send(anyone: httpx.Client, bot: httpx.Client, sign_in: SignIn):
    body = {"device": uuid.uuid4().hex, "kind": "noise"}
    # The shared client can hold the cookie of somebody who signed in.
    anyone.cookies.clear()
    assert anyone.post("/api/v1/alarms", json=body).status_code == 401
    assert sign_in("admin").post("/api/v1/alarms", json=body).status_code == 403
    assert bot.post("/api/v1/alarms", json=body).status_code == 201
    assert bot.post("/api/v1/alarms", json=[body]).status_code == 400
