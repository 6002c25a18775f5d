"""The channels against receivers that behave like the real ones, and like broken ones."""

from __future__ import annotations

import json
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sanic import Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, text
from sanic.response import json as json_response

from bot.settings import Settings, SettingsError
from intake.channels.channel import Message, NotDelivered
from intake.channels.conversation import Conversation
from intake.channels.sms import Sms
from intake.channels.template import Template, read_fields, read_pairs
from intake.channels.webhook import Webhook, signature
from intake.notifier import channels_of
from simulator.app import create_app
from tests.contract.intake_running import free_port, intake_settings
from tests.unit.simulator.echo_bot import APP_ID, APP_SECRET, SMS_KEY, running, settings_for

OPENID = "o" + "A" * 27
CASE_ID = "FS20261124578061X"
MESSAGE = Message(
    key=f"{CASE_ID}:5:wechat:{OPENID}",
    case_id=CASE_ID,
    recipient=f"wechat:{OPENID}",
    kind="resolved",
    name="已办结",
    text="您好，您反映的事已办结。\n结果：修好了",
    sms="您反映的事已办结：修好了。",
    content={"at": "2026-11-24T03:00:00+00:00", "note": "修好了，" * 20, "department": "water"},
    phone="13800138000",
)
OFFICE = replace(MESSAGE, recipient="department:water", kind="new_case", phone=None)
FIELDS = read_fields("F", "case_id=character_string1,state=phrase2,text=thing3,time=time4")
Answer = Callable[[Request], HTTPResponse]


@dataclass
class Receiver:
    """Any HTTP server: ``answer`` decides, ``seen`` keeps the requests."""

    answer: Answer
    seen: list[Request] = field(default_factory=list)

    def app(self) -> Sanic:
        app = Sanic(f"receiver-{secrets.token_hex(4)}", configure_logging=False)

        @app.route("/<path:path>", methods=["GET", "POST"])
        async def receive(request: Request, path: str) -> HTTPResponse:
            self.seen.append(request)
            return self.answer(request)

        return app


def event(key: str) -> dict[str, Any]:
    """Our event in a conversation, as Rasa's tracker shows it."""
    entities = [{"entity": "notice_key", "value": key}, {"entity": "text", "value": "…"}]
    data = {"intent": {"name": "EXTERNAL_case_news"}, "entities": entities}
    return {"event": "user", "text": "EXTERNAL: EXTERNAL_case_news", "parse_data": data}


SAID = {"event": "bot", "text": MESSAGE.text}
EARLIER = [{"event": "user", "text": "你好", "parse_data": {"entities": []}}, SAID]


def conversation_of(*events: Any, **more: Any) -> dict[str, Any]:
    return {"tracker": {"sender_id": OPENID, "events": [*EARLIER, *events]}, **more}


def failure(message: str) -> dict[str, Any]:
    return {"version": "3.6.21", "status": "failure", "message": message, "code": 500}


async def send_to(url: str) -> None:
    channel = Conversation(url, "bot-token")
    try:
        await channel.send(MESSAGE)
    finally:
        await channel.close()


async def test_conversation_triggers_the_bot():
    bot = Receiver(lambda _: json_response(conversation_of(event(MESSAGE.key), SAID)))
    async with running(bot.app()) as url:
        await send_to(url)
    (request,) = bot.seen
    assert request.path == f"/conversations/{OPENID}/trigger_intent"
    assert dict(request.query_args) == {"output_channel": "wechat", "token": "bot-token"}
    assert request.json["name"] == "EXTERNAL_case_news"
    assert request.json["entities"] == {
        "notice_key": MESSAGE.key,
        "case_id": CASE_ID,
        "text": MESSAGE.text,
    }


