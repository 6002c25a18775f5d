"""Which model names the department best: candidates on the same examples and the same letters.

    python bench/departments.py LETTERS.jsonl [--diet EPOCHS] [--out bench/results/departments.md]

``LETTERS.jsonl`` has ``subject``, ``text`` and ``department``; the candidates are trained on the
project's examples only. DIET takes an hour on two cores, so it runs only when asked for.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))
warnings.filterwarnings("ignore")

from sklearn.calibration import CalibratedClassifierCV  # noqa: E402
from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402
from sklearn.naive_bayes import ComplementNB  # noqa: E402
from sklearn.svm import LinearSVC  # noqa: E402

from bot.nlu.classifier import department_ranker  # noqa: E402
from bot.nlu.gist import gist  # noqa: E402
from bot.nlu.normalizer import normalize  # noqa: E402
from bot.nlu.ranker import (  # noqa: E402
    LETTERS,
    LinearRanker,
    TextFeatures,
    long_letters,
    short_sayings,
)
from bot.nlu.reading import without_places  # noqa: E402
from bot.nlu.words import load_user_words, words  # noqa: E402
from workbench.examples import read_appeals  # noqa: E402

# Chances of each label for each text, shape (texts, labels).
Ranker = Callable[[Sequence[str]], np.ndarray]
Trainer = Callable[[Sequence[str], Sequence[str]], Ranker]
_BUCKETS, _DIMENSIONS, _MOST_IDS = 2**17, 64, 700


@dataclass(frozen=True)
class Row:
    """One candidate's figures: shares of letters right at first and among three; milliseconds."""

    name: str
    both: tuple[float, float]
    subject: tuple[float, float]
    train_seconds: float
    milliseconds: float


def examples() -> tuple[list[str], list[str]]:
    """The texts as the classifier reads them, and their departments."""
    appeals = read_appeals(PROJECT / "data" / "nlu")
    return [read(text) for text, _ in appeals], [department for _, department in appeals]


def read(text: str) -> str:
    return gist(without_places(normalize(text)))


def plain(analyzer: Any, model: Any, **options: Any) -> Trainer:
    """A scikit-learn model on TF-IDF of one kind of term."""

    def train(texts: Sequence[str], labels: Sequence[str]) -> Ranker:
        features = TfidfVectorizer(analyzer=analyzer, sublinear_tf=True, **options)
        rows = features.fit_transform(texts)
        fitted = model().fit(rows, np.array(labels))
        return lambda asked: np.asarray(fitted.predict_proba(features.transform(asked)))

    return train


def ours(new_model: Any) -> Trainer:
    """Characters and words, as the bot has them."""

    def train(texts: Sequence[str], labels: Sequence[str]) -> Ranker:
        features = TextFeatures().fit(texts)
        ranker = LinearRanker.fit(features.transform(texts), labels, new_model, LETTERS)
        return lambda asked: ranker.probabilities(features.transform(asked))

    return train


def shipped(texts: Sequence[str], labels: Sequence[str]) -> Ranker:
    """The same with the handicap of the quiet departments, as the bot has it."""
    features = TextFeatures().fit(texts)
    ranker = department_ranker(features.transform(texts), labels)
    return lambda asked: ranker.probabilities(features.transform(asked))


def bayes(texts: Sequence[str], labels: Sequence[str]) -> Ranker:
    features = TextFeatures().fit(texts)
    model = ComplementNB(alpha=1.0).fit(features.transform(texts), labels)
    return lambda asked: np.asarray(model.predict_proba(features.transform(asked)))


def ensemble(*trainers: Trainer) -> Trainer:
    """The geometric mean of several candidates' chances."""

    def train(texts: Sequence[str], labels: Sequence[str]) -> Ranker:
        rankers = [trainer(texts, labels) for trainer in trainers]
        return lambda asked: np.exp(
            sum(np.log(ranker(asked) + 1e-6) for ranker in rankers) / len(rankers)
        )

    return train


