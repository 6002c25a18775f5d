"""A citizen's copy of his data and its end, through the API."""

from __future__ import annotations

import uuid

import httpx

from tests.contract.intake_running import ThreadedIntake, case_body
from tests.unit.intake.conftest import SignIn


def test_copy_and_end(intake: ThreadedIntake, bot: httpx.Client, sign_in: SignIn) -> None:
    citizen = f"wechat:{uuid.uuid4().hex}"
    body = case_body(citizen=citizen, description="我家电话13911114444")
    filed = bot.post("/api/v1/cases", json=body, headers={"Idempotency-Key": uuid.uuid4().hex})
    case_id = filed.json()["case_id"]
    path = f"/api/v1/citizens/{citizen}/data"
    copy = bot.get(path).json()
    assert copy["cases"][0]["contact"]["phone"] == "13800138000"
    assert copy["cases"][0]["hidden_numbers"] == ["13911114444"]
    assert sign_in("staff").get(path).status_code == 403
    assert sign_in("admin").delete(path).json() == {"erased": [], "kept_open": [case_id]}
    withdraw = {"to_state": "withdrawn", "citizen": citizen}
    assert bot.post(f"/api/v1/cases/{case_id}/transitions", json=withdraw).status_code == 200
    assert bot.delete(path).json() == {"erased": [case_id], "kept_open": []}
    assert bot.get(path).json()["cases"] == []
    seen = sign_in("staff").get(f"/api/v1/cases/{case_id}").json()
    assert "139" not in seen["description"] and seen["state"] == "withdrawn"