@pytest.mark.parametrize(
    ("status", "body", "certain", "words"),
    [
        # The channel has no way out: Rasa collects the messages and answers 200.
        (200, conversation_of(event(MESSAGE.key), SAID, messages=[{"text": "x"}]), True, "出口"),
        # The action server was away: the action failed and Rasa answers 200.
        (200, conversation_of(event(MESSAGE.key), {"event": "action"}), True, "没有说出"),
        (200, conversation_of(event("another"), SAID), True, "没有说出"),
        (200, conversation_of(event(MESSAGE.key), *EARLIER), True, "没有说出"),
        (200, {"tracker": None}, True, "没有说出"),
        (200, {"tracker": {"events": [1, None, {"event": "user"}]}}, True, "没有说出"),
        (404, failure("The intent does not exist in the domain."), True, "404"),
        (401, failure("User is not authenticated."), True, "401"),
        (500, failure("An unexpected error occurred. Error: 45015: out of time"), True, "48 小时"),
        (500, failure("An unexpected error occurred. Error: 45047: limit"), True, "45047"),
        # WeChat did not answer: nobody knows.
        (500, failure("An unexpected error occurred. Error: None: ReadTimeout"), False, "出错"),
        (500, failure("An unexpected error occurred. Error: 'lock'"), False, "出错"),
        (502, None, False, "异常"),
        (200, [], False, "异常"),
    ],
)
async def test_conversation_believes_no_empty_success(
    status: int, body: Any, certain: bool, words: str
):
    bot = Receiver(lambda _: json_response(body, status))
    async with running(bot.app()) as url:
        with pytest.raises(NotDelivered, match=words) as caught:
            await send_to(url)
    assert caught.value.certain is certain
    assert "bot-token" not in str(caught.value)


async def test_nobody_there_is_certain():
    for address in (f"http://127.0.0.1:{free_port()}", "http://127.0.0.1:1x", "127.0.0.1"):
        with pytest.raises(NotDelivered, match="连不上") as caught:
            await send_to(address)
        assert caught.value.certain


def test_who_reaches_whom():
    conversation, sms = Conversation("http://b", "t"), Sms("http://s", "k")
    template = Template(APP_ID, APP_SECRET, "http://w", {"resolved": "T1"}, FIELDS)
    webhook = Webhook("http://h", "s")
    other = replace(MESSAGE, recipient="webchat:1", kind="accepted")
    assert [c.reaches(MESSAGE) for c in (conversation, template, sms, webhook)] == [1, 1, 1, 0]
    assert [c.reaches(other) for c in (conversation, template, sms, webhook)] == [0, 0, 1, 0]
    assert [c.reaches(OFFICE) for c in (conversation, template, sms, webhook)] == [0, 0, 0, 1]
    assert not template.reaches(replace(MESSAGE, kind="accepted"))


@pytest_asyncio.fixture
async def wechat() -> AsyncIterator[httpx.AsyncClient]:
    """The simulator: WeChat's API side and the SMS gateway."""
    async with (
        running(create_app(settings_for("http://127.0.0.1:1"))) as url,
        httpx.AsyncClient(base_url=url, trust_env=False) as http,
    ):
        yield http


async def test_template_messages_reach_a_follower_once(wechat: httpx.AsyncClient):
    base = f"{wechat.base_url}/cgi-bin/"
    template = Template(APP_ID, APP_SECRET, base, {"*": "T1"}, FIELDS)
    with pytest.raises(NotDelivered, match="43004"):
        await template.send(MESSAGE)
    await wechat.post("/api/phones", json={"openid": OPENID})
    await template.send(MESSAGE)
    await template.send(MESSAGE)
    # Somebody forces a new token: ours is refused, and renewed by itself.
    body = {"grant_type": "client_credential", "appid": APP_ID, "secret": APP_SECRET}
    await wechat.post("/cgi-bin/stable_token", json={**body, "force_refresh": True})
    await template.send(replace(MESSAGE, key="another"))
    await template.close()
    news = (await wechat.get(f"/api/phones/{OPENID}/messages?after=0")).json()["messages"]
    assert [message["how"] for message in news] == ["template", "template"]
    lines = dict(line.split("：") for line in news[0]["text"].split("\n"))
    assert lines["character_string1"] == CASE_ID and lines["phrase2"] == "已办结"
    assert lines["time4"] == "2026-11-24 11:00" and len(lines["thing3"]) == 20


async def test_wrong_credentials_are_no_reason_to_doubt(wechat: httpx.AsyncClient):
    template = Template(APP_ID, "wrong", f"{wechat.base_url}/cgi-bin", {"*": "T1"}, FIELDS)
    with pytest.raises(NotDelivered, match="40125") as caught:
        await template.send(MESSAGE)
    assert caught.value.certain
    await template.close()


