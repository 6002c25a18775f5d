"""``suqiu bench``: turn latency, throughput, start-up, memory and training beside stock Rasa."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console

from bot.settings import Settings, load_settings
from cli.bench_report import write_report
from cli.bench_stock import Stock, free_port, trained_stock
from cli.model import is_stale, model_path
from cli.secrets_file import ensure_secrets
from cli.services import all_services, answers
from cli.supervisor import Supervisor
from cli.training import train_with_progress
from simulator.openid import new_openid
from simulator.wechat import WeChatSide

SCRIPT = ("你好", "我要投诉", "桂城平东社区楼下烧烤档夜晚好嘈好大油烟", "匿名", "对")
_FINAL = "已提交"
_USERS = 32
Say = Callable[[str, str], Awaitable[str]]


class BenchFailed(Exception):
    """A bot did not hold the conversation; the message shows where."""


def run_benchmark(settings: Settings, out: Path, quick: bool, console: Console) -> None:
    """Run everything and write JSON and a Markdown table into ``out``."""
    work = settings.home / "bench"
    ours_home = work / "ours"
    ensure_secrets(ours_home)
    training = _our_training(settings, console)
    stock_model, stock_training = trained_stock(work, console)
    env = {name: str(free_port()) for name in ("SUQIU_BOT_PORT", "SUQIU_ACTIONS_PORT")}
    env |= {"SUQIU_INTAKE_PORT": str(free_port()), "SUQIU_SIMULATOR_PORT": str(free_port())}
    known = load_settings({**env, "SUQIU_HOME": str(ours_home)})
    _link_model(settings.model_dir, known.model_dir)
    supervisor = Supervisor(known.as_environment(), known.log_dir)
    stock = Stock(stock_model, known, work)
    try:
        result = asyncio.run(_measure(known, supervisor, stock, quick, console))
    finally:
        stock.stop()
        supervisor.stop()
    result["training_seconds"] = {"ours": training, "stock": stock_training}
    result["cpus"] = os.cpu_count()
    out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(result, ensure_ascii=False, indent=1) + "\n"
    (out / f"{date.today().isoformat()}.json").write_text(text, "utf-8")
    console.print(write_report(result, out / "latest.md"), markup=False)


def _our_training(settings: Settings, console: Console) -> float:
    started = time.monotonic()
    train_with_progress(settings.model_dir, settings.log_dir, console)
    assert not is_stale(settings.model_dir)
    return time.monotonic() - started


def _link_model(model_dir: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    link = model_path(target)
    link.unlink(missing_ok=True)
    link.symlink_to(model_path(model_dir))


async def _measure(
    known: Settings, supervisor: Supervisor, stock: Stock, quick: bool, console: Console
) -> dict[str, Any]:
    services = all_services(known)
    side = WeChatSide(
        known.bot_url + "/webhooks/wechat/webhook",
        known.wechat_token,
        known.wechat_app_id,
        known.wechat_aes_key,
    )

    async def ours(openid: str, text: str) -> str:
        return (await side.send_text(openid, text)).reply_text or ""

    async with httpx.AsyncClient(trust_env=False, timeout=60.0) as http:

        async def theirs(sender: str, text: str) -> str:
            answer = await http.post(stock.url, json={"sender": sender, "message": text})
            return "\n".join(message.get("text", "") for message in answer.json())

        console.print("启动两边……")
        for service in services[:-1]:
            supervisor.start(service)
        for service in services[:-1]:
            supervisor.wait_until(service, answers, 60)
        stock.start_actions()
        started = time.perf_counter()
        supervisor.start(services[-1])
        start_ours = await _first_answer(ours, started)
        started = time.perf_counter()
        stock.start_bot()
        start_stock = await _first_answer(theirs, started)

        rounds, alone, together = (1, 4, 32) if quick else (4, 25, 96)
        figures: dict[str, dict[str, list[float]]] = {
            name: {"alone": [], "crowd": [], "alone_rate": [], "crowd_rate": []}
            for name in ("ours", "stock")
        }
        for number in range(rounds):
            for name, say in (("ours", ours), ("stock", theirs)):
                console.print(f"第 {number + 1}/{rounds} 轮：{name}")
                await _round(say, figures[name], alone, together)
        hundredth = {
            "ours": figures["ours"]["alone"][95:105],
            "stock": figures["stock"]["alone"][95:105],
        }
    await side.aclose()
    return {
        "figures": figures,
        "start": {"ours": start_ours, "stock": start_stock},
        "hundredth": hundredth,
        "memory_mb": {"ours": supervisor.memory(), "stock": stock.memory()},
    }


async def _first_answer(say: Say, started: float) -> dict[str, float]:
    """Seconds from the start of the process to its first answer, and that answer's own time."""
    while True:
        asked = time.perf_counter()
        try:
            if await say(new_openid(), SCRIPT[0]):
                now = time.perf_counter()
                return {"seconds": now - started, "first_answer": now - asked}
        except (httpx.HTTPError, ValueError):
            pass
        if asked - started > 180:
            raise BenchFailed("机器人三分钟还没有应答")
        await asyncio.sleep(0.1)


async def _conversation(say: Say, times: list[float]) -> None:
    citizen = new_openid()
    reply = ""
    for text in SCRIPT:
        asked = time.perf_counter()
        reply = await say(citizen, text)
        times.append(time.perf_counter() - asked)
    if _FINAL not in reply:
        raise BenchFailed(f"对话没有走到提交：{reply}")


async def _round(say: Say, figures: dict[str, list[float]], alone: int, together: int) -> None:
    started = time.perf_counter()
    for _ in range(alone):
        await _conversation(say, figures["alone"])
    figures["alone_rate"].append(alone * len(SCRIPT) / (time.perf_counter() - started))
    left = together

    async def user() -> None:
        nonlocal left
        while left > 0:
            left -= 1
            await _conversation(say, figures["crowd"])

    started = time.perf_counter()
    await asyncio.gather(*(user() for _ in range(_USERS)))
    figures["crowd_rate"].append(together * len(SCRIPT) / (time.perf_counter() - started))
