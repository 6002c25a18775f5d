"""The native API over real HTTP, every answer held against the OpenAPI document."""

from __future__ import annotations

import logging
import re
import socket
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import httpx
import jsonschema
import pytest

from bot.case_id import is_case_id
from intake.api.openapi import openapi_document
from intake.store import StoreUnavailable
from tests.contract.intake_running import ThreadedIntake, case_body


def described(response: httpx.Response, path: str) -> Any:
    """The body of ``response`` after checking that the document foresees exactly this answer."""
    document = openapi_document()
    operation = document["paths"][path][response.request.method.lower()]
    answer = operation["responses"][str(response.status_code)]
    schema = answer["content"]["application/json"]["schema"]
    jsonschema.Draft202012Validator({**schema, "components": document["components"]}).validate(
        response.json()
    )
    return response.json()


def file(bot: httpx.Client, key: str | None = None, **changes: Any) -> httpx.Response:
    headers = {"Idempotency-Key": key or uuid.uuid4().hex}
    return bot.post("/api/v1/cases", json=case_body(**changes), headers=headers)


def error(response: httpx.Response, status: int, path: str = "/cases") -> str:
    assert response.status_code == status, response.text
    return described(response, path)["error"]["code"]


def test_file_and_read(bot: httpx.Client):
    response = file(bot)
    assert response.status_code == 201
    case = described(response, "/cases")
    assert is_case_id(case["case_id"])
    assert case["public_state"] == "办理中"
    assert case["department_short"] == "城管局"
    assert case["due_at"].endswith("T23:59:59+08:00")
    assert case["last_step"] == case["history"][-1]
    found = bot.get(f"/api/v1/cases/{case['case_id']}", params={"citizen": "wechat:openid-1"})
    assert described(found, "/cases/{case_id}") == case


def test_same_key_same_case(bot: httpx.Client):
    key = uuid.uuid4().hex
    first, again = file(bot, key), file(bot, key, description="改了说法")
    assert (first.status_code, again.status_code) == (201, 200)
    assert described(first, "/cases") == described(again, "/cases")


def test_sixteen_requests_with_one_key(intake: ThreadedIntake, bot: httpx.Client):
    key = uuid.uuid4().hex
    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda _: file(bot, key), range(16)))
    assert sorted(answer.status_code for answer in answers) == [200] * 15 + [201]
    assert len({answer.json()["case_id"] for answer in answers}) == 1


def test_personal_data_does_not_come_back(bot: httpx.Client):
    text = file(bot, description="我的电话13912345678，身份证440601199001011234").text
    assert "139****5678" in text
    for secret in ("13912345678", "440601199001011234", "13800138000", "openid-1"):
        assert secret not in text


@pytest.mark.parametrize(
    "spell",
    [
        str.lower,
        lambda i: f"{i[:2]} {i[2:10]}-{i[10:]}",
        lambda i: "".join(chr(ord(c) + 0xFEE0) for c in i),
    ],
)
def test_case_id_as_people_type_it(bot: httpx.Client, spell: Any):
    case_id = file(bot).json()["case_id"]
    found = bot.get(f"/api/v1/cases/{quote(spell(case_id))}")
    assert described(found, "/cases/{case_id}") == {
        "case_id": case_id,
        "public_state": "办理中",
        "authorized": False,
        "locked": False,
    }


def test_mistyped_is_not_not_found(bot: httpx.Client):
    path = "/cases/{case_id}"
    assert error(bot.get("/api/v1/cases/FS20261123004217X"), 400, path) == "mistyped_case_id"
    assert error(bot.get("/api/v1/cases/hello"), 400, path) == "mistyped_case_id"
    assert error(bot.get("/api/v1/cases/%ff%00"), 400, path) == "mistyped_case_id"
    assert error(bot.get("/api/v1/cases/FS202611230042174"), 404, path) == "case_not_found"


def test_phone_digits_and_lock(bot: httpx.Client):
    url = f"/api/v1/cases/{file(bot).json()['case_id']}"

    def ask(digits: str) -> dict[str, Any]:
        params = {"citizen": "wechat:stranger", "phone_last4": digits}
        return described(bot.get(url, params=params), "/cases/{case_id}")

    assert ask("8000")["authorized"] is True
    assert [ask(f"000{i}")["authorized"] for i in range(5)] == [False] * 5
    locked = ask("8000")
    assert (locked["authorized"], locked["locked"]) == (False, True)
    assert set(locked) == {"case_id", "public_state", "authorized", "locked"}


