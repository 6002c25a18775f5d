"""How well the model understands the fixed test sets, as shares between 0 and 1.

The sets in ``tests/fixtures/*_test.jsonl`` were written by somebody who had not seen the training
examples or the rules; nobody looks at them to mend what they show. ``*_dev.jsonl`` is for that.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

Parse = Callable[[str], dict[str, Any]]
FIXTURES = Path(__file__).parents[1] / "fixtures"
LEVELS = ("district", "town", "community", "detail")


def rows(name: str) -> list[dict[str, Any]]:
    lines = (FIXTURES / f"{name}.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines if line.strip()]


def wrong_intents(parse: Parse, name: str) -> Iterator[tuple[str, str, str]]:
    """``(text, intent, what was understood)`` of each line understood wrongly."""
    for row in rows(name):
        said = parse(row["text"])["intent"]["name"]
        if said != row["intent"]:
            yield row["text"], row["intent"], said


def wrong_types(parse: Parse, name: str) -> Iterator[tuple[str, str, str]]:
    """``(text, appeal type, what was understood)`` of each line understood wrongly."""
    for row in rows(name):
        said = parse(row["text"])["appeal_type"]
        if said not in (row["appeal_type"], *row.get("appeal_type_ok", [])):
            yield row["text"], row["appeal_type"], said


def urgency(parse: Parse, name: str) -> tuple[float, float, list[str], list[str]]:
    """Recall, precision, the texts missed and the false alarms."""
    found, missed, alarms = 0, [], []
    for row in rows(name):
        said = bool(parse(row["text"]).get("urgent"))
        found += said and row["urgent"]
        if said and not row["urgent"]:
            alarms.append(row["text"])
        if row["urgent"] and not said:
            missed.append(row["text"])
    return found / (found + len(missed)), found / (found + len(alarms)), missed, alarms


def wrong_places(parse: Parse, name: str) -> dict[str, list[tuple[str, Any, Any]]]:
    """``(text, right, understood)`` of the wrong ones, by level, and ambiguous ones not seen."""
    wrong: dict[str, list[tuple[str, Any, Any]]] = {level: [] for level in LEVELS}
    wrong["ambiguous"] = []
    for row in rows(name):
        parsed = parse(row["text"])
        address = parsed.get("address") or {}
        for level in LEVELS:
            if not _right(level, address.get(level), row):
                wrong[level].append((row["text"], row.get(level), address.get(level)))
        if row.get("ambiguous") and not parsed.get("address_candidates"):
            wrong["ambiguous"].append((row["text"], row["ambiguous"], None))
    return wrong


def _right(level: str, said: str | None, row: dict[str, Any]) -> bool:
    other = row.get(f"{level}_ok") or []
    return said in (row.get(level), *([other] if isinstance(other, str) else other))


def wrong_times(parse: Parse, name: str) -> Iterator[tuple[str, list[str], list[str]]]:
    """``(text, right, understood)`` where the spans are not exactly the right ones."""
    for row in rows(name):
        entities = parse(row["text"])["entities"]
        said = [row["text"][e["start"] : e["end"]] for e in entities if e["entity"] == "time"]
        if said != row["times"]:
            yield row["text"], row["times"], said


def names(parse: Parse, name: str) -> tuple[float, float]:
    """Recall and precision of the names of companies, shops, schools, estates, with their kinds."""
    right = said = known = 0
    for row in rows(name):
        found = {
            (entity["value"]["text"], entity["value"]["kind"])
            for entity in parse(row["text"])["entities"]
            if entity["entity"] == "organisation"
        }
        wanted = {(item["name"], item["kind"]) for item in row["names"]}
        right, said, known = right + len(found & wanted), said + len(found), known + len(wanted)
    return right / known, right / said
