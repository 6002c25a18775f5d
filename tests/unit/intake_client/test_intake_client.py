"""The client against the real service, and against servers that misbehave."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import uuid

import pytest

from intake_client import (
    Address,
    BareStatus,
    Case,
    CaseNotFound,
    IntakeClient,
    IntakeError,
    IntakeRejected,
    IntakeUnavailable,
    MistypedCaseId,
    NewCase,
)
from tests.contract.intake_running import API_KEY, ThreadedIntake, free_port

NEW = NewCase(
    description="路灯坏了，电话139****5678",
    department="urban_management",
    appeal_type="complaint",
    channel="wechat",
    urgent=True,
    address=Address(district="南海区", detail="海八路"),
    lat=23.03,
    long=113.16,
    citizen="wechat:openid-1",
    contact_phone="13800138000",
    redactions=(("139****5678", "13912345678"),),
    co_departments=("water",),
)


def key() -> str:
    return uuid.uuid4().hex


async def test_file_get_and_list(client: IntakeClient):
    case = await client.file_case(NEW, key())
    assert isinstance(case, Case)
    assert (case.state, case.public_state, case.handling_mode) == ("dispatched", "办理中", "urgent")
    assert case.address == NEW.address and case.co_departments == ("water",)
    assert case.submitted_at.utcoffset() == dt.timedelta(hours=8)
    assert case.first_response_due_at == case.submitted_at + dt.timedelta(hours=24)
    assert case.last_step == case.history[-1] and len(case.history) == 3
    assert await client.get_case(case.case_id, citizen="wechat:openid-1") == case
    assert await client.get_case(f" {case.case_id.lower()} ", phone_last4="8000") == case
    assert (await client.list_cases("wechat:openid-1", limit=1))[0] == case
    assert await client.list_cases("wechat:nobody") == []


async def test_same_key_same_case_also_at_once(client: IntakeClient):
    same = key()
    cases = await asyncio.gather(*(client.file_case(NEW, same) for _ in range(16)))
    assert len({case.case_id for case in cases}) == 1


async def test_bare_status(client: IntakeClient):
    case = await client.file_case(NEW, key())
    expected = BareStatus(case.case_id, "办理中", locked=False)
    assert await client.get_case(case.case_id) == expected
    assert await client.get_case(case.case_id, citizen="wechat:x", phone_last4="0001") == expected
    for _ in range(5):
        found = await client.get_case(case.case_id, phone_last4="0000")
    assert found == BareStatus(case.case_id, "办理中", locked=True)


@pytest.mark.parametrize("case_id", ["", " ", "FS20261123004217X", "../cases", "a/b?c=d#e", "你好"])
async def test_mistyped(client: IntakeClient, case_id: str):
    with pytest.raises(MistypedCaseId):
        await client.get_case(case_id)


async def test_not_found(client: IntakeClient):
    with pytest.raises(CaseNotFound):
        await client.get_case("FS202611230042174")


async def test_rejected(client: IntakeClient, intake: ThreadedIntake):
    with pytest.raises(IntakeRejected) as caught:
        await client.file_case(NewCase("x", "nobody", "help", "rest"), key())
    assert (caught.value.status, caught.value.code) == (400, "invalid_case")
    assert "部门" in caught.value.message
    async with IntakeClient(intake.url, "wrong", 5) as stranger:
        with pytest.raises(IntakeRejected) as caught:
            await stranger.file_case(NEW, key())
    assert (caught.value.status, caught.value.code) == (401, "unauthorized")


async def test_nobody_listens():
    async with IntakeClient(f"http://127.0.0.1:{free_port()}", API_KEY, 1) as client:
        with pytest.raises(IntakeUnavailable) as caught:
            await client.file_case(NEW, key())
    assert caught.value.__cause__ is not None and caught.value.retry_after is None


async def test_no_answer_in_time(canned):
    async with IntakeClient(canned.url, API_KEY, 0.2) as client:
        with pytest.raises(IntakeUnavailable, match="Timeout"):
            await client.list_cases("x")


def raw(status: int, body: bytes = b"", headers: str = "") -> bytes:
    head = (
        f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\nConnection: close\r\n{headers}\r\n"
    )
    return head.encode() + body


@pytest.mark.parametrize(
    ("sent", "retry_after"),
    [
        (raw(500), None),
        (raw(503, b"<html>", "Retry-After: 7\r\n"), 7.0),
        (raw(429, b"", "Retry-After: 30\r\n"), 30.0),
        (raw(429, b"", "Retry-After: soon\r\n"), None),
        (raw(503, b"", "Retry-After: Mon, 01 Jan 2001 00:00:00 GMT\r\n"), 0.0),
        (raw(408), None),
        (raw(302, b"", "Location: http://127.0.0.1:1/login\r\n"), None),
        (raw(200, b"<html>welcome to the hotel</html>"), None),
        (raw(200, b'{"case_id": "FS"}'), None),
        (raw(200, b"[]"), None),
        (raw(200, b"null"), None),
        (b"nonsense\r\n\r\n", None),
        (b"HTTP/1.1 201 X\r\nContent-Length: 100\r\n\r\n{", None),
        (b"", None),
    ],
)
async def test_may_be_tried_again(canned, sent: bytes, retry_after: float | None):
    canned.answers = [sent]
    async with IntakeClient(canned.url, API_KEY, 2) as client:
        with pytest.raises(IntakeUnavailable) as caught:
            await client.file_case(NEW, key())
    assert caught.value.retry_after == retry_after


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"error": "no"}', b"[]"])
async def test_rejection_without_our_error_shape(canned, body: bytes):
    canned.answers = [raw(404, body)]
    async with IntakeClient(canned.url, API_KEY, 2) as client:
        with pytest.raises(IntakeRejected) as caught:
            await client.file_case(NEW, key())
    assert (caught.value.status, caught.value.code) == (404, "http_404")


async def test_what_is_sent(canned):
    canned.answers = [raw(500)]
    async with IntakeClient(canned.url + "/", API_KEY, 2) as client:
        with pytest.raises(IntakeUnavailable):
            await client.file_case(NEW, "the-key-0001")
    head = canned.requests[0].decode()
    assert head.startswith("POST /api/v1/cases HTTP/1.1\r\n")
    assert "Idempotency-Key: the-key-0001" in head
    assert f"Authorization: Bearer {API_KEY}" in head


async def test_proxies_of_the_environment_are_ignored(
    intake: ThreadedIntake, monkeypatch: pytest.MonkeyPatch
):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    async with IntakeClient(intake.url, API_KEY, 5) as client:
        assert (await client.file_case(NEW, key())).state == "dispatched"


def test_errors_have_one_base_and_words_stay_out_of_reprs():
    for kind in (IntakeUnavailable, CaseNotFound, MistypedCaseId, IntakeRejected):
        assert issubclass(kind, IntakeError)
    shown = repr(NEW)
    assert "路灯" not in shown and "138001" not in shown and "海八路" not in shown


def test_body_is_plain_json():
    body = json.loads(json.dumps(NEW.as_json()))
    assert body["redactions"] == [["139****5678", "13912345678"]]
    assert body["address"]["district"] == "南海区"
