"""Attachments over real HTTP: who may send and see what, and what a browser gets."""

from __future__ import annotations

import uuid

import httpx
import pytest

from intake.attachments import MAX_BYTES
from tests.contract.intake_running import ThreadedIntake, case_body
from tests.unit.intake.conftest import SignIn
from tests.unit.intake.sample_files import jpeg_with_place, mp3, picture

MINE = {"citizen": "wechat:pictures"}


@pytest.fixture
def path(bot: httpx.Client) -> str:
    """The attachments of a fresh case of a citizen."""
    headers = {"Idempotency-Key": uuid.uuid4().hex}
    body = case_body(**MINE, contact_phone="13800134321")
    case_id = bot.post("/api/v1/cases", json=body, headers=headers).json()["case_id"]
    return f"/api/v1/cases/{case_id}/attachments"


def send(client: httpx.Client, path: str, content: bytes, name: str = "a.jpg", **params: str):
    return client.post(path, files={"file": (name, content)}, params=params)


def test_a_citizens_picture_from_end_to_end(bot: httpx.Client, path: str, sign_in: SignIn):
    sent = jpeg_with_place()
    first = send(bot, path, sent, "路灯.jpg", **MINE)
    assert first.status_code == 201, first.text
    again = send(bot, path, sent, "other.jpg", **MINE)
    assert (again.status_code, again.json()) == (200, first.json())
    kept = first.json()
    assert (kept["name"], kept["content_type"]) == ("路灯.jpg", "image/jpeg")
    assert bot.get(path, params=MINE).json() == {"attachments": [kept]}
    one = f"{path}/{kept['attachment_id']}"
    for client, params in ((bot, MINE), (sign_in("staff"), {})):
        shown = client.get(one, params=params)
        assert shown.status_code == 200 and len(shown.content) == kept["size"]
        assert shown.headers["content-type"] == "image/jpeg"
        assert shown.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in shown.headers["content-security-policy"]
        disposition = "inline; filename*=UTF-8''%E8%B7%AF%E7%81%AF.jpg"
        assert shown.headers["content-disposition"] == disposition
        assert b"Exif" not in shown.content
    case = sign_in("staff").get(path.removesuffix("/attachments")).json()
    assert case["entries"][-1]["kind"] == "attachment"


def test_a_body_of_its_own(bot: httpx.Client, path: str):
    headers = {
        "Content-Type": "audio/mpeg",
        "Content-Disposition": "attachment; filename*=UTF-8''%E5%BD%95%E9%9F%B3.mp3",
    }
    response = bot.post(path, content=mp3(), headers=headers, params={"phone_last4": "4321"})
    assert response.status_code == 201, response.text
    assert (response.json()["name"], response.json()["content_type"]) == ("录音.mp3", "audio/mpeg")


def test_type_is_by_content_not_by_what_is_said(bot: httpx.Client, path: str):
    lie = bot.post(path, files={"file": ("a.jpg", b"<html>", "image/jpeg")}, params=MINE)
    assert (lie.status_code, lie.json()["error"]["code"]) == (415, "unusable_file")
    truth = bot.post(path, files={"file": ("a.txt", picture("PNG"), "text/plain")}, params=MINE)
    assert truth.json()["content_type"] == "image/png"


def test_large_bodies_here_and_only_here(bot: httpx.Client, path: str):
    pdf = b"%PDF-1.7\n"
    most = send(bot, path, pdf + bytes(MAX_BYTES - len(pdf)), "a.pdf", **MINE)
    assert (most.status_code, most.json()["size"]) == (201, MAX_BYTES)
    more = send(bot, path, pdf + bytes(MAX_BYTES - len(pdf) + 1), "b.pdf", **MINE)
    assert (more.status_code, more.json()["error"]["code"]) == (413, "body_too_large")
    far_more = send(bot, path, pdf + bytes(MAX_BYTES * 2), "c.pdf", **MINE)
    assert far_more.status_code == 413
    headers = {"Idempotency-Key": uuid.uuid4().hex}
    elsewhere = bot.post("/api/v1/cases", content=bytes(1024 * 1024 + 1), headers=headers)
    assert elsewhere.status_code == 413


def test_papers_are_downloads(bot: httpx.Client, path: str):
    kept = send(bot, path, b"%PDF-1.7\n", "x.pdf", **MINE).json()
    shown = bot.get(f"{path}/{kept['attachment_id']}", params=MINE)
    assert shown.headers["content-disposition"].startswith("attachment;")


@pytest.mark.parametrize(
    ("content", "headers", "status", "code"),
    [
        (b"", {}, 400, "file_missing"),
        (b"--x\r\n", {"Content-Type": "multipart/form-data; boundary=x"}, 400, "bad_form"),
        (b"--x--", {"Content-Type": "multipart/form-data"}, 400, "bad_form"),
        (b"--x--", {"Content-Type": "multipart/form-data; boundary=x"}, 400, "file_missing"),
        (
            b"--x\r\nno colon\r\n\r\n\r\n--x--\r\n",
            {"Content-Type": "multipart/form-data; boundary=x"},
            400,
            "bad_form",
        ),
        (
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
            b"\r\n--x--\r\n",
            {"Content-Type": "multipart/form-data; boundary=x"},
            400,
            "file_missing",
        ),
    ],
)
def test_broken_bodies(
    bot: httpx.Client, path: str, content: bytes, headers: dict[str, str], status: int, code: str
):
    response = bot.post(path, content=content, headers=headers, params=MINE)
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)


def test_strangers(bot: httpx.Client, anyone: httpx.Client, path: str, sign_in: SignIn):
    kept = send(bot, path, picture("PNG"), **MINE).json()
    one = f"{path}/{kept['attachment_id']}"
    # The shared client can hold the cookie of somebody who signed in.
    anyone.cookies.clear()
    for client, params, status in (
        (anyone, {}, 401),
        (bot, {}, 403),
        (bot, {"citizen": "wechat:somebody"}, 403),
        (bot, {"phone_last4": "1111"}, 403),
        (bot, {"phone_last4": "x"}, 400),
        (sign_in("department", "tax"), {}, 404),
    ):
        assert send(client, path, picture("GIF"), **params).status_code == status
        assert client.get(path, params=params).status_code == status
        assert client.get(one, params=params).status_code == status
    assert bot.get(f"{path}/{'0' * 32}", params=MINE).status_code == 404
    assert sign_in("department", "urban_management").get(one).status_code == 200
    nowhere = "/api/v1/cases/FS202611230042174/attachments"
    assert sign_in("staff").get(nowhere).status_code == 404


def test_a_source_sees_only_what_it_filed(
    intake: ThreadedIntake, anyone: httpx.Client, path: str, bot: httpx.Client
):
    service = intake.app.ctx.service
    headers = {}
    for name in ("grid-app", "counter-app"):
        _, secret = service.accounts.create_key(name, "source", "grid", service.now())
        headers[name] = {"Authorization": f"Bearer {secret}"}
    filed = anyone.post(
        "/api/v1/cases",
        json=case_body(),
        headers={**headers["grid-app"], "Idempotency-Key": uuid.uuid4().hex},
    ).json()
    own = f"/api/v1/cases/{filed['case_id']}/attachments"
    files = {"file": ("a.png", picture("PNG"))}
    sent = anyone.post(own, files=files, headers=headers["grid-app"])
    assert sent.status_code == 201 and sent.json()["added_by"] == "machine:grid-app"
    for other, key in ((own, "counter-app"), (path, "grid-app")):
        assert anyone.post(other, files=files, headers=headers[key]).status_code == 403
        assert anyone.get(other, headers=headers[key]).status_code == 403
