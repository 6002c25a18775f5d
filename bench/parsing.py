"""How long understanding takes: ours and stock Rasa on the same messages, in one run.

    python bench/parsing.py MESSAGES.jsonl [--stock MODEL.tar.gz] [--out bench/results/parsing.md]

``MESSAGES.jsonl`` has ``subject`` and ``text``. Stock is Rasa's jieba, CountVectors and
LogisticRegression, trained here on a sample of the project's examples; ``--stock`` adds another
Rasa model, such as ``var/bench/stock/models/stock.tar.gz`` with DIET after ``suqiu bench``. The
models take turns, a block of messages each, so that a busy moment of the machine meets all.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

os.environ |= {"RASA_TELEMETRY_ENABLED": "false", "TF_CPP_MIN_LOG_LEVEL": "3"}
PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))
warnings.filterwarnings("ignore")

import numpy as np  # noqa: E402
import yaml  # noqa: E402
from rasa.core.agent import Agent  # noqa: E402
from rasa.engine.graph import GraphNode  # noqa: E402

from bot.settings import load_settings  # noqa: E402
from cli.model import load_agent  # noqa: E402
from workbench.examples import example_files, read_examples  # noqa: E402

Parse = Callable[[str], object]
_BLOCK = 50
_SAMPLE = 3000
_WARM_UP = 20
# The promise: ranked departments, type, urgency and places; times, numbers and bodies are more.
_PROMISED = ("Tokenizer", "AppealClassifier", "Address", "Profiler")
_LENGTHS = {"约 200 字": (150, 250), "约 2,000 字": (1500, 2500)}


def stock() -> Agent:
    """Stock Rasa's light pipeline, trained on a sample of the project's examples."""
    from rasa.model_training import train_nlu

    folder = Path(tempfile.mkdtemp())
    by_intent: dict[str, list[str]] = {}
    files = example_files(PROJECT / "data" / "nlu")
    examples = [example for path in files for example in read_examples(path)]
    for example in random.Random(7).sample(examples, _SAMPLE):
        by_intent.setdefault(example.label.replace("/", "_"), []).append(example.text)
    nlu = [
        {"intent": label, "examples": "".join(f"- {line}\n" for line in lines)}
        for label, lines in by_intent.items()
        if len(lines) > 1
    ]
    pipeline = [
        {"name": "JiebaTokenizer"},
        {"name": "CountVectorsFeaturizer"},
        {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 3},
        {"name": "LogisticRegressionClassifier"},
    ]
    config = {"recipe": "default.v1", "language": "zh", "pipeline": pipeline, "policies": []}
    (folder / "config.yml").write_text(yaml.safe_dump(config))
    written = yaml.safe_dump({"version": "3.1", "nlu": nlu}, allow_unicode=True)
    (folder / "nlu.yml").write_text(written, "utf-8")
    path = train_nlu(str(folder / "config.yml"), str(folder / "nlu.yml"), str(folder))
    return Agent.load(path)


def parser(agent: Agent) -> Parse:
    loop = asyncio.new_event_loop()
    return lambda text: loop.run_until_complete(agent.parse_message(text))


def in_turns(parsers: dict[str, Parse], texts: Sequence[str]) -> dict[str, np.ndarray]:
    """Milliseconds of each parser for each text."""
    taken: dict[str, list[float]] = {name: [] for name in parsers}
    for parse in parsers.values():
        for text in texts[:_WARM_UP]:
            parse(text)
    for start in range(0, len(texts), _BLOCK):
        for name, parse in parsers.items():
            for text in texts[start : start + _BLOCK]:
                began = time.perf_counter()
                parse(text)
                taken[name].append((time.perf_counter() - began) * 1000)
    return {name: np.array(spent) for name, spent in taken.items()}


def by_component(parse: Parse, texts: Sequence[str]) -> dict[str, np.ndarray]:
    """Milliseconds of each component of our pipeline for each text."""
    spent: list[dict[str, float]] = []
    original = GraphNode.__call__

    def timed(self: GraphNode, *args: object, **kwargs: object) -> object:
        began = time.perf_counter()
        try:
            return original(self, *args, **kwargs)
        finally:
            name = self._node_name.removeprefix("run_").rsplit(".", 1)[-1]
            spent[-1][name] = (time.perf_counter() - began) * 1000

    GraphNode.__call__ = timed  # type: ignore[method-assign]
    try:
        for text in texts:
            spent.append({})
            parse(text)
    finally:
        GraphNode.__call__ = original  # type: ignore[method-assign]
    return {name: np.array([row.get(name, 0.0) for row in spent]) for name in spent[0]}


def figures(spent: np.ndarray) -> str:
    return f"{spent.mean():.2f} | {np.percentile(spent, 50):.2f} | {np.percentile(spent, 95):.2f}"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("messages", type=Path)
    arguments.add_argument("--stock", type=Path, help="another Rasa model to measure")
    arguments.add_argument("--limit", type=int)
    arguments.add_argument("--out", type=Path, default=PROJECT / "bench/results/parsing.md")
    given = arguments.parse_args()
    rows = [json.loads(line) for line in given.messages.read_text("utf-8").splitlines()]
    texts = [f"{row['subject']}\n{row['text']}" for row in rows[: given.limit]]
    parsers = {
        "诉求通": parser(load_agent(load_settings().model_dir)),
        "原装 Rasa（逻辑回归）": parser(stock()),
    }
    if given.stock:
        parsers["原装 Rasa（DIET）"] = parser(Agent.load(str(given.stock)))
    taken = in_turns(parsers, texts)
    ours = taken["诉求通"].mean()
    lines = [
        f"# 听懂一条消息要多久：{len(texts)} 条真实来信，轮流测",
        "",
        "| 谁 | 平均（毫秒） | p50 | p95 | 是我们的几倍 |",
        "|---|--:|--:|--:|--:|",
        *(f"| {who} | {figures(ms)} | {ms.mean() / ours:.2f} |" for who, ms in taken.items()),
    ]
    for name, (least, most) in _LENGTHS.items():
        chosen = [text for text in texts if least <= len(text) <= most]
        parts = by_component(parsers["诉求通"], chosen)
        promised = sum(
            spent for part, spent in parts.items() if any(known in part for known in _PROMISED)
        )
        shown = sorted(parts.items(), key=lambda item: -item[1].mean())
        lines += [
            "",
            f"## {name}（{len(chosen)} 条）",
            "",
            "| 部件 | 平均（毫秒） | p50 | p95 |",
            "|---|--:|--:|--:|",
            f"| 部门、类型、紧急、地点（分词算在内） | {figures(np.asarray(promised))} |",
            f"| 全部部件 | {figures(np.asarray(sum(parts.values())))} |",
            *(f"| {part} | {figures(spent)} |" for part, spent in shown if spent.mean() >= 0.05),
        ]
    print("\n".join(lines))
    given.out.write_text("\n".join([*lines, ""]), "utf-8")


if __name__ == "__main__":
    main()