def test_phone_digits_must_be_digits(bot: httpx.Client):
    url = f"/api/v1/cases/{file(bot).json()['case_id']}"
    response = bot.get(url, params={"phone_last4": "80"})
    assert error(response, 400, "/cases/{case_id}") == "invalid_phone_last4"


def test_list_of_a_citizen(bot: httpx.Client):
    citizen = f"wechat:{uuid.uuid4()}"
    ids = [file(bot, citizen=citizen).json()["case_id"] for _ in range(5)]

    def page(**params: Any) -> dict[str, Any]:
        response = bot.get("/api/v1/cases", params={"citizen": citizen, **params})
        assert response.status_code == 200
        return described(response, "/cases")

    whole = page()
    assert [case["case_id"] for case in whole["cases"]] == ids[::-1]
    assert (whole["total"], whole["limit"], whole["offset"]) == (5, 10, 0)
    assert [case["case_id"] for case in page(limit=2, offset=3)["cases"]] == ids[1::-1]
    assert page(offset=5)["cases"] == []


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({}, "citizen_missing"),
        ({"citizen": "a\x00b"}, "invalid_citizen"),
        ({"citizen": "x" * 201}, "invalid_citizen"),
        ({"citizen": "x", "limit": "0"}, "invalid_limit"),
        ({"citizen": "x", "limit": "101"}, "invalid_limit"),
        ({"citizen": "x", "offset": "-1"}, "invalid_offset"),
        ({"citizen": "x", "offset": "٣"}, "invalid_offset"),
    ],
)
def test_wrong_list_arguments(bot: httpx.Client, params: dict, code: str):
    assert error(bot.get("/api/v1/cases", params=params), 400) == code


@pytest.mark.parametrize(
    "authorization",
    [None, "Bearer", "Bearer wrong", "Basic dGVzdDp0ZXN0", "test-api-key", "Bearer \xe5\xaf\x86"],
)
def test_without_the_key_nothing(anyone: httpx.Client, authorization: str | None):
    headers = {} if authorization is None else {"Authorization": authorization.encode("latin-1")}
    body = {"json": case_body(), "headers": {**headers, "Idempotency-Key": "12345678"}}
    response = anyone.post("/api/v1/cases", **body)
    assert error(response, 401) == "unauthorized"
    assert response.headers["www-authenticate"] == "Bearer"
    assert error(anyone.get("/api/v1/cases?citizen=x", headers=headers), 401) == "unauthorized"
    response = anyone.get("/api/v1/cases/FS202611230042174", headers=headers)
    assert error(response, 401, "/cases/{case_id}") == "unauthorized"


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (None, "idempotency_key_missing"),
        ("1234567", "idempotency_key_invalid"),
        ("x" * 201, "idempotency_key_invalid"),
        ("1234\t5678", "idempotency_key_invalid"),
        ("密钥密钥密钥密钥", "idempotency_key_invalid"),
    ],
)
def test_wrong_idempotency_key(bot: httpx.Client, key: str | None, code: str):
    headers = {} if key is None else {"Idempotency-Key": key.encode()}
    assert error(bot.post("/api/v1/cases", json=case_body(), headers=headers), 400) == code


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'{"lat": NaN}',
        b"[" * 100_000,
        b"1" * 10_000,
        b'{"description": "\xed\xa0\x80"}',
        b"a=b&c=d",
    ],
)
def test_unreadable_body(bot: httpx.Client, body: bytes):
    headers = {"Idempotency-Key": uuid.uuid4().hex}
    response = bot.post("/api/v1/cases", content=body, headers=headers)
    assert error(response, 400) in ("bad_json", "invalid_case")


def test_invalid_case_names_each_field(bot: httpx.Client):
    response = file(bot, description="", department="nobody")
    assert error(response, 400) == "invalid_case"
    assert response.json()["error"]["details"] == [
        {"field": "description", "message": "请填写诉求内容"},
        {"field": "department", "message": "没有这个部门编号"},
    ]


def test_body_of_more_than_one_mebibyte(bot: httpx.Client):
    headers = {"Idempotency-Key": uuid.uuid4().hex}
    response = bot.post("/api/v1/cases", content=b" " * (1024 * 1024 + 1), headers=headers)
    assert error(response, 413) == "body_too_large"


