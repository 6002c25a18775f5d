"""The table of a benchmark run, as ratios ours to stock."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import mean
from typing import Any

from simulator.replay import percentile

_MILLI = 1000


def write_report(result: dict[str, Any], path: Path) -> str:
    """Write the Markdown table and return it."""
    ours, stock = result["figures"]["ours"], result["figures"]["stock"]
    rows: list[tuple[str, float, float, str]] = []
    for words, name in (("1 位用户", "alone"), ("32 位用户", "crowd")):
        for share in (0.5, 0.95, 0.99):
            rows.append(
                (
                    f"一轮用时 p{share * 100:.0f}，{words}",
                    percentile(ours[name], share) * _MILLI,
                    percentile(stock[name], share) * _MILLI,
                    "毫秒",
                )
            )
        rate = f"{name}_rate"
        rows.append((f"吞吐，{words}", mean(ours[rate]), mean(stock[rate]), "轮/秒"))
    start = result["start"]
    rows.append(("启动到第一次应答", start["ours"]["seconds"], start["stock"]["seconds"], "秒"))
    rows.append(
        (
            "启动后第一次应答用时",
            start["ours"]["first_answer"] * _MILLI,
            start["stock"]["first_answer"] * _MILLI,
            "毫秒",
        )
    )
    hundredth = result["hundredth"]
    rows.append(("第一百次前后应答用时", _mid(hundredth["ours"]), _mid(hundredth["stock"]), "毫秒"))
    memory = result["memory_mb"]
    rows.append(("机器人进程内存", memory["ours"]["bot"], memory["stock"]["bot"], "MB"))
    rows.append(("动作服务内存", memory["ours"]["actions"], memory["stock"]["actions"], "MB"))
    training = result["training_seconds"]
    rows.append(("训练（原装只用抽样例句）", training["ours"], training["stock"], "秒"))
    lines = ["| 项目 | 我们 | 原装 Rasa | 单位 | 我们/原装 |", "|---|---|---|---|---|"]
    for label, mine, theirs, unit in rows:
        ratio = f"{mine / theirs:.2f}" if theirs else "—"
        lines.append(f"| {label} | {mine:.1f} | {theirs:.1f} | {unit} | {ratio} |")
    turns = len(ours["alone"]) + len(ours["crowd"])
    lines.append(f"\n命令：`suqiu bench`；{result['cpus']} 核，每边 {turns} 轮消息，轮流测。")
    table = "\n".join(lines) + "\n"
    path.write_text(table, "utf-8")
    return table


def _mid(seconds: Sequence[float]) -> float:
    return percentile(seconds, 0.5) * _MILLI