async def test_sms_reaches_the_gateway_once(wechat: httpx.AsyncClient):
    sms = Sms(f"{wechat.base_url}/sms/messages", SMS_KEY)
    await sms.send(MESSAGE)
    await sms.send(MESSAGE)
    await sms.close()
    (taken,) = (await wechat.get("/sms/messages")).json()["messages"]
    assert (taken["phone"], taken["text"]) == ("13800138000", MESSAGE.sms)
    assert taken["repeated"] == 1 and OPENID not in str(taken)
    page = (await wechat.get("/sms")).text
    assert "13800138000" in page and "重复 1 次" in page


@pytest.mark.parametrize(
    ("status", "certain"), [(400, True), (401, True), (429, True), (503, True), (500, False)]
)
async def test_sms_refused(status: int, certain: bool):
    gateway = Receiver(lambda _: text("", status))
    async with running(gateway.app()) as url:
        sms = Sms(f"{url}/sms", "sms-secret")
        with pytest.raises(NotDelivered, match=str(status)) as caught:
            await sms.send(MESSAGE)
        await sms.close()
    assert caught.value.certain is certain
    assert "sms-secret" not in str(caught.value) and "138" not in str(caught.value)


async def test_webhook_is_signed_as_documented():
    system = Receiver(lambda _: text("", 204))
    async with running(system.app()) as url:
        hook = Webhook(f"{url}/hook", "top-secret", clock=lambda: 1795536000.9)
        await hook.send(OFFICE)
        await hook.close()
    (request,) = system.seen
    given = request.headers["x-suqiu-signature"]
    assert request.headers["x-suqiu-timestamp"] == "1795536000"
    assert given == signature("top-secret", "1795536000", request.body)
    # The value by hand, so that the documented rule cannot change unseen.
    assert signature("s", "1", b"{}") == (
        "sha256=b253639bcd705ed1cda3073f66104f16988bd40272584dea7d0d345ae93e61cc"
    )
    body = json.loads(request.body)
    assert body["id"] == MESSAGE.key and body["recipient"] == "department:water"
    assert "phone" not in body and "13800138000" not in request.body.decode()


@pytest.mark.parametrize(("status", "certain"), [(302, True), (410, True), (500, False)])
async def test_webhook_refused(status: int, certain: bool):
    system = Receiver(lambda _: text("", status))
    async with running(system.app()) as url:
        hook = Webhook(f"{url}/hook", "s")
        with pytest.raises(NotDelivered) as caught:
            await hook.send(OFFICE)
        await hook.close()
    assert caught.value.certain is certain and len(system.seen) == 1


def names(settings: Settings) -> list[str]:
    return [channel.name for channel in channels_of(settings)]


def test_the_settings_choose_the_channels(tmp_path):
    assert names(intake_settings(tmp_path)) == ["conversation", "sms"]
    all_on = intake_settings(
        tmp_path,
        WECHAT_TEMPLATES="resolved=T1, *=T2",
        SUQIU_WEBHOOK_URL="http://127.0.0.1:9/hook",
        SUQIU_WEBHOOK_SECRET="s",
    )
    assert names(all_on) == ["conversation", "template", "sms", "webhook"]
    assert names(intake_settings(tmp_path, SUQIU_SMS_URL="off")) == ["conversation"]


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"SUQIU_WEBHOOK_URL": "http://x"}, "SUQIU_WEBHOOK_SECRET"),
        ({"WECHAT_TEMPLATES": "T1"}, "WECHAT_TEMPLATES"),
        ({"WECHAT_TEMPLATES": "*=T1", "WECHAT_TEMPLATE_FIELDS": "x=y"}, "WECHAT_TEMPLATE_FIELDS"),
        ({"SUQIU_NOTIFIER": "perhaps"}, "SUQIU_NOTIFIER"),
    ],
)
def test_wrong_settings_are_named(tmp_path, values: dict[str, str], named: str):
    with pytest.raises(SettingsError, match=named):
        channels_of(intake_settings(tmp_path, **values))


def test_pairs_are_read_strictly():
    assert read_pairs("X", "a=1, b = 2") == {"a": "1", "b": "2"}
    for wrong in ("", "a", "a=", "=1", "a=1,,b=2", "a=1,a=2"):
        with pytest.raises(SettingsError, match="X"):
            read_pairs("X", wrong)
