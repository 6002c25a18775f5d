"""What each part of the department classifier is worth, and what more examples would be.

    python bench/ablation.py LETTERS.jsonl [--out bench/results/ablation.md]

``LETTERS.jsonl`` has ``subject``, ``text`` and ``department``. Each row of the table leaves one
part out; the learning curve takes a share of each department's examples.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import warnings
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))
warnings.filterwarnings("ignore")

from bot.nlu.classifier import department_ranker  # noqa: E402
from bot.nlu.gist import gist  # noqa: E402
from bot.nlu.normalizer import normalize  # noqa: E402
from bot.nlu.ranker import (  # noqa: E402
    LETTERS,
    LinearRanker,
    TextFeatures,
    held_out_margins,
    long_letters,
)
from bot.nlu.reading import as_appeals  # noqa: E402
from bot.nlu.words import load_user_words, words  # noqa: E402
from workbench.examples import read_appeals  # noqa: E402

# Characters and words of texts, as TextFeatures takes them.
Reading = tuple[list[str], list[list[str]]]
Reader = Callable[[Sequence[str]], Reading]
_LETTER = 90
_CANTONESE = set("冇喺嘅咗唔佢哋嘢睇嚟咁啲揾瞓畀")
_SHARES = (0.125, 0.25, 0.5, 0.75, 1.0)


def examples() -> list[tuple[str, str]]:
    """Normalised texts and their departments."""
    appeals = read_appeals(PROJECT / "data" / "nlu")
    return [(normalize(text), department) for text, department in appeals]


def with_places(texts: Sequence[str]) -> Reading:
    return [gist(text) for text in texts], [words(text) for text in texts]


def without_gist(texts: Sequence[str]) -> Reading:
    return list(texts), as_appeals(texts)[1]


def without_words(texts: Sequence[str]) -> Reading:
    return as_appeals(texts)[0], [[] for _ in texts]


def without_characters(texts: Sequence[str]) -> Reading:
    return ["" for _ in texts], as_appeals(texts)[1]


def is_cantonese(text: str) -> bool:
    return bool(_CANTONESE & set(text))


def without_handicap(features: Any, labels: Sequence[str]) -> LinearRanker:
    return LinearRanker.fit(features, labels, long_letters, LETTERS)


def figures(
    rows: Sequence[tuple[str, str]],
    letters: Sequence[dict[str, str]],
    read: Reader = as_appeals,
    fit: Callable[[Any, Sequence[str]], LinearRanker] = department_ranker,
) -> list[str]:
    """Top-1 and top-3 with subject and text, the same with the subject alone."""
    features = TextFeatures()
    labels = [label for _, label in rows]
    ranker = fit(features.fit_transform(*read([text for text, _ in rows])), labels)
    truth = np.array([letter["department"] for letter in letters])

    def shares(texts: Iterable[str]) -> list[str]:
        chances = ranker.probabilities(features.transform(*read([normalize(t) for t in texts])))
        best = np.array(ranker.labels)[np.argsort(-chances, axis=1)]
        first = (best[:, 0] == truth).mean()
        return [f"{first:.3f}", f"{(best[:, :3] == truth[:, None]).any(axis=1).mean():.3f}"]

    both = shares(f"{letter['subject']}\n{letter['text']}" for letter in letters)
    return [*both, *shares(letter["subject"] for letter in letters)]


def cross_validated(rows: Sequence[tuple[str, str]]) -> float:
    """Share of our own examples that five held-out parts get right."""
    known = sorted({label for _, label in rows})
    target = np.searchsorted(known, [label for _, label in rows])
    matrix = TextFeatures().fit_transform(*as_appeals([text for text, _ in rows]))
    margins = held_out_margins(matrix, target, long_letters, folds=5)
    assert margins is not None
    return float((margins.argmax(axis=1) == target).mean())


def share_of(rows: Sequence[tuple[str, str]], share: float) -> list[tuple[str, str]]:
    """The same share of each department's examples."""
    dice = random.Random(7)
    by_label: dict[str, list[str]] = {}
    for text, label in rows:
        by_label.setdefault(label, []).append(text)
    return [
        (text, label)
        for label, texts in by_label.items()
        for text in dice.sample(texts, round(len(texts) * share))
    ]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("letters", type=Path)
    arguments.add_argument("--out", type=Path, default=PROJECT / "bench/results/ablation.md")
    given = arguments.parse_args()
    load_user_words()
    letters = [json.loads(line) for line in given.letters.read_text("utf-8").splitlines()]
    rows = examples()
    short = [row for row in rows if len(row[0]) < _LETTER]
    mandarin = [row for row in rows if not is_cantonese(row[0])]
    trials: list[tuple[str, Sequence[tuple[str, str]], Reader]] = [
        ("采用的样子", rows, as_appeals),
        ("不去客套、表情、粤语不换", rows, without_gist),
        ("不遮地名", rows, with_places),
        ("不用词", rows, without_words),
        ("不用字", rows, without_characters),
        (f"不用长的例句（{len(rows) - len(short)} 句 {_LETTER} 字以上）", short, as_appeals),
        (f"不用粤语例句（{len(rows) - len(mandarin)} 句）", mandarin, as_appeals),
        *(
            (f"每个部门只用 {share:.1%} 的例句", share_of(rows, share), as_appeals)
            for share in _SHARES
        ),
    ]
    lines = [
        f"# 每一部分值多少（{len(letters)} 封信，{len(rows)} 句例句）",
        "",
        f"自己的例句五折交叉验证：top-1 {cross_validated(rows):.3f}。",
        "",
        "| 少了什么 | 全文 top-1 | top-3 | 只看标题 top-1 | top-3 |",
        "|---|--:|--:|--:|--:|",
    ]
    evenly = figures(rows, letters, fit=without_handicap)
    lines.append(f"| 少见的部门和常见的一样看 | {' | '.join(evenly)} |")
    for name, chosen, read in trials:
        lines.append(f"| {name} | {' | '.join(figures(chosen, letters, read))} |")
        print(lines[-1], flush=True)
    curve = {share: figures(share_of(rows, share), letters, as_appeals) for share in _SHARES}
    picture = given.out.with_name("learning_curve.png")
    draw_curve({round(len(rows) * share): found for share, found in curve.items()}, picture)
    lines += ["", f"![例句越多，认得越准]({picture.name})"]
    given.out.write_text("\n".join([*lines, ""]), "utf-8")


def draw_curve(curve: dict[int, list[str]], path: Path) -> None:
    """Number of examples against the shares that ``figures`` gives, as a picture."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    names = ("top-1, subject and text", "top-3", "top-1, subject alone", "top-3, subject alone")
    figure, axes = plt.subplots(figsize=(7, 4.5), layout="constrained")
    numbers = sorted(curve)
    for column, name in enumerate(names):
        axes.plot(numbers, [float(curve[n][column]) for n in numbers], marker="o", label=name)
    axes.set_xlabel("training examples")
    axes.set_ylabel("share of letters right")
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right")
    figure.savefig(path, dpi=110)
    plt.close(figure)


if __name__ == "__main__":
    main()
