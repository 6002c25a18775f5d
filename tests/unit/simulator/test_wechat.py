"""Deliveries to a real webhook: crypto both ways, repeats, failures."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from simulator.openid import is_openid, new_openid
from simulator.wechat import WeChatSide
from tests.unit.simulator.echo_bot import (
    AES_KEY,
    APP_ID,
    TOKEN,
    WEBHOOK_PATH,
    EchoBot,
    free_port,
    running,
)

OPENID = "oCitizen0123456789abcdefghij"


@asynccontextmanager
async def side(bot: EchoBot, mode: str = "safe", token: str = TOKEN) -> AsyncIterator[WeChatSide]:
    async with running(bot.app()) as url:
        wechat = WeChatSide(url + WEBHOOK_PATH, token, APP_ID, AES_KEY, mode, timeout=0.3)
        try:
            yield wechat
        finally:
            await wechat.aclose()


@pytest.mark.parametrize("mode", ["safe", "compatible", "plain"])
async def test_text_goes_out_and_the_reply_comes_back(mode: str) -> None:
    bot = EchoBot()
    said = "桂城 <平东> ]]> & 夜晚好嘈 😀\n第二行"
    async with side(bot, mode) as wechat:
        delivery = await wechat.send_text(OPENID, said)
    assert delivery.reply_text == f"收到：{said}"
    assert (delivery.attempts, delivery.status, delivery.failed) == (1, 200, False)
    assert 0 < delivery.seconds < 0.3
    assert "<MsgType><![CDATA[text]]></MsgType>" in delivery.request_xml
    assert delivery.reply_xml and "收到：" in delivery.reply_xml


async def test_safe_mode_shows_nothing_in_the_clear() -> None:
    bot = EchoBot()
    async with side(bot) as wechat:
        await wechat.send_text(OPENID, "秘密")
    (seen,) = bot.seen
    assert set(seen["posted"]) == {"ToUserName", "Encrypt"}
    assert {"signature", "timestamp", "nonce", "msg_signature", "encrypt_type", "openid"} == set(
        seen["query"]
    )
    assert seen["headers"]["content-type"] == "text/xml"


async def test_compatible_mode_sends_both() -> None:
    bot = EchoBot()
    async with side(bot, "compatible") as wechat:
        await wechat.send_text(OPENID, "你好")
        plain = await wechat.send_text(OPENID, "明文回复")
    assert bot.seen[0]["posted"]["Content"] == "你好"
    assert "Encrypt" in bot.seen[0]["posted"]
    assert plain.reply_text == "收到：明文回复"


async def test_message_ids_increase() -> None:
    bot = EchoBot()
    async with side(bot) as wechat:
        for _ in range(5):
            await wechat.send_text(OPENID, "你好")
    ids = [seen["id"] for seen in bot.seen]
    assert ids == sorted(set(ids))


async def test_slow_answer_is_asked_for_again_with_the_same_id() -> None:
    bot = EchoBot()
    async with side(bot) as wechat:
        delivery = await wechat.send_text(OPENID, "慢2")
    assert (delivery.attempts, delivery.reply_text, delivery.failed) == (3, "收到：慢2", False)
    assert delivery.seconds >= 0.6
    assert len({seen["id"] for seen in bot.seen}) == 1
    assert len({seen["query"]["nonce"][0] for seen in bot.seen}) == 3


async def test_three_slow_answers_fail() -> None:
    bot = EchoBot()
    async with side(bot) as wechat:
        delivery = await wechat.send_text(OPENID, "慢")
    assert (delivery.attempts, delivery.failed, delivery.problem) == (3, True, "timeout")
    assert delivery.status is None and delivery.reply_text is None
    assert len(bot.seen) == 3


async def test_http_error_is_asked_for_again() -> None:
    bot = EchoBot()
    async with side(bot) as wechat:
        recovered = await wechat.send_text(OPENID, "错1")
        failed = await wechat.send_text(OPENID, "错")
    assert (recovered.attempts, recovered.reply_text) == (2, "收到：错1")
    assert (failed.attempts, failed.failed, failed.status) == (3, True, 500)
    assert failed.problem == "http_status"


async def test_bot_not_running_fails_and_is_named() -> None:
    wechat = WeChatSide(f"http://127.0.0.1:{free_port()}/x", TOKEN, APP_ID, AES_KEY)
    delivery = await wechat.send_text(OPENID, "你好")
    assert (delivery.attempts, delivery.failed, delivery.problem) == (3, True, "unreachable")
    assert "机器人还没启动" in delivery.detail
    assert not await wechat.check_server()
    await wechat.aclose()


@pytest.mark.parametrize("said", ["success", "空"])
async def test_no_passive_reply_is_no_failure(said: str) -> None:
    async with side(EchoBot()) as wechat:
        delivery = await wechat.send_text(OPENID, said)
    assert delivery.reply_text is None and not delivery.failed and delivery.attempts == 1


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("JSON", "XML"),
        ("明文回复", "必须加密"),
        ("坏签名", "签名不对"),
        ("别的公众号", "AppID"),
        ("给别人", "收件人"),
        ("太长", "2048"),
    ],
)
async def test_reply_that_wechat_would_not_show(said: str, reason: str) -> None:
    async with side(EchoBot()) as wechat:
        delivery = await wechat.send_text(OPENID, said)
    assert (delivery.failed, delivery.problem, delivery.attempts) == (True, "bad_reply", 1)
    assert delivery.reply_text is None
    assert reason in delivery.detail


async def test_server_check() -> None:
    bot = EchoBot()
    async with side(bot) as wechat:
        assert await wechat.check_server()
    async with side(bot, token="another") as wechat:
        assert not await wechat.check_server()


def test_wrong_aes_key_is_refused() -> None:
    with pytest.raises(ValueError, match="43"):
        WeChatSide("http://127.0.0.1/", TOKEN, APP_ID, "short")


def test_openids_look_like_wechats() -> None:
    openids = {new_openid() for _ in range(100)}
    assert len(openids) == 100
    assert all(is_openid(openid) and len(openid) == 28 for openid in openids)
    assert not any(is_openid(bad) for bad in ("", "x" * 28, "o" * 27, "o" + "é" * 27, None, 3))