def subword_embeddings(texts: Sequence[str], labels: Sequence[str]) -> Ranker:
    """As fastText's supervised mode: the mean of hashed n-gram and word vectors, one layer.

    https://arxiv.org/abs/1607.01759
    """
    import tensorflow as tf

    tf.random.set_seed(7)
    known = sorted(set(labels))
    model = tf.keras.Sequential(
        [
            tf.keras.layers.Embedding(_BUCKETS, _DIMENSIONS, mask_zero=True),
            tf.keras.layers.GlobalAveragePooling1D(),
            tf.keras.layers.Dense(len(known), activation="softmax"),
        ]
    )
    model.compile(tf.keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy")
    target = np.searchsorted(known, labels)
    model.fit(_hashed(texts), target, batch_size=64, epochs=15, verbose=0)
    return lambda asked: np.asarray(model.predict(_hashed(asked), verbose=0))


def _hashed(texts: Sequence[str]) -> np.ndarray:
    from zlib import crc32

    ids = np.zeros((len(texts), _MOST_IDS), np.int32)
    for row, text in enumerate(texts):
        terms = [text[i : i + n] for n in (1, 2, 3) for i in range(len(text) - n + 1)]
        found = [crc32(term.encode()) % (_BUCKETS - 1) + 1 for term in [*terms, *words(text)]]
        ids[row, : min(len(found), _MOST_IDS)] = found[:_MOST_IDS]
    return ids


def diet(epochs: int) -> Trainer:
    """Rasa's DIETClassifier on words and characters, each department an intent."""

    def train(texts: Sequence[str], labels: Sequence[str]) -> Ranker:
        import yaml
        from rasa.core.agent import Agent

        known = sorted(set(labels))
        folder = Path(tempfile.mkdtemp())
        by_label: dict[str, list[str]] = {}
        for text, label in zip(texts, labels, strict=True):
            by_label.setdefault(label, []).append(" ".join(text.split()))
        nlu = [
            {"intent": label, "examples": "".join(f"- {line}\n" for line in lines)}
            for label, lines in by_label.items()
        ]
        pipeline = [
            {"name": "JiebaTokenizer"},
            {"name": "CountVectorsFeaturizer"},
            {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "max_ngram": 3},
            {
                "name": "DIETClassifier",
                "epochs": epochs,
                "entity_recognition": False,
                "ranking_length": len(known),
                "constrain_similarities": True,
            },
        ]
        config = {"recipe": "default.v1", "language": "zh", "pipeline": pipeline, "policies": []}
        (folder / "config.yml").write_text(yaml.safe_dump(config))
        (folder / "nlu.yml").write_text(
            yaml.safe_dump({"version": "3.1", "nlu": nlu}, allow_unicode=True)
        )
        from rasa.model_training import train_nlu

        path = train_nlu(str(folder / "config.yml"), str(folder / "nlu.yml"), str(folder))
        agent, loop = Agent.load(path), asyncio.new_event_loop()

        def rank(asked: Sequence[str]) -> np.ndarray:
            chances = np.zeros((len(asked), len(known)))
            for row, text in enumerate(asked):
                parsed = loop.run_until_complete(agent.parse_message(text))
                for found in parsed["intent_ranking"]:
                    chances[row, known.index(found["name"])] = found["confidence"]
            return chances

        return rank

    return train


def svm() -> Any:
    return CalibratedClassifierCV(LinearSVC(C=0.5, class_weight="balanced"), cv=3)


def logistic() -> Any:
    return LogisticRegression(C=10, class_weight="balanced", solver="liblinear")


CANDIDATES: dict[str, Trainer] = {
    "SVM，字 1–3": plain("char", svm, ngram_range=(1, 3), min_df=2),
    "SVM，词": plain(words, svm),
    "逻辑回归，字 1–3": plain("char", logistic, ngram_range=(1, 3), min_df=2),
    "SVM，字和词": ours(short_sayings),
    "朴素贝叶斯（补集），字和词": bayes,
    "逻辑回归，字和词": ours(long_letters),
    "逻辑回归，字和词，少见的部门要更明显（采用）": shipped,
    "fastText 式子词向量": subword_embeddings,
    "合奏：SVM＋逻辑回归＋子词向量": ensemble(
        ours(short_sayings), ours(long_letters), subword_embeddings
    ),
}


def measure(name: str, trainer: Trainer, letters: Sequence[dict[str, str]]) -> Row:
    texts, labels = examples()
    began = time.perf_counter()
    rank = trainer(texts, labels)
    trained = time.perf_counter() - began
    known, truth = np.array(sorted(set(labels))), np.array([row["department"] for row in letters])

    def shares(asked: list[str]) -> tuple[float, float]:
        best = known[np.argsort(-rank(asked), axis=1)]
        return float((best[:, 0] == truth).mean()), float(
            (best[:, :3] == truth[:, None]).any(axis=1).mean()
        )

    subjects = [read(row["subject"]) for row in letters]
    whole = [read(f"{row['subject']}\n{row['text']}") for row in letters]
    began = time.perf_counter()
    both = shares(whole)
    spent = (time.perf_counter() - began) / len(letters)
    return Row(name, both, shares(subjects), trained, spent * 1000)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("letters", type=Path)
    arguments.add_argument("--diet", type=int, metavar="EPOCHS", default=0)
    arguments.add_argument("--only", help="candidates whose name has this in it")
    arguments.add_argument("--out", type=Path, default=PROJECT / "bench/results/departments.md")
    given = arguments.parse_args()
    load_user_words()
    letters = [json.loads(line) for line in given.letters.read_text("utf-8").splitlines()]
    chosen = dict(CANDIDATES)
    if given.diet:
        chosen[f"DIET（Rasa），{given.diet} 轮"] = diet(given.diet)
    lines = [
        f"# 谁来判断部门：同样的例句，同样的 {len(letters)} 封信",
        "",
        "| 模型 | 全文 top-1 | top-3 | 只看标题 top-1 | top-3 | 训练（秒） | 一封信（毫秒） |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for name, trainer in chosen.items():
        if given.only and given.only not in name:
            continue
        row = measure(name, trainer, letters)
        cells = [f"{value:.3f}" for value in (*row.both, *row.subject)]
        lines.append(
            f"| {row.name} | {' | '.join(cells)} | {row.train_seconds:.0f} "
            f"| {row.milliseconds:.1f} |"
        )
        print(lines[-1], flush=True)
    given.out.write_text("\n".join([*lines, ""]), "utf-8")


if __name__ == "__main__":
    main()
