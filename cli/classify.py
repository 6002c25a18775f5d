"""``suqiu classify``: JSON Lines in, one JSON line out for each, in order."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

from rich.console import Console
from rich.progress import track

from cli.model import load_agent


class BadLine(Exception):
    """A line that is not ``{"id": any, "text": "..."}``; ``id`` if it could be read."""

    def __init__(self, message: str, id: Any = None) -> None:
        super().__init__(message)
        self.id = id


class Classifier:
    """The NLU of the trained model, as the shape of ``suqiu classify``."""

    def __init__(self, model_dir: Path) -> None:
        self._agent = load_agent(model_dir)
        self._loop = asyncio.new_event_loop()

    def parse(self, text: str) -> dict[str, Any]:
        """Rasa's whole result for a text."""
        result: dict[str, Any] = self._loop.run_until_complete(self._agent.parse_message(text))
        return result

    def classify(self, text: str) -> dict[str, Any]:
        return as_classification(self.parse(text))


def as_classification(parsed: dict[str, Any]) -> dict[str, Any]:
    """The promised shape. ``department`` is None and ``ranking`` empty for what is no appeal."""
    appeal = bool(parsed.get("names_matter"))
    ranking = parsed.get("department_ranking", []) if appeal else []
    address = parsed.get("address") or {}
    levels = ("district", "town", "community", "grid", "detail")
    return {
        "intent": parsed["intent"]["name"],
        "intent_confidence": round(parsed["intent"]["confidence"], 4),
        "department": ranking[0]["department"] if ranking else None,
        "ranking": [{**row, "confidence": round(row["confidence"], 4)} for row in ranking],
        "reasons": parsed.get("department_reasons", []) if appeal else [],
        "appeal_type": parsed.get("appeal_type") if appeal else None,
        "urgent": bool(parsed.get("urgent")),
        "handling_mode": parsed.get("handling_mode") if appeal else None,
        "address": {level: address.get(level) for level in levels},
    }


def classify_lines(lines: Iterable[str], model_dir: Path) -> Iterator[dict[str, Any]]:
    """One result for each line that is not blank; a bad line gives ``{"id", "error"}``."""
    classifier = Classifier(model_dir)
    for line in lines:
        if not line.strip():
            continue
        try:
            row = _row(line)
        except BadLine as error:
            yield {"id": error.id, "error": str(error)}
            continue
        yield {"id": row.get("id"), **classifier.classify(row["text"])}


def run(source: str, output: IO[str], model_dir: Path) -> bool:
    """Classify a file or standard input (``-``). Returns whether every line was good."""
    lines = _read(source)
    results: Iterable[dict[str, Any]] = classify_lines(lines, model_dir)
    if sys.stderr.isatty():
        results = track(
            results,
            "分类",
            total=sum(1 for line in lines if line.strip()),
            console=Console(stderr=True),
        )
    good = True
    for result in results:
        good = good and "error" not in result
        output.write(json.dumps(result, ensure_ascii=False) + "\n")
        output.flush()
    return good


def _read(source: str) -> list[str]:
    raw = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
    return raw.decode("utf-8", "replace").removeprefix("\ufeff").split("\n")


def _row(line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise BadLine("这一行不是 JSON") from error
    if not isinstance(row, dict):
        raise BadLine('这一行不是 {"id": …, "text": …}')
    if not isinstance(row.get("text"), str):
        raise BadLine("没有 text，或者 text 不是文字", row.get("id"))
    return row