def test_unknown_addresses_and_methods(anyone: httpx.Client):
    for method, path, status, code in (
        ("GET", "/api/v1/nothing", 404, "not_found"),
        ("GET", "/", 404, "not_found"),
        ("DELETE", "/api/v1/cases", 405, "method_not_allowed"),
        ("PUT", "/api/v1/cases/FS202611230042174", 405, "method_not_allowed"),
    ):
        response = anyone.request(method, path)
        assert response.status_code == status
        assert set(response.json()) == {"error"}
        assert response.json()["error"]["code"] == code


@pytest.mark.parametrize(
    ("line", "answers"),
    [
        (b"GARBAGE\r\n\r\n", b"HTTP/1.1 400"),
        (b"\x00\x01\r\n\r\n", b"HTTP/1.1 400"),
        ("GET /编号 HTTP/1.1\r\n\r\n".encode(), b"HTTP/1.1 400"),
        (b"GET /\xff\xfe HTTP/1.1\r\n\r\n", b"HTTP/1.1 400"),
        (b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n", b"HTTP/1.1 400"),
        (b"GET / HTTP/1.1\r\nContent-Length: -5\r\n\r\n", b"HTTP/1.1 400"),
        (
            b"POST /api/v1/cases HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            b"HTTP/1.1 400",
        ),
        (b"GET / HTTP/1.1\r\nExpect: x\r\nContent-Length: 1\r\n\r\n", b"HTTP/1.1 417"),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 20_000 + b"\r\n\r\n", b"HTTP/1.1 413"),
        (b"GET / HTTP/3\r\n\r\n", b"HTTP/1.1 400"),
    ],
)
def test_what_is_no_http_gets_a_plain_answer(
    intake: ThreadedIntake, line: bytes, answers: bytes, caplog: pytest.LogCaptureFixture
):
    host, port = intake.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(line)
        answer = connection.recv(4096)
    assert answer.startswith(answers) and b"Traceback" not in answer
    assert b'{"error":{' in answer
    assert not caplog.records


def test_document_lists_every_route(intake: ThreadedIntake, anyone: httpx.Client):
    routes = {
        (
            "/" + re.sub(r"<(\w+):\w+>", r"{\1}", route.path.removeprefix("api/v1/")),
            method.lower(),
        )
        for route in intake.app.router.routes
        if route.path.startswith("api/v1/")
        for method in route.methods
    }
    served = anyone.get("/api/v1/openapi.json").json()
    paths = served["paths"]
    assert routes == {(path, method) for path, methods in paths.items() for method in methods}
    for schema in served["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_schema_of_a_new_case_agrees_with_the_check(bot: httpx.Client):
    document = openapi_document()
    schema = {**document["components"]["schemas"]["NewCase"], "components": {}}
    validator = jsonschema.Draft202012Validator(schema)
    for changes in ({}, {"urgent": "x"}, {"lat": 91}, {"department": "x"}, {"redactions": [["a"]]}):
        assert validator.is_valid(case_body(**changes)) == (file(bot, **changes).status_code == 201)


def test_a_bug_is_a_plain_500_and_its_log_holds_no_words(
    intake: ThreadedIntake,
    bot: httpx.Client,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):
    def broken(*_: Any) -> None:
        raise ValueError("市民的秘密 13912345678")

    monkeypatch.setattr("intake.filing.filed", broken)
    with caplog.at_level(logging.DEBUG):
        response = file(bot, description="市民的秘密")
    assert error(response, 500) == "internal_error"
    assert "秘密" not in response.text and "Traceback" not in response.text
    assert "秘密" not in caplog.text and "13912345678" not in caplog.text
    assert "ValueError" in caplog.text, "the operator still sees what broke and where"


def test_database_that_went_away(
    intake: ThreadedIntake, bot: httpx.Client, monkeypatch: pytest.MonkeyPatch
):
    def away(*_: Any) -> None:
        raise StoreUnavailable("数据库现在不能用：sqlite:////secret/place。")

    monkeypatch.setattr("intake.store.read", away)
    monkeypatch.setattr("intake.store.Store.ping", away)
    response = bot.get("/api/v1/cases?citizen=wechat:openid-1")
    assert error(response, 503) == "store_unavailable"
    assert response.headers["retry-after"] == "2"
    assert "secret" not in response.text
    health = bot.get("/healthz")
    assert (health.status_code, health.json()["error"]["code"]) == (503, "store_unavailable")


def test_healthy(anyone: httpx.Client):
    response = anyone.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})
