"""What is wrong with the training examples, line by line.

Faults make training worse or unlawful and must be mended; warnings are for a trainer to look at.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np

from bot.nlu.gist import gist
from bot.nlu.labels import EXTERNAL_PREFIX, REPORT_INTENT, UNSPECIFIED
from bot.nlu.normalizer import normalize
from bot.nlu.ranker import (
    Calibration,
    TextFeatures,
    held_out_margins,
    short_sayings,
)
from bot.privacy import mask
from bot.vocabulary import departments
from workbench.examples import Example, UnreadableFile, example_files, read_examples
from workbench.grouped_examples import grouped_files, read_grouped

LONGEST_EXAMPLE = 500
FEWEST_EXAMPLES = 20
# Cosine of character n-grams. Lower finds pairs that only share a topic, higher misses a changed
# place or number.
NEAR = 0.82
# A label with less than a third of the usual number is guessed too seldom.
_UNBALANCED = 1 / 3
_FORBIDDEN = re.compile(r"[\[\](){}`]")
_BLOCK = 512
# What the quick model used here is calibrated to, about.
_TEMPERATURE = 0.12
# More of them nobody reads; the worst come first.
_MOST_DOUBTFUL = 60


@dataclass(frozen=True)
class Finding:
    """Something wrong at a line (from 1; 0 for a whole file). ``kind`` is a stable code."""

    path: Path
    line: int
    kind: str
    message: str
    fault: bool


def validate(
    folder: Path,
    intents: Iterable[str],
    on_step: Callable[[str], None] = lambda step: None,
    *,
    faults_only: bool = False,
) -> list[Finding]:
    """All findings in ``data/nlu`` and in the files beside it, by file and line; ``on_step`` hears
    what is being checked.

    ``intents``: the names the domain knows. ``faults_only`` leaves out the comparing of sentences,
    which takes a minute and finds warnings only.
    """
    findings: list[Finding] = []
    examples: list[Example] = []
    on_step("读例句")
    for path in example_files(folder):
        try:
            examples += read_examples(path)
        except UnreadableFile as error:
            findings.append(Finding(error.path, error.line, "unreadable", str(error), fault=True))
    on_step("每一行")
    for example in examples:
        findings += _of_line(example)
    findings += _unknown_labels(examples, set(intents))
    on_step("重复")
    findings += _repeated(examples)
    good = [example for example in examples if example.text and not _ignored(example.label)]
    findings += _too_few(good, folder, set(intents))
    for path, labels in grouped_files(folder).items():
        findings += _of_groups(path, labels)
    if faults_only:
        findings = [finding for finding in findings if finding.fault]
    else:
        on_step("相近的句子")
        findings += _near(good)
        on_step("标得可疑的")
        findings += _doubtful(good)
    return sorted(findings, key=lambda found: (str(found.path), found.line, found.kind))


def _ignored(label: str) -> bool:
    return label.startswith(EXTERNAL_PREFIX)


def _of_groups(path: Path, labels: Sequence[str]) -> Iterator[Finding]:
    """What is wrong in one of the files that Rasa does not read."""
    try:
        examples = list(read_grouped(path))
    except UnreadableFile as error:
        yield Finding(error.path, error.line, "unreadable", str(error), fault=True)
        return
    for example in examples:
        yield from _of_text(example)
        if example.label not in labels:
            message = f"没有这个标签：{example.label}"
            yield Finding(path, example.line, "unknown_label", message, fault=True)
    yield from _repeated(examples)
    counts = Counter(example.label for example in examples)
    for label in labels:
        if counts[label] < FEWEST_EXAMPLES:
            message = f"{label} 只有 {counts[label]} 句，至少 {FEWEST_EXAMPLES}"
            yield Finding(path, 0, "too_few", message, fault=True)


def _of_text(example: Example) -> Iterator[Finding]:
    """What no example may be, whoever reads it."""

    def fault(kind: str, message: str) -> Finding:
        return Finding(example.path, example.line, kind, message, fault=True)

    text = example.text
    if not text:
        yield fault("empty", "空的例句")
    if len(text) > LONGEST_EXAMPLE:
        yield fault("too_long", f"太长：{len(text)} 个字，最多 {LONGEST_EXAMPLE}")
    if mask(text)[1]:
        yield fault("personal_data", "像是电话、身份证或银行卡号，请写成 138****8000 这样")


def _of_line(example: Example) -> Iterator[Finding]:
    def fault(kind: str, message: str) -> Finding:
        return Finding(example.path, example.line, kind, message, fault=True)

    yield from _of_text(example)
    text = example.text
    if text.startswith("/"):
        yield fault("command", "以“/”开头的话 Rasa 会当成命令")
    found = _FORBIDDEN.search(text)
    if found:
        yield fault("markup", f"有半角的 {found.group()}，Rasa 会当成标注，请用全角")


def _unknown_labels(examples: Sequence[Example], intents: set[str]) -> Iterator[Finding]:
    seen: set[tuple[Path, str]] = set()
    for example in examples:
        intent, _, department = example.label.partition("/")
        known = intent in intents and (
            not department or department == UNSPECIFIED or department in departments()
        )
        if not known and (example.path, example.label) not in seen:
            seen.add((example.path, example.label))
            yield Finding(
                example.path, example.line, "unknown_label", f"没有这个标签：{example.label}", True
            )


def _repeated(examples: Sequence[Example]) -> Iterator[Finding]:
    """The same line twice: a duplicate under one label, a conflict under two.

    Only a warning where nothing but signs differ ("好" and "好？"): people write both.
    """
    lines: dict[str, Example] = {}
    words: dict[str, Example] = {}
    for example in examples:
        line = normalize(example.text).strip().lower()
        bare = re.sub(r"[\W_]+", "", line) or line
        if not bare:
            continue
        same_line = lines.setdefault(line, example)
        earlier = same_line if same_line is not example else words.setdefault(bare, example)
        if earlier is example:
            continue
        same, where = earlier.label == example.label, f"{earlier.path.name} 第 {earlier.line} 行"
        message = (
            f"和 {where} 重复"
            if same
            else f"{where} 同样的话标成 {earlier.label}，这里标成 {example.label}"
        )
        kind = "duplicate" if same else "conflict"
        yield Finding(example.path, example.line, kind, message, same_line is not example)


def _too_few(examples: Sequence[Example], folder: Path, intents: set[str]) -> Iterator[Finding]:
    counts = Counter(example.label for example in examples)
    wanted = {f"{REPORT_INTENT}/{code}" for code in departments()}
    wanted |= {name for name in intents if name != REPORT_INTENT and not _ignored(name)}
    usual = median(counts.values()) if counts else 0
    paths = {example.label: example.path for example in examples}
    for label in sorted(wanted):
        number = counts[label]
        path = paths.get(label, folder)
        if number < FEWEST_EXAMPLES:
            yield Finding(
                path, 0, "too_few", f"{label} 只有 {number} 句，至少 {FEWEST_EXAMPLES}", True
            )
        elif number < usual * _UNBALANCED:
            message = f"{label} 只有 {number} 句，别的标签一般有 {usual:.0f} 句"
            yield Finding(path, 0, "unbalanced", message, False)


def _near(examples: Sequence[Example]) -> Iterator[Finding]:
    """Nearly the same words under two labels: one of them is wrong, or a hard contrast."""
    if not examples:
        return
    features = TextFeatures()
    texts = [normalize(example.text) for example in examples]
    rows = features.fit(texts).transform(texts)
    norms = np.sqrt(rows.multiply(rows).sum(axis=1)).A1
    rows = rows.multiply(1 / np.maximum(norms, 1e-12)[:, None]).tocsr()
    labels = np.array([example.label for example in examples])
    for start in range(0, len(examples), _BLOCK):
        near = (rows[start : start + _BLOCK] @ rows.T).tocoo()
        for row, column, cosine in zip(near.row + start, near.col, near.data, strict=True):
            if cosine < NEAR or column >= row or labels[row] == labels[column]:
                continue
            example, other = examples[row], examples[column]
            yield Finding(
                example.path,
                example.line,
                "near_duplicate",
                f"和 {other.path.name} 第 {other.line} 行几乎一样，那里标成 {other.label}："
                f"“{other.text[:30]}”",
                False,
            )


def _doubtful(examples: Sequence[Example]) -> Iterator[Finding]:
    """Labels that a model trained on the other examples does not believe.

    Confident learning, https://docs.cleanlab.ai/stable/cleanlab/filter.html
    """
    groups: dict[bool, list[Example]] = defaultdict(list)
    for example in examples:
        is_appeal = example.label.startswith(f"{REPORT_INTENT}/")
        groups[is_appeal and not example.label.endswith(f"/{UNSPECIFIED}")].append(example)
    for group in groups.values():
        yield from _doubtful_of(group)


def _doubtful_of(examples: Sequence[Example]) -> Iterator[Finding]:
    from cleanlab.filter import find_label_issues

    known = sorted({example.label for example in examples})
    if len(known) < 2:
        return
    texts = [gist(normalize(example.text)) for example in examples]
    target = np.searchsorted(known, [example.label for example in examples])
    rows = TextFeatures().fit(texts).transform(texts)
    margins = held_out_margins(rows, target, short_sayings)
    if margins is None:
        return
    chances = Calibration(_TEMPERATURE).probabilities(margins)
    order = find_label_issues(
        target,
        chances,
        filter_by="both",
        return_indices_ranked_by="self_confidence",
        n_jobs=1,
    )[:_MOST_DOUBTFUL]
    for index in order:
        example, said = examples[index], known[int(chances[index].argmax())]
        yield Finding(
            example.path,
            example.line,
            "doubtful_label",
            f"标成 {example.label}，别的例句看更像 {said}：“{example.text[:30]}”",
            False,
        )
