"""The simulator beside a small echo bot, both on free ports of this machine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest_asyncio

from simulator.app import create_app
from tests.unit.simulator.echo_bot import APP_ID, APP_SECRET, EchoBot, running, settings_for


@dataclass
class World:
    """A running simulator: ``http`` speaks to it, ``bot`` is what it speaks to."""

    http: httpx.AsyncClient
    bot: EchoBot
    url: str

    async def new_citizen(self) -> str:
        return (await self.http.post("/api/phones", json={})).json()["openid"]

    async def say(self, openid: str, text: str) -> dict:
        answer = await self.http.post(f"/api/phones/{openid}/messages", json={"text": text})
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def token(self) -> str:
        params = {"grant_type": "client_credential", "appid": APP_ID, "secret": APP_SECRET}
        return (await self.http.get("/cgi-bin/token", params=params)).json()["access_token"]

    async def push(self, token: str, openid: str, content: str) -> dict:
        body = {"touser": openid, "msgtype": "text", "text": {"content": content}}
        answer = await self.http.post(
            "/cgi-bin/message/custom/send", params={"access_token": token}, json=body
        )
        return answer.json()


@pytest_asyncio.fixture
async def world() -> AsyncIterator[World]:
    bot = EchoBot()
    async with (
        running(bot.app()) as bot_url,
        running(create_app(settings_for(bot_url))) as url,
        httpx.AsyncClient(base_url=url, trust_env=False, timeout=40) as http,
    ):
        yield World(http, bot, url)
