"""A linear text ranker with calibrated probabilities. Knows nothing of Rasa.

Characters (1 to 3 of them) carry typos, Cantonese and unknown names; jieba's words carry the
matter. A linear SVM on both is the strongest plain model on real appeals and takes a fraction of
a millisecond. Its margins become probabilities by one temperature, fitted on held-out folds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import jieba
import numpy as np
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import LinearSVC

# What a letter says after this many characters seldom changes who is responsible, and a text of
# ten thousand characters must not hold up the others.
MAX_CHARACTERS = 2000
_HEAD_CHARACTERS = 1500


def clip(text: str) -> str:
    """The beginning and the end of a long text; a letter's request stands at one of them."""
    if len(text) <= MAX_CHARACTERS:
        return text
    return text[:_HEAD_CHARACTERS] + text[-(MAX_CHARACTERS - _HEAD_CHARACTERS) :]


def words(text: str) -> list[str]:
    """jieba's words without blanks."""
    return [word for word in jieba.lcut(text) if not word.isspace()]


class TextFeatures:
    """TF-IDF of character n-grams and of words, as one sparse matrix."""

    def __init__(self) -> None:
        self._characters = TfidfVectorizer(
            analyzer="char", ngram_range=(1, 3), sublinear_tf=True, min_df=2, dtype=np.float32
        )
        self._words = TfidfVectorizer(analyzer=words, sublinear_tf=True, min_df=1, dtype=np.float32)

    def fit(self, texts: Sequence[str]) -> TextFeatures:
        prepared = [_squeeze(text) for text in texts]
        self._characters.fit(prepared)
        self._words.fit(prepared)
        return self

    def transform(self, texts: Sequence[str]) -> csr_matrix:
        """Shape ``(len(texts), number of features)``."""
        prepared = [_squeeze(text) for text in texts]
        return hstack(
            [self._characters.transform(prepared), self._words.transform(prepared)], format="csr"
        )


def _squeeze(text: str) -> str:
    return "".join(clip(text).lower().split())


@dataclass
class LinearRanker:
    """Labels ranked by probability. ``weights`` (features, labels), ``bias`` (labels,)."""

    labels: list[str]
    weights: np.ndarray
    bias: np.ndarray
    temperature: float

    @classmethod
    def fit(cls, features: csr_matrix, labels: Sequence[str], folds: int = 5) -> LinearRanker:
        """Train on all rows; the temperature comes from ``folds`` held-out parts.

        Raises:
            ValueError: fewer than two labels.
        """
        known = sorted(set(labels))
        if len(known) < 2:
            raise ValueError("至少要有两个类别的例句才能训练")
        target = np.searchsorted(known, labels)
        model = _svm().fit(features, target)
        weights, bias = _matrix(model, len(known))
        margins = np.zeros((features.shape[0], len(known)))
        splits = min(folds, int(np.bincount(target).min()))
        temperature = 1.0
        if splits >= 2:
            for train, test in StratifiedKFold(splits, shuffle=True, random_state=7).split(
                features, target
            ):
                part = _svm().fit(features[train], target[train])
                part_weights, part_bias = _matrix(part, len(known))
                margins[test] = features[test] @ part_weights + part_bias
            temperature = _best_temperature(margins, target)
        return cls(known, weights.astype(np.float32), bias.astype(np.float32), temperature)

    def probabilities(self, features: csr_matrix) -> np.ndarray:
        """Shape ``(rows, labels)``; each row sums to 1."""
        return _softmax((features @ self.weights + self.bias) / self.temperature)


def _svm() -> LinearSVC:
    return LinearSVC(C=0.5, class_weight="balanced", random_state=7)


def _matrix(model: LinearSVC, labels: int) -> tuple[np.ndarray, np.ndarray]:
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
