"""``suqiu bench``: our bot and stock Rasa in one run, in turns, with the same conversation."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import FrameType
from typing import Any

import httpx
from rich.console import Console

from bot.settings import Settings, load_settings
from cli.bench_load import SCRIPT, Figures, Say, conversations, first_answer, greetings
from cli.bench_report import machine_facts, show_report, write_report
from cli.bench_stock import Stock, free_port, trained_stock
from cli.model import is_stale, model_path, source_fingerprint
from cli.secrets_file import ensure_secrets
from cli.services import all_services, answers, warm_up
from cli.supervisor import Supervisor
from cli.training import train_with_progress
from simulator.openid import new_openid
from simulator.wechat import WeChatSide

USERS = 32
_START_LIMIT = 180.0


@dataclass(frozen=True)
class Amount:
    """How much is measured: ``rounds`` times ``alone`` conversations of one user after another
    and ``crowd`` of all users at once. No round begins ``seconds`` after the first."""

    rounds: int
    alone: int
    crowd: int
    seconds: float


FULL = Amount(rounds=4, alone=15, crowd=64, seconds=480.0)
QUICK = Amount(rounds=1, alone=5, crowd=32, seconds=60.0)


def run_benchmark(settings: Settings, out: Path, quick: bool, console: Console) -> None:
    """Run everything and write JSON and a Markdown table into ``out``.

    Raises:
        BenchFailed, ServiceFailed, TrainingFailed
    """
    work = settings.home / "bench"
    home = work / "ours"
    known = _own_settings(home)
    with _ended_by_sigterm():
        training = {
            "ours": _trained_ours(known, console),
            "stock": 0.0,
        }
        stock_model, training["stock"] = trained_stock(work, console)
        for database in home.glob("*.db*"):
            database.unlink()
        supervisor = Supervisor(known.as_environment(), known.log_dir)
        stock = Stock(stock_model, known)
        began = time.monotonic()
        try:
            result = asyncio.run(
                _measure(known, supervisor, stock, QUICK if quick else FULL, console)
            )
        finally:
            stock.stop()
            supervisor.stop()
    result |= {
        "date": date.today().isoformat(),
        "quick": quick,
        "users": USERS,
        "seconds": round(time.monotonic() - began),
        "training_seconds": training,
        "machine": machine_facts(),
    }
    out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(result, ensure_ascii=False, indent=1) + "\n"
    (out / f"{result['date']}.json").write_text(text, "utf-8")
    write_report(result, out / "latest.md")
    show_report(result, console)


def _own_settings(home: Path) -> Settings:
    """Ports, keys and data of its own: nothing of a running system is touched."""
    ensure_secrets(home, environ={})
    ports = ("SUQIU_BOT_PORT", "SUQIU_ACTIONS_PORT", "SUQIU_INTAKE_PORT", "SUQIU_SIMULATOR_PORT")
    return load_settings({"SUQIU_HOME": str(home)} | {name: str(free_port()) for name in ports})


def _trained_ours(known: Settings, console: Console) -> float:
    """Seconds that training took; trained once for the same sources, as stock is."""
    mark = known.home / "trained"
    if mark.exists() and not is_stale(known.model_dir):
        fingerprint, seconds = mark.read_text().split()
        if fingerprint == source_fingerprint():
            return float(seconds)
    model_path(known.model_dir).unlink(missing_ok=True)
    fingerprint = source_fingerprint()
    started = time.monotonic()
    train_with_progress(known.model_dir, known.log_dir, console)
    taken = time.monotonic() - started
    mark.write_text(f"{fingerprint} {taken:.1f}")
    return taken


async def _measure(
    known: Settings, supervisor: Supervisor, stock: Stock, amount: Amount, console: Console
) -> dict[str, Any]:
    side = WeChatSide(
        known.bot_url + "/webhooks/wechat/webhook",
        known.wechat_token,
        known.wechat_app_id,
        known.wechat_aes_key,
        # As the other client does; making connections costs the client more than the bots.
        keep_connections=True,
    )

    async def ours(openid: str, text: str) -> str:
        return (await side.send_text(openid, text)).reply_text or ""

    async with httpx.AsyncClient(trust_env=False, timeout=60.0) as http:

        async def theirs(sender: str, text: str) -> str:
            answer = await http.post(stock.url, json={"sender": sender, "message": text})
            return "\n".join(message.get("text", "") for message in answer.json())

        bots: tuple[tuple[str, Say], ...] = (("ours", ours), ("stock", theirs))
        figures = {name: Figures() for name, _ in bots}
        for _, say in bots:
            # The clients' own first time shall not count as the bots'.
            with suppress(httpx.HTTPError):
                await say(new_openid(), SCRIPT[0])
        console.print("启动我们的服务……")
        figures["ours"].start_seconds = await _start_ours(
            known, supervisor, side, ours, figures["ours"]
        )
        console.print("启动原装 Rasa……")
        figures["stock"].start_seconds = await _start_stock(stock, theirs, figures["stock"])
        for name, say in bots:
            await greetings(say, figures[name])
        deadline = time.monotonic() + amount.seconds
        rounds = 0
        while rounds < amount.rounds and time.monotonic() < deadline:
            rounds += 1
            for name, say in bots:
                console.print(f"第 {rounds}/{amount.rounds} 轮：{_NAMES[name]}")
                await conversations(say, amount.alone, 1, figures[name].alone)
                await conversations(say, amount.crowd, USERS, figures[name].crowd)
    await side.aclose()
    return {
        "rounds": rounds,
        "figures": {name: figures[name].as_json() for name, _ in bots},
        "memory_mb": {"ours": supervisor.memory(), "stock": stock.memory()},
    }


_NAMES = {"ours": "我们", "stock": "原装 Rasa"}


async def _start_ours(
    known: Settings, supervisor: Supervisor, side: WeChatSide, say: Say, figures: Figures
) -> float:
    """Start as ``suqiu up`` does, which warms the bot up before it says ready."""
    *others, bot = all_services(known)
    for service in others:
        supervisor.start(service)
    for service in others:
        supervisor.wait_until(service, answers, _START_LIMIT)
    started = time.perf_counter()
    supervisor.start(bot)
    supervisor.wait_until(bot, answers, _START_LIMIT)
    await asyncio.to_thread(warm_up, known)
    # The hundredth answer comes over a connection that is there already: so shall the first.
    await side.check_server()
    await first_answer(say, figures, _START_LIMIT, lambda: None)
    return time.perf_counter() - started


async def _start_stock(stock: Stock, say: Say, figures: Figures) -> float:
    stock.start_actions()
    started = time.perf_counter()
    stock.start_bot()
    await first_answer(say, figures, _START_LIMIT, stock.check)
    return time.perf_counter() - started


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """SIGTERM ends the run as Ctrl-C does: all processes are stopped."""

    def end(number: int, frame: FrameType | None) -> None:
        sys.exit(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
