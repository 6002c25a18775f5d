"""Customer-service messages against the simulator's API, and against APIs that misbehave."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from sanic import Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, json, text

from connectors.wechat import api as api_module
from connectors.wechat.api import SendingFailed, WeChatApi
from simulator.app import create_app
from simulator.openid import new_openid
from tests.unit.simulator.echo_bot import APP_ID, APP_SECRET, running, settings_for

OK = {"errcode": 0, "errmsg": "ok"}


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_module, "_RETRY_AFTER", (0.0, 0.0))


class Api:
    """An API that answers as told; ``tokens`` and ``sent`` are what it was asked."""

    def __init__(self, answer: Callable[[str], HTTPResponse]) -> None:
        self.answer = answer
        self.tokens: list[dict[str, Any]] = []
        self.sent: list[dict[str, Any]] = []

    def app(self) -> Sanic:
        app = Sanic(f"api-{secrets.token_hex(4)}", configure_logging=False)

        @app.post("/cgi-bin/stable_token")
        async def token(request: Request) -> HTTPResponse:
            self.tokens.append(request.json)
            return json({"access_token": f"token-{len(self.tokens)}", "expires_in": 7200})

        @app.post("/cgi-bin/message/custom/send")
        async def send(request: Request) -> HTTPResponse:
            self.sent.append(request.json)
            return self.answer(request.args.get("access_token"))

        return app


async def send_through(api: Api, times: int = 1) -> None:
    async with running(api.app()) as url:
        client = WeChatApi(APP_ID, APP_SECRET, f"{url}/cgi-bin/")
        for number in range(times):
            await client.send_text("o1", f"您好{number}")


@pytest.fixture
async def simulator() -> AsyncIterator[str]:
    async with running(create_app(settings_for("http://127.0.0.1:1"))) as url:
        yield url


async def test_a_message_reaches_the_phone_and_a_lost_token_is_renewed(simulator: str) -> None:
    client = WeChatApi(APP_ID, APP_SECRET, f"{simulator}/cgi-bin")
    async with httpx.AsyncClient(base_url=simulator, trust_env=False) as http:
        openid = (await http.post("/api/phones", json={})).json()["openid"]
        await http.post(f"/api/phones/{openid}/messages", json={"text": "喂"})
        await client.send_text(openid, "第一")
        # Somebody else forces a new token: ours ends.
        body = {"grant_type": "client_credential", "appid": APP_ID, "secret": APP_SECRET}
        await http.post("/cgi-bin/stable_token", json={**body, "force_refresh": True})
        await client.send_text(openid, "第二")
        answer = await http.get(f"/api/phones/{openid}/messages", params={"after": 0})
    texts = [m["text"] for m in answer.json()["messages"] if m["side"] == "account"]
    assert texts[-2:] == ["第一", "第二"]


async def test_a_refusal_carries_its_code_and_is_not_repeated(simulator: str) -> None:
    client = WeChatApi(APP_ID, APP_SECRET, f"{simulator}/cgi-bin/")
    with pytest.raises(SendingFailed) as refused:
        await client.send_text(new_openid(), "您好")
    assert (refused.value.code, refused.value.may_pass) == (45015, False)


async def test_one_token_serves_many_messages() -> None:
    api = Api(lambda token: json(OK))
    await send_through(api, times=3)
    assert len(api.sent) == 3
    assert [asked["force_refresh"] for asked in api.tokens] == [False]


async def test_a_token_that_is_never_taken_is_renewed_once_and_given_up() -> None:
    api = Api(lambda token: json({"errcode": 40001, "errmsg": "invalid credential"}))
    with pytest.raises(SendingFailed) as refused:
        await send_through(api)
    assert refused.value.code == 40001
    assert [asked["force_refresh"] for asked in api.tokens] == [False, True]


async def test_a_busy_api_is_asked_again() -> None:
    answers = iter([json({"errcode": -1, "errmsg": "busy"}), text("oops", status=502), json(OK)])
    api = Api(lambda token: next(answers))
    await send_through(api)
    assert [sent["text"]["content"] for sent in api.sent] == ["您好0"] * 3


@pytest.mark.parametrize(
    "answer", [text("<html>"), text("[]"), text("", status=500), json({"errcode": "?"})]
)
async def test_answers_that_are_none(answer: HTTPResponse) -> None:
    with pytest.raises(SendingFailed) as failed:
        await send_through(Api(lambda token: answer))
    assert failed.value.code is None


async def test_no_access_token_or_secret_in_what_is_raised() -> None:
    client = WeChatApi(APP_ID, APP_SECRET, "http://127.0.0.1:1/cgi-bin/")
    client._client.session.set(client._client.access_token_key, "the-token", 7200)
    with pytest.raises(SendingFailed) as failed:
        await client.send_text("o1", "您好")
    assert failed.value.__suppress_context__
    assert "the-token" not in str(failed.value) and APP_SECRET not in str(failed.value)
