"""The running simulator over HTTP: phones, API side, page."""

from __future__ import annotations

import asyncio

from simulator.wechat import FAILURE_NOTICE
from tests.unit.simulator.conftest import World
from tests.unit.simulator.echo_bot import APP_ID, APP_SECRET


async def test_conversation(world: World) -> None:
    openid = await world.new_citizen()
    result = await world.say(openid, "你好")
    assert result["delivery"]["reply_text"] == "收到：你好"
    asked, answered = result["messages"]
    assert (asked["side"], asked["how"], asked["text"]) == ("citizen", "sent", "你好")
    assert (answered["side"], answered["how"]) == ("account", "passive_reply")
    assert answered["seconds"] > 0 and answered["attempts"] == 1
    assert "你好" in asked["source"] and "收到：你好" in answered["source"]
    assert (await world.say(openid, "再见"))["messages"][0]["number"] == 3


async def test_citizens_are_apart(world: World) -> None:
    one, two = await world.new_citizen(), await world.new_citizen()
    await world.say(one, "甲")
    await world.say(two, "乙")
    assert [seen["openid"] for seen in world.bot.seen] == [one, two]
    news = (await world.http.get(f"/api/phones/{two}/messages")).json()
    assert [m["text"] for m in news["messages"]] == ["乙", "收到：乙"]


async def test_failure_is_shown_with_its_reason(world: World) -> None:
    result = await world.say(await world.new_citizen(), "错")
    notice = result["messages"][-1]
    assert (notice["side"], notice["text"]) == ("notice", FAILURE_NOTICE)
    assert "HTTP 500" in notice["detail"]


async def test_customer_message_wakes_the_phone(world: World) -> None:
    openid, token = await world.new_citizen(), await world.token()
    await world.say(openid, "success")
    waiting = asyncio.ensure_future(world.http.get(f"/api/phones/{openid}/messages?after=1"))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    assert await world.push(token, openid, "办好了") == {"errcode": 0, "errmsg": "ok"}
    news = (await asyncio.wait_for(waiting, 2)).json()
    (message,) = news["messages"]
    assert (message["text"], message["how"]) == ("办好了", "customer_service")
    assert 0.1 <= message["seconds"] < 5


async def test_typing_wakes_the_phone(world: World) -> None:
    openid, token = await world.new_citizen(), await world.token()
    await world.say(openid, "success")
    waiting = asyncio.ensure_future(world.http.get(f"/api/phones/{openid}/messages?after=1"))
    await asyncio.sleep(0.05)
    path, params = "/cgi-bin/message/custom/typing", {"access_token": token}
    body = {"touser": openid, "command": "Typing"}
    assert (await world.http.post(path, params=params, json=body)).json()["errcode"] == 0
    assert (await asyncio.wait_for(waiting, 2)).json()["typing"] is True
    body["command"] = "Sing"
    assert (await world.http.post(path, params=params, json=body)).json()["errcode"] == 45072


async def test_api_refusals(world: World) -> None:
    openid, token = await world.new_citizen(), await world.token()
    assert (await world.push(token, openid, "你好"))["errcode"] == 45015
    assert (await world.push(token, "o" + "z" * 27, "你好"))["errcode"] == 45015
    assert (await world.push(token, "somebody", "你好"))["errcode"] == 40003
    assert (await world.push("wrong", openid, "你好"))["errcode"] == 40001
    assert (await world.push("", openid, "你好"))["errcode"] == 41001
    await world.say(openid, "你好")
    assert (await world.push(token, openid, "长" * 700))["errcode"] == 45002
    for _ in range(5):
        assert (await world.push(token, openid, "你好"))["errcode"] == 0
    assert (await world.push(token, openid, "你好"))["errcode"] == 45047
    newer = await world.token()
    assert (await world.push(token, openid, "你好"))["errcode"] == 40001
    send = "/cgi-bin/message/custom/send"
    bad = await world.http.post(send, params={"access_token": newer}, content=b"{")
    assert (bad.status_code, bad.json()["errcode"]) == (200, 47001)


async def test_tokens_over_http(world: World) -> None:
    wrong = {"grant_type": "client_credential", "appid": "wx", "secret": APP_SECRET}
    assert (await world.http.get("/cgi-bin/token", params=wrong)).json()["errcode"] == 40013
    # Clients send the body without saying that it is JSON.
    body = f'{{"grant_type":"client_credential","appid":"{APP_ID}","secret":"{APP_SECRET}"}}'
    answer = (await world.http.post("/cgi-bin/stable_token", content=body.encode())).json()
    params = {"access_token": answer["access_token"]}
    ips = (await world.http.get("/cgi-bin/getcallbackip", params=params)).json()
    assert ips == {"ip_list": ["127.0.0.1"]}
    assert (await world.http.get("/cgi-bin/menu/none", params=params)).json()["errcode"] == 40066


