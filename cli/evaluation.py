"""``suqiu evaluate``: how well the model names the department, measured on labelled letters."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table
from sklearn.metrics import f1_score

from bot.vocabulary import departments
from cli.classify import Classifier

_BINS = 10
_SHOWN_CONFUSIONS = 10
# First-level topics of the public petition data and the departments that answer for them.
TOPIC_DEPARTMENTS = {
    "城乡建设": (
        "housing", "urban_management", "natural_resources", "water", "utilities", "housing_fund",
        "fire", "emergency_management",
    ),
    "环境保护": ("ecology",),
    "交通运输": ("transport", "traffic_police"),
    "教育文体": ("education", "culture_tourism_sports"),
    "劳动和社会保障": (
        "human_resources", "medical_insurance", "civil_affairs", "disabled_persons", "veterans",
    ),
    "商贸旅游": ("market_regulation", "commerce", "development_reform", "financial_supervision"),
    "卫生计生": ("health",),
}  # fmt: skip


class BadRow(Exception):
    """A row of the labelled file has not the fields that were promised; the message names it."""


@dataclass(frozen=True)
class Figures:
    """Shares between 0 and 1. ``calibration_error`` is the expected one over ten bins."""

    rows: int
    top1: float
    top3: float
    macro_f1: float
    calibration_error: float
    appeals: float


@dataclass(frozen=True)
class Prediction:
    """One labelled text: its label, and labels with probabilities, best first."""

    label: str
    ranking: list[tuple[str, float]]
    is_appeal: bool


def evaluate_files(
    model_dir: Path,
    routing: Path | None,
    topics: Path | None,
    subject_only: bool,
    out: Path,
    console: Console,
) -> None:
    """Evaluate on the files given; tables to the console, JSON and pictures into ``out``.

    Raises:
        BadRow: a row lacks ``subject``, ``text`` or its label.
        OSError: a file cannot be read or written.
    """
    classifier = Classifier(model_dir)
    out.mkdir(parents=True, exist_ok=True)
    results: dict[str, Any] = {}
    for name, path in (("routing", routing), ("topics", topics)):
        if path is None:
            continue
        label_field = "department" if name == "routing" else "topic"
        rows = _read(path, label_field)
        known = set(departments()) if name == "routing" else set(TOPIC_DEPARTMENTS)
        predictions = []
        for row in track(rows, name, console=console):
            if row[label_field] not in known:
                raise BadRow(f"{path}：不认识的标签 {row[label_field]!r}")
            predictions.append(_predict(classifier, row, label_field, subject_only))
        figures = measure(predictions)
        confusions = confused_pairs(predictions)
        results[name] = {
            **asdict(figures),
            "confusions": [[true, said, count] for (true, said), count in confusions],
        }
        _print(name, figures, confusions, console)
        _draw(predictions, out / f"{name}_confusion.png", out / f"{name}_reliability.png")
    results["subject_only"] = subject_only
    (out / "evaluation.json").write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n")
    console.print(f"结果写在 {out}")


def measure(predictions: Sequence[Prediction]) -> Figures:
    """All figures over the predictions."""
    truth = [p.label for p in predictions]
    said = [p.ranking[0][0] if p.ranking else "" for p in predictions]
    top3 = [p.label in [label for label, _ in p.ranking[:3]] for p in predictions]
    right = np.array([t == s for t, s in zip(truth, said, strict=True)])
    confidence = np.array([p.ranking[0][1] if p.ranking else 0.0 for p in predictions])
    return Figures(
        rows=len(predictions),
        top1=float(right.mean()),
        top3=float(np.mean(top3)),
        macro_f1=float(
            f1_score(truth, said, labels=sorted(set(truth)), average="macro", zero_division=0)
        ),
        calibration_error=_calibration_error(confidence, right),
        appeals=float(np.mean([p.is_appeal for p in predictions])),
    )


def confused_pairs(predictions: Sequence[Prediction]) -> list[tuple[tuple[str, str], int]]:
    """``((true label, said label), count)`` of the wrong ones, most frequent first."""
    wrong = Counter(
        (p.label, p.ranking[0][0]) for p in predictions if p.ranking and p.ranking[0][0] != p.label
    )
    return wrong.most_common()


def _calibration_error(confidence: np.ndarray, right: np.ndarray) -> float:
    bins = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    gaps = [
        (bins == b).mean() * abs(confidence[bins == b].mean() - right[bins == b].mean())
        for b in range(_BINS)
        if (bins == b).any()
    ]
    return float(sum(gaps))


def _read(path: Path, label_field: str) -> list[dict[str, Any]]:
    rows = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        try:
            row = json.loads(line)
            row["subject"], row["text"], row[label_field]
        except (ValueError, KeyError, TypeError) as error:
            raise BadRow(f"{path} 第 {number} 行没有 subject、text 或 {label_field}") from error
        rows.append(row)
    if not rows:
        raise BadRow(f"{path} 是空的")
    return rows


def _predict(
    classifier: Classifier, row: dict[str, Any], label_field: str, subject_only: bool
) -> Prediction:
    text = row["subject"] if subject_only else f"{row['subject']}\n{row['text']}"
    parsed = classifier.parse(text)
    ranking = [(r["department"], r["confidence"]) for r in parsed["department_ranking"]]
    if label_field == "topic":
        ranking = _by_topic(ranking)
    return Prediction(row[label_field], ranking, bool(parsed["names_matter"]))


def _by_topic(ranking: list[tuple[str, float]]) -> list[tuple[str, float]]:
    chances: Counter[str] = Counter()
    for department, confidence in ranking:
        for topic, members in TOPIC_DEPARTMENTS.items():
            if department in members:
                chances[topic] += confidence  # type: ignore[assignment]
    return [(topic, float(chance)) for topic, chance in chances.most_common()]


def _print(
    name: str, figures: Figures, confusions: list[tuple[tuple[str, str], int]], console: Console
) -> None:
    table = Table("指标", "数值", title=name)
    for field_name, value in asdict(figures).items():
        table.add_row(field_name, str(value) if field_name == "rows" else f"{value:.3f}")
    console.print(table)
    worst = Table("应为", "判成", "条数", title="最常见的混淆")
    for (true, said), count in confusions[:_SHOWN_CONFUSIONS]:
        worst.add_row(true, said, str(count))
    console.print(worst)


def _draw(predictions: Sequence[Prediction], confusion_path: Path, reliability_path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    labels = sorted(
        {p.label for p in predictions} | {p.ranking[0][0] for p in predictions if p.ranking}
    )
    place = {label: number for number, label in enumerate(labels)}
    matrix = np.zeros((len(labels), len(labels)))
    for p in predictions:
        if p.ranking:
            matrix[place[p.label], place[p.ranking[0][0]]] += 1
    if any(ord(character) > 127 for label in labels for character in label):
        plt.rcParams["font.sans-serif"] = ["Noto Sans CJK SC", "Noto Sans CJK JP", "DejaVu Sans"]
    size = max(6, len(labels) * 0.45)
    figure, axes = plt.subplots(figsize=(size, size))
    axes.imshow(matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1), cmap="Blues")
    axes.set_xticks(range(len(labels)), labels, rotation=90)
    axes.set_yticks(range(len(labels)), labels)
    for (row, column), count in np.ndenumerate(matrix):
        if count:
            axes.text(column, row, int(count), ha="center", va="center", fontsize=7)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    figure.tight_layout()
    figure.savefig(confusion_path, dpi=110)
    plt.close(figure)
    _draw_reliability(predictions, reliability_path)


def _draw_reliability(predictions: Sequence[Prediction], path: Path) -> None:
    import matplotlib.pyplot as plt

    confidence = np.array([p.ranking[0][1] if p.ranking else 0.0 for p in predictions])
    right = np.array([bool(p.ranking) and p.ranking[0][0] == p.label for p in predictions])
    bins = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    used = [b for b in range(_BINS) if (bins == b).any()]
    figure, axes = plt.subplots(figsize=(5, 5))
    axes.plot([0, 1], [0, 1], linestyle="--", color="grey")
    axes.plot(
        [confidence[bins == b].mean() for b in used],
        [right[bins == b].mean() for b in used],
        marker="o",
    )
    axes.set_xlabel("confidence")
    axes.set_ylabel("share right")
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)
