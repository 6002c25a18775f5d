"""The public form as a browser without JavaScript uses it, and as programs try it."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.web_form.entries import Entries, read_entries
from intake.web_form.limits import HourlyLimit
from intake.web_form.tickets import VALID, Tickets
from tests.contract.intake_running import NOON, ThreadedIntake, intake_settings
from tests.unit.intake.conftest import SignIn
from tests.unit.intake.sample_files import jpeg_with_place

TICKET = re.compile(r'name="ticket" value="([^"]+)"')
CASE_ID = re.compile(r'id="case-id">(\w{17})<')
WORDS = {"what": "河涌又黑又臭，请打 13912345678", "phone": "13800138000"}


def ticket(client: httpx.Client) -> str:
    found = TICKET.search(client.get("/form").text)
    assert found
    return found[1]


def send(client: httpx.Client, headers: dict[str, str] | None = None, **fields: Any):
    picture = fields.pop("picture", ("", b""))
    data = {"ticket": fields.pop("ticket", None) or ticket(client), **WORDS, **fields}
    return client.post("/form", data=data, files={"picture": picture}, headers=headers)


def test_the_page(anyone: httpx.Client):
    for path in ("/form", "/form/", "/form/status"):
        page = anyone.get(path)
        assert page.status_code == 200 and page.headers["content-type"].startswith("text/html")
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert "<script" not in page.text and "width=device-width" in page.text
    css = anyone.get("/form/static/form.css")
    assert css.status_code == 200 and css.headers["content-type"].startswith("text/css")
    assert anyone.get("/form/static/../routes.py").status_code == 404


def test_filed_by_somebody_who_does_not_know_the_department(anyone: httpx.Client, sign_in: SignIn):
    page = send(anyone, picture=("a.jpg", jpeg_with_place()), district="南海区", where="平东村口")
    assert page.status_code == 201, page.text
    found = CASE_ID.search(page.text)
    assert found and "后四位" in page.text and "13800138000" not in page.text
    case = sign_in("staff").get(f"/api/v1/cases/{found[1]}").json()
    # Held for the centre, unless a dispatch rule knew better.
    assert case["state"] in ("accepted", "dispatched")
    if case["state"] == "accepted":
        assert case["department"] == "government_services" and case["due_at"] is None
    assert (case["channel"], case["source"], case["appeal_type"]) == ("web", "web-form", "help")
    assert case["description"] == "河涌又黑又臭，请打 139****5678"
    assert (case["address"]["district"], case["address"]["detail"]) == ("南海区", "平东村口")
    files = sign_in("staff").get(f"/api/v1/cases/{found[1]}/attachments").json()["attachments"]
    assert [file["content_type"] for file in files] == ["image/jpeg"]

    def ask(case_id: str, last4: str) -> httpx.Response:
        data = {"case_id": case_id, "last4": last4}
        return anyone.post("/form/status", data=data, files={"none": b""})

    told = ask(f"  {found[1].lower()} ", "8000")
    assert told.status_code == 200 and found[1] in told.text and "经过" in told.text
    wrong = ask(found[1], "1234")
    assert wrong.status_code == 403 and "不对" in wrong.text and "经过" not in wrong.text
    for case_id, last4, status in (
        ("FS20261123004217X", "8000", 400),
        ("FS202611230042174", "8000", 404),
        (found[1], "80", 400),
    ):
        assert ask(case_id, last4).status_code == status
    for _ in range(4):
        locked = ask(found[1], "1234")
    assert "明天" in locked.text and ask(found[1], "8000").status_code == 403


def test_filed_to_a_chosen_department(anyone: httpx.Client, sign_in: SignIn):
    page = send(anyone, what="业委会选举不公开", department="housing", kind="complaint", name="陈")
    found = CASE_ID.search(page.text)
    assert found, page.text
    case = sign_in("admin").get(f"/api/v1/cases/{found[1]}").json()
    assert (case["department"], case["state"]) == ("housing", "dispatched")
    assert (case["appeal_type"], case["due_at"][:10] in page.text) == ("complaint", True)


def test_the_same_form_twice_is_one_case_and_other_words_are_another(anyone: httpx.Client):
    one = ticket(anyone)
    ids = [
        CASE_ID.search(send(anyone, ticket=one, what=what).text)[1]  # type: ignore[index]
        for what in ("路灯坏了", "路灯坏了", "水管也爆了")
    ]
    assert ids[0] == ids[1] != ids[2]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"what": " "}, "请填写诉求内容"),
        ({"what": "长" * 3001}, "太长"),
        ({"phone": ""}, "请填写联系电话"),
        ({"phone": "abc"}, "联系电话格式不对"),
        ({"department": "nobody"}, "请从列表里选择部门"),
        ({"district": "天河区"}, "请从列表里选择区"),
        ({"kind": "joke"}, "诉求类型"),
        ({"picture": ("a.jpg", b"<html>")}, "只能上传图片"),
    ],
)
def test_what_is_missing_is_said_and_what_was_written_stays(
    anyone: httpx.Client, fields: dict[str, Any], words: str
):
    page = send(anyone, **{"where": '平东 "8" 号<b>', **fields})
    assert page.status_code == 400 and words in page.text and 'role="alert"' in page.text
    assert "平东 &#34;8&#34; 号&lt;b&gt;" in page.text
    assert TICKET.search(page.text)


def test_programs_and_other_sites_are_turned_away(anyone: httpx.Client):
    for fields, headers in (
        ({"website": "http://spam"}, None),
        ({}, {"Origin": "https://evil.example"}),
        ({}, {"Origin": "null"}),
    ):
        page = send(anyone, headers, **fields)
        assert page.status_code == 400 and not CASE_ID.search(page.text)
    for wrong in ("x", "a.b.c", "é.1.2", f"{ticket(anyone)}0"):
        page = send(anyone, ticket=wrong)
        assert page.status_code == 400 and "再点一次提交" in page.text
        assert WORDS["what"] in page.text
    own = {"Origin": f"{anyone.base_url}".rstrip("/")}
    assert send(anyone, own).status_code == 201


def test_broken_bodies_are_answered_with_a_page(anyone: httpx.Client):
    broken = anyone.post("/form", content=b"what=x")
    assert broken.status_code == 400 and "没有传完整" in broken.text
    large = send(anyone, picture=("a.jpg", bytes(11 * 1024 * 1024)))
    assert large.status_code == 413 and "图片太大" in large.text


def test_too_many_from_one_address(tmp_path_factory: pytest.TempPathFactory):
    home = tmp_path_factory.mktemp("busy")
    settings = intake_settings(home, SUQIU_FORM_HOURLY="2", SUQIU_PROXIES="1")
    running = ThreadedIntake(settings)
    try:
        with httpx.Client(base_url=running.url, trust_env=False, timeout=20) as client:

            def status_from(address: str) -> int:
                return send(client, {"X-Forwarded-For": f"6.6.6.6, {address}"}).status_code

            assert [status_from("1.1.1.1") for _ in range(3)] == [201, 201, 429]
            assert status_from("2.2.2.2") == 201
    finally:
        running.close()


def test_a_limit_is_for_an_hour_and_each_address():
    limit = HourlyLimit(2)
    later = NOON + dt.timedelta(hours=1)
    assert [limit.allows("a", NOON) for _ in range(3)] == [True, True, False]
    assert limit.allows("b", NOON)
    assert not limit.allows("a", later - dt.timedelta(seconds=1))
    assert limit.allows("a", later)


def test_tickets_end_and_cannot_be_made_elsewhere():
    mine, other = Tickets(b"key"), Tickets(b"another key")
    shown = mine.new(NOON)
    assert mine.number_of(shown, NOON) == shown.split(".")[0]
    assert mine.number_of(shown, NOON + VALID) is not None
    assert mine.number_of(shown, NOON + VALID + dt.timedelta(seconds=1)) is None
    assert mine.number_of(shown, NOON - dt.timedelta(hours=1)) is None
    assert other.number_of(shown, NOON) is None
    assert Tickets(b"key").number_of(shown, NOON) is not None


@given(st.text())
def test_any_ticket_is_ours_or_not(text: str):
    assert Tickets(b"key").number_of(text, NOON) is None


def test_personal_words_are_not_in_the_repr_of_entries():
    from intake.uploads import SentForm

    entries = read_entries(SentForm({"what": ["秘密"], "phone": ["13800138000"]}))
    assert "秘密" not in repr(entries) and "13800" not in repr(entries)
    assert entries.digest() != Entries().digest()