async def test_wechatpy_is_a_client(world: World) -> None:
    from wechatpy import WeChatClient

    class LocalClient(WeChatClient):
        API_BASE_URL = world.url + "/cgi-bin/"

        def fetch_access_token(self):
            params = {"grant_type": "client_credential", "appid": APP_ID, "secret": APP_SECRET}
            return self._fetch_access_token(self.API_BASE_URL + "token", params)

    openid = await world.new_citizen()
    await world.say(openid, "success")
    client = LocalClient(APP_ID, APP_SECRET, timeout=5)
    await asyncio.to_thread(client.message.send_text, openid, "来自 wechatpy")
    # Somebody else takes a new token: the client is refused once, refreshes and goes on.
    await world.token()
    await asyncio.to_thread(client.message.send_text, openid, "再来")
    news = (await world.http.get(f"/api/phones/{openid}/messages?after=1")).json()
    assert [m["text"] for m in news["messages"]] == ["来自 wechatpy", "再来"]


async def test_bad_requests_have_one_shape(world: World) -> None:
    openid = await world.new_citizen()
    path = f"/api/phones/{openid}/messages"
    answers = [
        (400, await world.http.post(path, json={"text": "  "})),
        (400, await world.http.post(path, json={"text": 3})),
        (400, await world.http.post(path, json={"text": "长" * 2001})),
        (400, await world.http.post(path, json={"text": "好", "ref": "x" * 65})),
        (400, await world.http.post(path, json=[])),
        (400, await world.http.post(path, content=b"{", headers={"content-type": "text/plain"})),
        (
            400,
            await world.http.post(path, content=b"{", headers={"content-type": "application/json"}),
        ),
        (400, await world.http.get(path, params={"after": "-1"})),
        (400, await world.http.post("/api/phones", json={"openid": "x"})),
        (404, await world.http.get("/api/phones/nobody/messages")),
        (404, await world.http.post("/api/phones/nobody/messages", json={"text": "好"})),
        (404, await world.http.get("/nowhere")),
    ]
    for status, answer in answers:
        assert answer.status_code == status, answer.text
        assert set(answer.json()["error"]) == {"code", "message", "details"}
    assert world.bot.seen == []


async def test_known_citizen_comes_back(world: World) -> None:
    openid = "oCitizen0123456789abcdefghij"
    answer = await world.http.post("/api/phones", json={"openid": openid})
    assert (answer.status_code, answer.json()) == (201, {"openid": openid})


async def test_page_and_health(world: World) -> None:
    page = await world.http.get("/")
    assert page.status_code == 200 and "桂城平东夜晚好多大货车" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    for name in ("chat.js", "api.js", "view.js", "chat.css", "icon.svg", "person.svg"):
        assert (await world.http.get(f"/static/{name}")).status_code == 200
    assert (await world.http.get("/healthz")).json() == {"status": "ok"}
    assert (await world.http.get("/api/bot")).json() == {"up": True}


async def test_template_messages(world: World) -> None:
    openid, token = await world.new_citizen(), await world.token()
    body = {
        "touser": openid,
        "template_id": "T1",
        "client_msg_id": "once",
        "data": {"thing1": {"value": "办好了"}, "time2": {"value": ""}},
    }

    async def send(**changes: object) -> dict:
        params = {"access_token": token}
        path = "/cgi-bin/message/template/send"
        answer = await world.http.post(path, params=params, json={**body, **changes})
        return answer.json()

    first, again = await send(), await send()
    assert first["errcode"] == 0 and again == first
    assert (await send(client_msg_id=None))["msgid"] != first["msgid"]
    news = (await world.http.get(f"/api/phones/{openid}/messages?after=0")).json()["messages"]
    assert [(m["text"], m["how"]) for m in news] == [("thing1：办好了", "template")] * 2
    assert (await send(touser="o" + "z" * 27))["errcode"] == 43004
    assert (await send(template_id=""))["errcode"] == 40037
    assert (await send(data=[]))["errcode"] == 47001
    assert (await send(data={"a": "b"}))["errcode"] == 47001
    assert (await send(data={"a": {"value": ""}}))["errcode"] == 44004
