"""A linear text ranker with calibrated probabilities. Knows nothing of Rasa.

Characters (1 to 3 of them) carry typos, Cantonese and unknown names; jieba's words carry the
matter. Of the plain models tried on the same features, a linear SVM knows short sayings best and
one logistic regression a label ranks real letters best; both take a fraction of a millisecond.
Their margins become probabilities by a :class:`Calibration`.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import LinearSVC

from bot.nlu.words import words

# What a letter says after this many characters seldom changes who is responsible, and a text of
# ten thousand characters must not hold up the others.
MAX_CHARACTERS = 2000
_HEAD_CHARACTERS = 1500
_LONGEST_NGRAM = 3
# Measured on real letters: words help, but weigh less than characters.
_WORD_WEIGHT = 0.7

LinearModel: TypeAlias = LinearSVC | LogisticRegression


def clip(text: str) -> str:
    """The beginning and the end of a long text; a letter's request stands at one of them."""
    if len(text) <= MAX_CHARACTERS:
        return text
    return text[:_HEAD_CHARACTERS] + text[-(MAX_CHARACTERS - _HEAD_CHARACTERS) :]


class TextFeatures:
    """TF-IDF of character n-grams and of words, as one sparse matrix.

    The numbers are those of scikit-learn's ``TfidfVectorizer`` with sublinear counts. Written out
    because here a message costs one look-up a term, and there milliseconds.
    """

    def __init__(self) -> None:
        self._characters = _Terms(least_texts=2)
        self._words = _Terms(least_texts=1)

    def fit(self, texts: Sequence[str]) -> TextFeatures:
        self.fit_transform(texts)
        return self

    def fit_transform(
        self, texts: Sequence[str], cut: Sequence[Sequence[str]] | None = None
    ) -> csr_matrix:
        """``fit`` and ``transform`` of the same texts; each is cut into words once."""
        prepared = [_squeeze(text) for text in texts]
        cut = [words(text) for text in prepared] if cut is None else cut
        self._characters.fit(map(_ngrams, prepared))
        self._words.fit(cut)
        return self._matrix(zip(prepared, cut, strict=True))

    def transform(
        self, texts: Sequence[str], cut: Sequence[Sequence[str]] | None = None
    ) -> csr_matrix:
        """Shape ``(len(texts), number of features)``; a text without known terms has no entry.

        ``cut``: the words of each text where they are known already or are not simply its own.
        """
        prepared = [_squeeze(text) for text in texts]
        cut = [words(text) for text in prepared] if cut is None else cut
        return self._matrix(zip(prepared, cut, strict=True))

    def _matrix(self, texts: Iterable[tuple[str, Sequence[str]]]) -> csr_matrix:
        columns, values, ends = [], [], [0]
        for text, cut in texts:
            characters = self._characters.weigh(_ngrams(text))
            of_words = self._words.weigh(cut)
            columns += [characters[0], of_words[0] + len(self._characters)]
            values += [characters[1], of_words[1] * np.float32(_WORD_WEIGHT)]
            ends.append(ends[-1] + len(characters[0]) + len(of_words[0]))
        return csr_matrix(
            (np.concatenate(values), np.concatenate(columns), ends),
            shape=(len(ends) - 1, len(self)),
        )

    def __len__(self) -> int:
        """The number of features."""
        return len(self._characters) + len(self._words)

    def term(self, column: int) -> str:
        """The characters or the word behind a column."""
        if column < len(self._characters):
            return self._characters.term(column)
        return self._words.term(column - len(self._characters))


