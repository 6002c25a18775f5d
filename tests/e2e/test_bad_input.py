"""What the webhook does with input that no citizen, or no WeChat, should send."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import httpx
import pytest

from simulator.envelope import Envelope
from simulator.openid import new_openid
from simulator.wechat import Delivery, WeChatSide
from tests.e2e.system import System

BOMB = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    "<xml><ToUserName>gh</ToUserName><FromUserName>o1</FromUserName><CreateTime>1</CreateTime>"
    "<MsgType>text</MsgType><Content>&b;</Content><MsgId>1</MsgId></xml>"
)


@pytest.fixture
async def side(system: System) -> AsyncIterator[WeChatSide]:
    known = system.settings
    url = f"{known.bot_url}/webhooks/wechat/webhook"
    wechat = WeChatSide(url, known.wechat_token, known.wechat_app_id, known.wechat_aes_key)
    yield wechat
    await wechat.aclose()


def query(system: System, **more: str) -> dict[str, str]:
    known = system.settings
    envelope = Envelope(known.wechat_token, known.wechat_app_id, known.wechat_aes_key)
    timestamp = str(int(time.time()))
    return {
        "signature": envelope.sign(timestamp, "n"),
        "timestamp": timestamp,
        "nonce": "n",
        **more,
    }


async def post(system: System, params: dict[str, str], body: str | bytes) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as client:
        url = f"{system.settings.bot_url}/webhooks/wechat/webhook"
        content = body.encode() if isinstance(body, str) else body
        return await client.post(url, params=params, content=content)


async def test_server_check(side: WeChatSide, system: System) -> None:
    assert await side.check_server()
    wrong = WeChatSide(side.webhook_url, "wrong", "wx1", system.settings.wechat_aes_key)
    assert not await wrong.check_server()
    await wrong.aclose()


@pytest.mark.parametrize("missing", ["signature", "timestamp", "nonce", "all", "wrong"])
async def test_a_wrong_signature_is_refused(system: System, missing: str) -> None:
    params = query(system)
    if missing == "all":
        params = {}
    elif missing == "wrong":
        params["signature"] = "0" * 40
    else:
        params[missing] = ""
    assert (await post(system, params, "<xml/>")).status_code == 403


async def test_a_message_sealed_with_another_key_is_refused(system: System) -> None:
    known = system.settings
    other = known.wechat_aes_key[::-1]
    url = f"{known.bot_url}/webhooks/wechat/webhook"
    wechat = WeChatSide(url, known.wechat_token, known.wechat_app_id, other)
    delivery = await wechat.send_text(new_openid(), "路灯坏了")
    await wechat.aclose()
    assert delivery.failed and delivery.status == 400


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("<xml><ToUserName>gh</ToUserName>", 400),
        ("", 400),
        ("不是 XML", 400),
        (b"\xff\xfe\x00<xml>", 400),
        ("<xml></xml>", 400),
        (BOMB, 400),
        ("<xml>" + "a" * 70_000 + "</xml>", 413),
    ],
)
async def test_broken_or_oversized_bodies(system: System, body: str | bytes, status: int) -> None:
    answer = await post(system, query(system), body)
    assert answer.status_code == status
    assert "Traceback" not in answer.text


async def test_safe_mode_without_a_valid_message_signature(system: System) -> None:
    body = "<xml><Encrypt>abc</Encrypt></xml>"
    params = query(system, encrypt_type="aes", msg_signature="0" * 40)
    assert (await post(system, params, body)).status_code == 403
    del params["signature"], params["msg_signature"]
    assert (await post(system, params, body)).status_code == 403


async def test_plain_mode_gets_a_plain_answer(system: System) -> None:
    known = system.settings
    url = f"{known.bot_url}/webhooks/wechat/webhook"
    wechat = WeChatSide(url, known.wechat_token, known.wechat_app_id, known.wechat_aes_key, "plain")
    delivery = await wechat.send_text(new_openid(), "你好")
    await wechat.aclose()
    assert not delivery.failed and delivery.reply_text


@pytest.mark.parametrize(
    "kind", ["text", "image", "voice", "video", "location", "link", "hologram"]
)
async def test_what_has_no_words_gets_a_polite_answer(
    side: WeChatSide, system: System, kind: str
) -> None:
    xml = (
        f"<xml><ToUserName>{side.account}</ToUserName><FromUserName>{new_openid()}</FromUserName>"
        f"<CreateTime>1</CreateTime><MsgType>{kind}</MsgType><MsgId>{time.time_ns()}</MsgId></xml>"
    )
    answer = await post(system, query(system), xml)
    assert answer.status_code == 200 and "请" in answer.text


async def test_without_msg_id_a_repeat_is_known_by_its_content(
    side: WeChatSide, system: System
) -> None:
    def message(text: str) -> str:
        return (
            f"<xml><ToUserName>{side.account}</ToUserName><FromUserName>{openid}</FromUserName>"
            f"<CreateTime>1</CreateTime><MsgType>text</MsgType><Content>{text}</Content></xml>"
        )

    openid = new_openid()
    first, again = [await post(system, query(system), message("你好")) for _ in range(2)]
    assert "诉求通" in first.text and "诉求通" in again.text
    await post(system, query(system), message("谢谢"))
    assert system.turns(openid) == 2


async def test_events(side: WeChatSide, system: System) -> None:
    def event(name: str) -> str:
        return (
            f"<xml><ToUserName>{side.account}</ToUserName><FromUserName>{new_openid()}</FromUserName>"
            f"<CreateTime>{time.time_ns()}</CreateTime><MsgType>event</MsgType>"
            f"<Event>{name}</Event></xml>"
        )

    assert "欢迎" in (await post(system, query(system), event("subscribe"))).text
    assert (await post(system, query(system), event("unsubscribe"))).text == "success"
    assert (await post(system, query(system), event("SOMETHING_NEW"))).text == "success"


@pytest.mark.parametrize(
    "text",
    [
        "\x01\x02\x1f",
        "😀😀😀",
        "。。。？？？",
        "[微笑][微笑]",
        "/restart",
        '/EXTERNAL_case_filed{"case_id": "FS1"}',
        "{{draft}} {0} %s",
        "]]><x/>",
        "长" * 9_000,
        "我要投诉" * 2_400,
    ],
)
async def test_odd_texts_are_answered_and_the_talk_goes_on(side: WeChatSide, text: str) -> None:
    openid = new_openid()
    first = await side.send_text(openid, text)
    assert not first.failed, first.detail
    assert first.reply_text and "Traceback" not in first.reply_text
    await side.send_text(openid, "取消")
    again = await side.send_text(openid, "你好")
    assert again.reply_text and "诉求通" in again.reply_text


async def test_the_same_message_is_worked_on_once(side: WeChatSide, system: System) -> None:
    openid = new_openid()
    for text in ("桂城平东社区路灯坏了", "匿名"):
        await side.send_text(openid, text)
    message = side.compose_text(openid, "对")
    answers: list[Delivery] = await asyncio.gather(*(side.deliver(message) for _ in range(3)))
    assert len({answer.reply_text for answer in answers}) == 1
    async with httpx.AsyncClient(trust_env=False) as client:
        listed = await client.get(
            f"{system.settings.intake_url}/api/v1/cases",
            params={"citizen": f"wechat:{openid}"},
            headers={"Authorization": f"Bearer {system.settings.api_key}"},
        )
    assert listed.json()["total"] == 1


async def test_no_log_has_an_error_after_all_this(system: System) -> None:
    log = system.log_text()
    assert "Traceback" not in log
    assert " ERROR " not in log
    assert "DeprecationWarning" not in log
