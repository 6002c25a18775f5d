"""The processes that make up the running system, and how to tell that each answers."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass

import httpx

from bot.settings import Settings
from simulator.wechat import WeChatSide

# Opens every way an appeal takes but the last: nothing is filed.
_WARM_UP = ("你好", "我的诉求", "路灯坏了", "取消", "你好")
_NOBODY = "warm-up"
# Caches and pools fill up over several turns.
_WARM_UP_ROUNDS = 3


class NotWarm(Exception):
    """The bot did not answer at its start; the message is one sentence for the operator."""


@dataclass(frozen=True)
class Service:
    """One process: ``command`` is its ``suqiu serve`` argument, ``health`` a URL that says 200."""

    command: str
    label: str
    host: str
    port: int
    port_setting: str
    health: str


def all_services(settings: Settings) -> list[Service]:
    """In the order in which they are started."""
    host = settings.host
    near = "127.0.0.1" if host in ("0.0.0.0", "::") else host

    def service(command: str, label: str, port: int, setting: str, path: str) -> Service:
        return Service(command, label, host, port, setting, f"http://{near}:{port}{path}")

    return [
        service("intake", "受理平台", settings.intake_port, "SUQIU_INTAKE_PORT", "/healthz"),
        Service(
            "actions",
            "动作服务",
            "127.0.0.1",
            settings.actions_port,
            "SUQIU_ACTIONS_PORT",
            f"http://127.0.0.1:{settings.actions_port}/health",
        ),
        service(
            "simulator", "微信模拟器", settings.simulator_port, "SUQIU_SIMULATOR_PORT", "/healthz"
        ),
        service("bot", "机器人", settings.bot_port, "SUQIU_BOT_PORT", "/"),
    ]


def port_is_free(service: Service) -> bool:
    """Whether the service's port can be listened on now."""
    family = socket.AF_INET6 if ":" in service.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((service.host, service.port))
        except OSError:
            return False
    return True


def answers(service: Service) -> bool:
    """Whether the service answers its health check with 200."""
    try:
        return httpx.get(service.health, timeout=2.0, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def warm_up(settings: Settings) -> None:
    """One conversation through every process, so that the first citizen need not wait.

    It comes in by WeChat's own door, which has parts of its own to load.

    Raises:
        NotWarm: the bot did not answer.
    """
    asyncio.run(_converse(settings))


async def _converse(settings: Settings) -> None:
    wechat = WeChatSide(
        settings.bot_url + "/webhooks/wechat/webhook",
        settings.wechat_token,
        settings.wechat_app_id,
        settings.wechat_aes_key,
    )
    try:
        for text in _WARM_UP * _WARM_UP_ROUNDS:
            delivery = await wechat.send_text(_NOBODY, text)
            if delivery.failed:
                raise NotWarm(f"机器人没有应答预热的消息：{delivery.detail}")
    finally:
        await wechat.aclose()