class _Terms:
    """The terms that stand in at least ``least_texts`` texts, each with its weight."""

    def __init__(self, least_texts: int) -> None:
        self._least_texts = least_texts
        self._columns: dict[str, int] = {}
        self._known: list[str] = []
        self._weights = np.zeros(0, np.float32)

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Loaded models share their terms, which are mostly the same."""
        self.__dict__ |= state
        self._columns = shared_terms(self._columns)
        self._known = list(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    def term(self, column: int) -> str:
        return self._known[column]

    def fit(self, texts: Iterable[Sequence[str]]) -> None:
        total, found_in = 0, Counter[str]()
        for terms in texts:
            total += 1
            found_in.update(set(terms))
        known = sorted(term for term, count in found_in.items() if count >= self._least_texts)
        self._columns = {term: column for column, term in enumerate(known)}
        self._known = known
        counts = np.array([found_in[term] for term in known], np.float64)
        self._weights = (np.log((1 + total) / (1 + counts)) + 1).astype(np.float32)

    def weigh(self, terms: Iterable[str]) -> tuple[np.ndarray, np.ndarray]:
        """Columns, ascending, and values of one text, a vector of length 1 (or empty)."""
        column_of = self._columns.get
        known = [column for term in terms if (column := column_of(term)) is not None]
        columns, times = np.unique(np.array(known, np.int32), return_counts=True)
        values = (1 + np.log(times.astype(np.float32))) * self._weights[columns]
        return columns, values / max(float(np.linalg.norm(values)), 1e-12)


def shared_terms(columns: Mapping[str, int]) -> dict[str, int]:
    """``columns`` with one string in memory for each term, whichever models know it."""
    return {sys.intern(term): column for term, column in columns.items()}


def _ngrams(text: str) -> list[str]:
    return [
        text[start : start + length]
        for length in range(1, _LONGEST_NGRAM + 1)
        for start in range(len(text) - length + 1)
    ]


def _squeeze(text: str) -> str:
    return "".join(clip(text).lower().split())


def short_sayings(target: np.ndarray) -> LinearSVC:
    """The model that tells short messages apart.

    Half balanced: with full balance one appeal among thousands weighs next to nothing, with none
    rare intents are never guessed.
    """
    counts = np.bincount(target)
    weights = {label: (len(target) / count) ** 0.5 for label, count in enumerate(counts) if count}
    mean = sum(counts[label] * weight for label, weight in weights.items()) / len(target)
    balance = {label: weight / mean for label, weight in weights.items()}
    return LinearSVC(C=0.5, class_weight=balance, random_state=7)


def long_letters(target: np.ndarray) -> LogisticRegression:
    """The model that ranks descriptions, long ones too; ``target`` is not looked at."""
    return LogisticRegression(
        C=10, class_weight="balanced", solver="liblinear", dual=True, random_state=7
    )


NewModel: TypeAlias = Callable[[np.ndarray], LinearModel]


@dataclass(frozen=True)
class Calibration:
    """How margins become probabilities: a softmax at ``temperature``, less ``doubt``.

    ``doubt`` is the share of texts that somebody else answers for, however clear they read.
    """

    temperature: float
    doubt: float = 0.0

    def probabilities(self, margins: np.ndarray) -> np.ndarray:
        """Shape ``(rows, labels)`` both ways; each row sums to 1."""
        certain = _softmax(margins / self.temperature)
        return (1 - self.doubt) * certain + self.doubt / margins.shape[1]


# A model's own held-out examples are easier than citizens' letters: fitted on them it is sure of
# itself in 83 of 100 letters and right in 69. These two fit the letters of ``suqiu evaluate``.
LETTERS = Calibration(temperature=0.65, doubt=0.15)


@dataclass
class LinearRanker:
    """Labels ranked by probability. ``weights`` (features, labels), ``bias`` (labels,)."""

    labels: list[str]
    weights: np.ndarray
    bias: np.ndarray
    calibration: Calibration

    @classmethod
    def fit(
        cls,
        features: csr_matrix,
        labels: Sequence[str],
        new_model: NewModel = short_sayings,
        calibration: Calibration | None = None,
    ) -> LinearRanker:
        """Train on all rows; without a ``calibration`` one is fitted on held-out parts of them.

        Raises:
            ValueError: fewer than two labels.
        """
        known = sorted(set(labels))
        if len(known) < 2:
            raise ValueError("至少要有两个类别的例句才能训练")
        target = np.searchsorted(known, labels)
        if calibration is None:
            calibration = _fitted(features, target, new_model)
        weights, bias = _matrix(new_model(target).fit(features, target), len(known))
        return cls(known, weights.astype(np.float32), bias.astype(np.float32), calibration)

    def with_handicap(self, labels: Collection[str], margin: float) -> LinearRanker:
        """The same ranker, to which each of ``labels`` has to be clearer by ``margin``."""
        handicap = np.fromiter((label in labels for label in self.labels), np.float32)
        return replace(self, bias=self.bias - margin * handicap)

    def probabilities(self, features: csr_matrix) -> np.ndarray:
        """Shape ``(rows, labels)``; each row sums to 1."""
        return self.calibration.probabilities(features @ self.weights + self.bias)

    def reasons(self, features: csr_matrix, label: str) -> tuple[np.ndarray, np.ndarray]:
        """Columns of one row that spoke for ``label`` against the average label, strongest first,
        and how much each did (in margin units)."""
        column = self.labels.index(label)
        row = features.tocsr()
        against = self.weights[row.indices].mean(axis=1)
        strengths = row.data * (self.weights[row.indices, column] - against)
        order = np.argsort(-strengths)
        order = order[strengths[order] > 0]
        return row.indices[order], strengths[order]


def held_out_margins(
    features: csr_matrix,
    target: np.ndarray,
    new_model: NewModel,
    folds: int = 3,
) -> np.ndarray | None:
    """Margins ``(rows, labels)`` of each row by a model that did not see it; None for too few rows.

    ``target``: label numbers, each from 0 up in use.
    """
    number = int(target.max()) + 1
    splits = min(folds, int(np.bincount(target).min()))
    if splits < 2:
        return None
    margins = np.zeros((features.shape[0], number))
    parts = StratifiedKFold(splits, shuffle=True, random_state=7).split(features, target)
    for train, test in parts:
        weights, bias = _matrix(
            new_model(target[train]).fit(features[train], target[train]), number
        )
        margins[test] = features[test] @ weights + bias
    return margins


def _fitted(features: csr_matrix, target: np.ndarray, new_model: NewModel) -> Calibration:
    margins = held_out_margins(features, target, new_model)
    return Calibration(1.0 if margins is None else _best_temperature(margins, target))


def _matrix(model: LinearModel, labels: int) -> tuple[np.ndarray, np.ndarray]:
    if labels > 2:
        return model.coef_.T, model.intercept_
    # For two labels scikit-learn keeps one hyperplane only.
    return (
        np.hstack([-model.coef_.T, model.coef_.T]),
        np.hstack([-model.intercept_, model.intercept_]),
    )


def _softmax(scores: np.ndarray) -> np.ndarray:
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    return shifted / shifted.sum(axis=1, keepdims=True)


def _best_temperature(margins: np.ndarray, target: np.ndarray) -> float:
    rows = np.arange(len(target))

    def loss(log_temperature: float) -> float:
        probabilities = _softmax(margins / np.exp(log_temperature))
        return float(-np.log(probabilities[rows, target] + 1e-12).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-5, 3), method="bounded").x))
