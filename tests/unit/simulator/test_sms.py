"""The SMS gateway for trials, held against docs/sms-gateway.md."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.sms import KEPT, BadText, Texts
from tests.unit.simulator.conftest import World
from tests.unit.simulator.echo_bot import SMS_KEY

SMS = {"id": "FS1:2:contact", "phone": "13800138000", "text": "办好了"}
AUTH = {"Authorization": f"Bearer {SMS_KEY}"}


async def test_taken_once_and_shown(world: World) -> None:
    assert "还没有短信" in (await world.http.get("/sms/")).text
    answers = [await world.http.post("/sms/messages", json=SMS, headers=AUTH) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200]
    hostile = {**SMS, "id": "2", "text": "<script>alert(1)</script>"}
    assert (await world.http.post("/sms/messages", json=hostile, headers=AUTH)).status_code == 201
    newest, oldest = (await world.http.get("/sms/messages")).json()["messages"]
    assert (newest["id"], oldest["text"], oldest["repeated"]) == ("2", "办好了", 1)
    page = (await world.http.get("/sms/")).text
    assert "办好了" in page and "<script>" not in page


async def test_refused(world: World) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": SMS_KEY}):
        answer = await world.http.post("/sms/messages", json=SMS, headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unauthorized")
    for body in (b"{", b"[]", b'{"id": 1}', b"\xff", b"[" * 100_000):
        answer = await world.http.post("/sms/messages", content=body, headers=AUTH)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_request")
    assert (await world.http.get("/sms/messages")).json() == {"messages": []}


@pytest.mark.parametrize(
    "change",
    [{"phone": "0757-8222"}, {"phone": ""}, {"text": ""}, {"text": "长" * 501}, {"id": ""}],
)
def test_what_is_no_sms(change: dict[str, str]) -> None:
    with pytest.raises(BadText):
        Texts().take({**SMS, **change})


@given(st.recursive(st.none() | st.text() | st.integers(), lambda x: st.dictionaries(st.text(), x)))
def test_anything_else_is_refused_in_words(body: object) -> None:
    with pytest.raises(BadText):
        Texts().take(body)


def test_the_oldest_are_forgotten() -> None:
    texts = Texts()
    for number in range(KEPT + 5):
        assert texts.take({**SMS, "id": str(number)})
    assert len(texts.newest_first()) == KEPT
    assert texts.newest_first()[-1].id == "5"
