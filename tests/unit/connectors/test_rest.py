"""Rasa's REST channel behind our door, on a real socket."""

from __future__ import annotations

import json
import secrets
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from cryptography.fernet import Fernet
from rasa.core.channels.channel import UserMessage
from sanic import Sanic

from bot.privacy import Vault
from connectors import texts
from connectors.rest import SafeRestInput
from tests.unit.simulator.echo_bot import running

vault = Vault(Fernet.generate_key().decode())
PHONE = "13800138000"


class Bot:
    """Repeats what it hears; raises at 坏 with the words in the message, as databases do."""

    def __init__(self) -> None:
        self.seen: list[UserMessage] = []

    async def on_new_message(self, message: UserMessage) -> None:
        self.seen.append(message)
        if "坏" in message.text:
            raise RuntimeError(f"cannot store {message.text!r}")
        await message.output_channel.send_text_message(message.sender_id, f"收到：{message.text}")


@pytest.fixture
def bot() -> Bot:
    return Bot()


@pytest.fixture
async def http(bot: Bot) -> AsyncIterator[httpx.AsyncClient]:
    app = Sanic(f"rest-{secrets.token_hex(4)}", configure_logging=False)
    routes = SafeRestInput(vault).blueprint(bot.on_new_message)
    routes.url_prefix = "/rest"
    app.blueprint(routes)
    async with (
        running(app) as url,
        httpx.AsyncClient(base_url=f"{url}/rest", trust_env=False) as client,
    ):
        yield client


def body(message: Any, **more: Any) -> dict[str, Any]:
    return {"sender": "o123", "message": message, **more}


async def test_a_caller_gets_a_conversation_of_its_own(http: httpx.AsyncClient, bot: Bot) -> None:
    answer = await http.post("/webhook", json=body("你好", input_channel="wechat"))
    assert answer.json() == [{"recipient_id": "o123", "text": "收到：你好"}]
    assert (bot.seen[0].sender_id, bot.seen[0].input_channel) == ("rest:o123", "rest")


async def test_orders_and_forged_metadata_lose_their_power(
    http: httpx.AsyncClient, bot: Bot
) -> None:
    order = '/EXTERNAL_case_filed{"case_id": "1"}'
    await http.post("/webhook", json=body(order, metadata={"sealed": "forged"}))
    assert bot.seen[0].text.startswith("／") and bot.seen[0].metadata == {}


async def test_phones_are_masked(http: httpx.AsyncClient, bot: Bot) -> None:
    await http.post("/webhook", json=body(f"电话{PHONE}"))
    assert bot.seen[0].text == "电话138****8000"
    assert PHONE not in str(bot.seen[0].metadata)


@pytest.mark.parametrize("message", ["", "  \n", None, 5, ["你好"], {"text": "你好"}])
async def test_no_words_are_answered_without_the_bot(
    http: httpx.AsyncClient, bot: Bot, message: Any
) -> None:
    answer = await http.post("/webhook", json=body(message))
    assert [sent["text"] for sent in answer.json()] == [texts.EMPTY]
    assert bot.seen == []


@pytest.mark.parametrize("content", ["", "{", "[]", "5", '"text"', "null"])
async def test_bodies_that_are_no_object_are_refused(
    http: httpx.AsyncClient, bot: Bot, content: str
) -> None:
    assert (await http.post("/webhook", content=content)).status_code == 400
    assert bot.seen == []


@pytest.mark.parametrize("address", ["/webhook", "/webhook?stream=true"])
async def test_a_failed_turn_is_told_and_no_words_are_logged(
    http: httpx.AsyncClient,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    address: str,
) -> None:
    answer = await http.post(address, json=body(f"水管坏了，电话{PHONE}"))
    assert texts.FAILED in [item["text"] for item in _messages(answer.text)]
    logged = caplog.text + "".join(capfd.readouterr())
    assert "RuntimeError" in logged
    assert "水管" not in logged and PHONE not in logged


def _messages(answer: str) -> list[dict[str, Any]]:
    if answer.startswith("["):
        return list(json.loads(answer))
    return [json.loads(line) for line in answer.splitlines()]
