"""The hot issues of a file of letters, and how long finding them takes.

    python bench/hot_issues.py LETTERS.jsonl [--days 365] [--until DAY] [--top 10] [--members]

A line is a JSON object with ``text`` and ``time`` (``2019-12-05 16:42:53``, ``2019/1/4 18:03:11``,
ISO 8601), and if there are any ``subject``, ``place`` and ``citizen``. ``--members`` prints how
each member of the groups begins, so that a person can judge whether they are the same matter.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import re
import sys
import time
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from intake.assessment.hot_issues import Appeal, Issue, hot_issues  # noqa: E402
from intake.deadlines import SHANGHAI  # noqa: E402

_SHOWN = 60  # characters of a member


def read(path: Path) -> list[Appeal]:
    return [_appeal(json.loads(line)) for line in path.read_text("utf-8").splitlines() if line]


def _appeal(row: dict[str, Any]) -> Appeal:
    subject = row.get("subject")
    text = f"{subject} {row['text']}" if subject else row["text"]
    name = None if row.get("id") is None else str(row["id"])
    return Appeal(text, _time(row["time"]), row.get("place") or "", row.get("citizen"), name)


def _time(text: str) -> dt.datetime:
    parts = [int(part) for part in re.findall(r"\d+", text)[:6]]
    return dt.datetime(*parts, tzinfo=SHANGHAI)  # type: ignore[arg-type]


def table(issues: list[Issue]) -> str:
    lines = [
        "| | 件 | 人 | 之前 | 最早 | 最近 | 词 |",
        "|--:|--:|--:|--:|---|---|---|",
    ]
    for number, one in enumerate(issues, 1):
        first, last = (at.astimezone(SHANGHAI).date() for at in (one.first_at, one.last_at))
        words = "、".join(one.words)
        lines.append(
            f"| {number} | {one.count} | {one.people} | {one.before} | {first} | {last} | {words} |"
        )
    return "\n".join(lines)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("letters", type=Path)
    arguments.add_argument("--days", type=int, default=365)
    arguments.add_argument("--until", type=dt.date.fromisoformat, help="default: after the last")
    arguments.add_argument("--top", type=int, default=10)
    arguments.add_argument("--members", action="store_true")
    given = arguments.parse_args()
    appeals = read(given.letters)
    last = given.until or max(appeal.at for appeal in appeals).astimezone(SHANGHAI).date()
    until = dt.datetime.combine(last + dt.timedelta(days=1), dt.time.min, SHANGHAI)
    began = time.perf_counter()
    issues = hot_issues(appeals, until - dt.timedelta(days=given.days), until)
    taken = time.perf_counter() - began
    grouped = sum(issue.count for issue in issues)
    print(f"{len(appeals)} 件，用了 {taken:.1f} 秒：{len(issues)} 个热点，共 {grouped} 件\n")
    print(table(issues[: given.top]))
    if not given.members:
        return
    for number, issue in enumerate(issues[: given.top], 1):
        print(f"\n{number}. " + "、".join(issue.words))
        for member in issue.members:
            print(f"  {appeals[member].at:%Y-%m-%d} {appeals[member].text[:_SHOWN]}")


if __name__ == "__main__":
    main()
