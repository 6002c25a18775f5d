"""``suqiu replay``: real letters through the running system, one new citizen each, as a table."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean
from typing import Any

import httpx
from rich.console import Console
from rich.progress import track
from rich.table import Table

from bot.privacy import mask
from bot.settings import Settings
from simulator.replay import Conversation, Ending, percentile, tell
from simulator.wechat import WeChatSide

_WEBHOOK = "/webhooks/wechat/webhook"
_LIMIT_SECONDS = 5.0
_COMPARED = 60  # characters of the letter that must stand in the case
_FAULT = re.compile(r"\b(?:ERROR|CRITICAL)\b|Traceback \(most recent call last\)")


@dataclass
class Report:
    """What came of all conversations."""

    conversations: list[Conversation] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    log_faults: list[str] = field(default_factory=list)

    def count(self, ending: Ending) -> int:
        return sum(conversation.ending is ending for conversation in self.conversations)

    @property
    def good(self) -> bool:
        """Every conversation came to an end, every case was found, no log has an error."""
        slow = any(s > _LIMIT_SECONDS for c in self.conversations for s in c.seconds)
        return not (self.count(Ending.GIVEN_UP) or self.missing or self.log_faults or slow)


def replay_file(
    settings: Settings, source: Path, limit: int, out: Path | None, console: Console
) -> bool:
    """Replay the first ``limit`` letters of a JSON Lines file; returns whether all went well."""
    rows = [json.loads(line) for line in source.read_text("utf-8").splitlines() if line.strip()]
    letters = ["\n".join(filter(None, (row.get("subject"), row.get("text")))) for row in rows]
    sizes = {log: log.stat().st_size for log in settings.log_dir.glob("*.log")}
    report = asyncio.run(_replay(settings, letters[:limit], console))
    report.log_faults = _new_faults(sizes)
    _print(report, console)
    if out:
        _write(report, out)
    return report.good


async def _replay(settings: Settings, letters: list[str], console: Console) -> Report:
    report = Report()
    side = WeChatSide(
        settings.bot_url + _WEBHOOK,
        settings.wechat_token,
        settings.wechat_app_id,
        settings.wechat_aes_key,
    )
    async with httpx.AsyncClient(
        base_url=f"{settings.intake_url}/open311/v2",
        params={"api_key": settings.api_key},
        trust_env=False,
    ) as open311:
        try:
            for number, letter in enumerate(track(letters, "重放", console=console)):
                conversation = await tell(side, letter, number)
                report.conversations.append(conversation)
                if conversation.case_id and not await _is_found(
                    open311, conversation.case_id, letter
                ):
                    report.missing.append(conversation.case_id)
        finally:
            await side.aclose()
    return report


async def _is_found(open311: httpx.AsyncClient, case_id: str, letter: str) -> bool:
    """Whether Open311 has the case with the citizen's own words in it."""
    answer = await open311.get(f"/requests/{case_id}.json")
    if answer.status_code != 200:
        return False
    found: list[dict[str, Any]] = answer.json()
    words = _bare(mask(letter)[0])[:_COMPARED]
    return len(found) == 1 and words in _bare(found[0].get("description") or "")


def _bare(text: str) -> str:
    return "".join(text.split())


def _new_faults(sizes: dict[Path, int]) -> list[str]:
    faults = []
    for log, size in sizes.items():
        with log.open(encoding="utf-8", errors="replace") as lines:
            lines.seek(size)
            faults += [f"{log.name}: {line.strip()}" for line in lines if _FAULT.search(line)]
    return faults


def _print(report: Report, console: Console) -> None:
    seconds = [value for c in report.conversations for value in c.seconds]
    turns = [len(c.lines) for c in report.conversations]
    clarified = sum(c.was_asked("更接近哪一类") for c in report.conversations)
    table = Table("项目", "数值")
    rows = {
        "对话": len(report.conversations),
        "已提交（有编号）": report.count(Ending.FILED),
        "其中问过部门": clarified,
        "说明不归市里管": report.count(Ending.NOT_FOR_CITY),
        "没走完": report.count(Ending.GIVEN_UP),
        "Open311 里找不到原话": len(report.missing),
        "每段对话的轮数": f"平均 {mean(turns or [0]):.1f}，最多 {max(turns, default=0)}",
        "每轮用时 p50": f"{percentile(seconds, 0.5) * 1000:.0f} 毫秒",
        "每轮用时 p95": f"{percentile(seconds, 0.95) * 1000:.0f} 毫秒",
        "每轮用时最长": f"{max(seconds, default=0) * 1000:.0f} 毫秒",
        "日志里的错误": len(report.log_faults),
    }
    for name, value in rows.items():
        table.add_row(name, str(value))
    console.print(table)
    for fault in report.log_faults[:10]:
        console.print(fault, markup=False)
    for conversation in [c for c in report.conversations if c.ending is Ending.GIVEN_UP][:5]:
        console.print(f"没走完：{conversation.lines[-1]} {conversation.problems}", markup=False)


def _write(report: Report, out: Path) -> None:
    with out.open("w", encoding="utf-8") as file:
        for c in report.conversations:
            row = {"ending": c.ending.value, "case_id": c.case_id, "lines": c.lines}
            file.write(json.dumps({**row, "seconds": c.seconds}, ensure_ascii=False) + "\n")
