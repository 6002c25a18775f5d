"""The report of a benchmark run: a Markdown file, and the same table on the screen."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import mean, median
from typing import Any

from rich.console import Console
from rich.table import Table

from cli.bench_stock import LINES_PER_LABEL
from simulator.replay import percentile

_MILLI = 1000
_HEAD = ("项目", "我们", "原装 Rasa", "单位", "我们/原装")
# One answer scatters this much by itself.
_SAME = 1.5
# Answers around the hundredth: one alone is chance.
_AROUND = 10


@dataclass(frozen=True)
class Row:
    """One measured thing on both sides."""

    label: str
    ours: float
    stock: float
    unit: str

    @property
    def ratio(self) -> float:
        return self.ours / self.stock

    def cells(self) -> tuple[str, str, str, str, str]:
        digits = 2 if max(self.ours, self.stock) < 10 else 1
        ours, stock = f"{self.ours:.{digits}f}", f"{self.stock:.{digits}f}"
        return self.label, ours, stock, self.unit, f"{self.ratio:.2f}"


@dataclass(frozen=True)
class Goal:
    """A promise of the project and what the run says to it."""

    words: str
    found: str
    reached: bool


def rows(result: dict[str, Any]) -> list[Row]:
    """The table's rows of a run's ``result``."""
    return list(_rows(result))


def goals(result: dict[str, Any]) -> list[Goal]:
    """The project's goals against the run."""
    by_label = {row.label: row for row in rows(result)}
    crowd, alone = by_label[_rate(result["users"])], by_label[_latency(95, 1)]
    first, hundredth = by_label[_FIRST].ours, by_label[_HUNDREDTH].ours
    return [
        Goal("吞吐至少是原装的 3 倍", f"{crowd.ratio:.1f} 倍", crowd.ratio >= 3),
        Goal("一位用户的 p95 不超过原装的 1/3", f"{alone.ratio:.2f}", alone.ratio <= 1 / 3),
        Goal(
            "启动后第一次应答和第一百次一样快（1.5 倍以内）",
            f"{first:.0f} 毫秒，第一百次 {hundredth:.0f} 毫秒",
            first <= hundredth * _SAME,
        ),
    ]


_FIRST, _HUNDREDTH = "启动后第一次应答", "第一百次应答（前十次的中位数）"


def _latency(share: int, users: int) -> str:
    return f"一轮用时 p{share}，{users} 位用户"


def _rate(users: int) -> str:
    return f"吞吐，{users} 位用户"


def _rows(result: dict[str, Any]) -> Iterator[Row]:
    ours, stock = result["figures"]["ours"], result["figures"]["stock"]
    for users, name in ((1, "alone"), (result["users"], "crowd")):
        for share in (50, 95, 99):
            mine, theirs = (
                percentile(side[name]["turn_seconds"], share / 100) * _MILLI
                for side in (ours, stock)
            )
            yield Row(_latency(share, users), mine, theirs, "毫秒")
        mine, theirs = (mean(side[name]["turns_per_second"]) for side in (ours, stock))
        yield Row(_rate(users), mine, theirs, "轮/秒")
    yield Row("启动到第一次应答", ours["start_seconds"], stock["start_seconds"], "秒")
    greeted, greeted_stock = ours["greeting_seconds"], stock["greeting_seconds"]
    yield Row(_FIRST, greeted[0] * _MILLI, greeted_stock[0] * _MILLI, "毫秒")
    late, late_stock = (median(side[-_AROUND:]) * _MILLI for side in (greeted, greeted_stock))
    yield Row(_HUNDREDTH, late, late_stock, "毫秒")
    memory = result["memory_mb"]
    for name, words in (("bot", "机器人进程内存"), ("actions", "动作服务内存")):
        yield Row(words, memory["ours"][name], memory["stock"][name], "MB")
    training = result["training_seconds"]
    yield Row("训练", training["ours"], training["stock"], "秒")


def write_report(result: dict[str, Any], path: Path) -> None:
    """Write the Markdown report."""
    lines = [f"# 和原装 Rasa 比（{result['date']}）", ""]
    lines += ["| " + " | ".join(_HEAD) + " |", "|---|--:|--:|---|--:|"]
    lines += ["| " + " | ".join(row.cells()) + " |" for row in rows(result)]
    lines += ["", "| 目标 | 这次 | 达到 |", "|---|---|---|"]
    lines += [f"| {goal.words} | {goal.found} | {_yes(goal)} |" for goal in goals(result)]
    lines += ["", *(f"- {note}" for note in _notes(result)), ""]
    path.write_text("\n".join(lines), "utf-8")


def show_report(result: dict[str, Any], console: Console) -> None:
    """Print the same for the terminal."""
    table = Table(*_HEAD)
    for column in table.columns[1:]:
        column.justify = "right"
    for row in rows(result):
        table.add_row(*row.cells())
    console.print(table)
    for goal in goals(result):
        console.print(f"{'✓' if goal.reached else '✗'} {goal.words}：{goal.found}")
    for note in _notes(result):
        console.print(note, style="dim", markup=False)


def machine_facts() -> dict[str, Any]:
    """What the figures depend on."""
    return {
        "cpus": os.cpu_count(),
        "processor": _processor(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": platform.system(),
        "python": platform.python_version(),
        "rasa": version("rasa"),
        "tensorflow": version("tensorflow"),
    }


def _yes(goal: Goal) -> str:
    return "是" if goal.reached else "否"


def _notes(result: dict[str, Any]) -> list[str]:
    machine = result["machine"]
    alone = len(result["figures"]["ours"]["alone"]["turn_seconds"])
    crowd = len(result["figures"]["ours"]["crowd"]["turn_seconds"])
    command = "suqiu bench --quick" if result["quick"] else "suqiu bench"
    others = "、".join(
        f"{name} {size:.0f} MB"
        for name, size in result["memory_mb"]["ours"].items()
        if name not in ("bot", "actions")
    )
    return [
        f"命令：`{command}`，测了 {result['seconds']} 秒，两边轮流 {result['rounds']} 轮，"
        f"每边单人 {alone} 句、{result['users']} 人同时 {crowd} 句。",
        f"机器：{machine['cpus']} 核 {machine['processor']}，内存 {machine['memory_gb']} GB，"
        f"Python {machine['python']}，Rasa {machine['rasa']}，TensorFlow {machine['tensorflow']}。",
        "我们：`suqiu serve` 的全部进程，签名、加密的微信接口，会话记录存 SQLite；"
        f"另有 {others}。启动时间含预热（`suqiu up` 预热后才说 ready）。",
        f"原装：REST 接口，会话记录在内存里，训练只用每个标签 {LINES_PER_LABEL} 句（对原装有利）。",
    ]


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()
