from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from cryptography.fernet import Fernet
from sanic import Sanic

from connectors.wechat.channel import WeChatInput
from simulator.app import create_app as create_simulator
from tests.unit.connectors.door import Door, Phone
from tests.unit.simulator.echo_bot import WEBHOOK_PATH, free_port, running, settings_for


@pytest.fixture
def door() -> Door:
    return Door()


@pytest.fixture
async def parts(door: Door) -> AsyncIterator[dict[str, Any]]:
    """The bot's address and the simulator with its phones, both on real sockets."""
    simulator_port, bot_port = free_port(), free_port()
    bot_url = f"http://127.0.0.1:{bot_port}"
    key = Fernet.generate_key().decode()
    known = replace(settings_for(bot_url, simulator_port), data_key=key)
    app = Sanic(f"door-{secrets.token_hex(4)}", configure_logging=False)
    blueprint = WeChatInput.from_settings(known).blueprint(door.on_new_message)
    blueprint.url_prefix = WEBHOOK_PATH.removesuffix("/webhook")
    app.blueprint(blueprint)
    simulator = create_simulator(known)
    async with running(app, bot_port), running(simulator, simulator_port) as simulator_url:
        yield {"url": bot_url + WEBHOOK_PATH, "simulator": simulator_url}


@pytest.fixture
async def phone(parts: dict[str, Any]) -> AsyncIterator[Phone]:
    url = parts["simulator"]
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=30) as client:
        yield Phone(client, (await client.post("/api/phones", json={})).json()["openid"])
