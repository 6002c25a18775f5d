"""Complaint, report, help, suggestion or consultation: rules and a small linear model.

Knows nothing of Rasa. The rules (``appeal_cues.yml``) know what people say outright ("我要投诉");
the model has read examples of people who do not (``data/appeal_types.yml``). Each alone is wrong
more often than their sum.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np

from bot.nlu.gist import gist
from bot.nlu.ranker import Calibration, LinearRanker, TextFeatures, clip, long_letters
from bot.nlu.words import segments
from bot.vocabulary import load_yaml

COMPLAINT = "complaint"
# A letter says at its beginning or at its end what it wants; a question or a wish in its middle is
# a figure of speech.
_HEAD = 120
_TAIL = 80
# Margins of the model and points of the rules are added. From nothing to 0.8, examples held out are
# told equally well; real letters, whose authors say more outright, better the more it is.
_POINT = 0.6
_ONLY_SOFTMAX = Calibration(temperature=1.0)


def type_by_rules(text: str) -> str:
    """The type of a normalised text by its cues alone; a complaint where nothing is said."""
    points = _points(text)
    best = max(points, key=lambda name: points[name])
    return best if points[best] > points[COMPLAINT] else COMPLAINT


class AppealTypeModel:
    """The type of a normalised text by its wording and its cues."""

    def __init__(self) -> None:
        self._features = TextFeatures()
        self._ranker: LinearRanker | None = None

    def fit(self, texts: Sequence[str], types: Sequence[str]) -> AppealTypeModel:
        """Learn from normalised texts.

        Raises:
            ValueError: fewer than two types.
        """
        features = self._features.fit_transform(*_read(texts))
        self._ranker = LinearRanker.fit(features, types, long_letters, _ONLY_SOFTMAX)
        return self

    def type_of(self, text: str) -> str:
        """One of the types learned; what the rules say for a text without a known word."""
        assert self._ranker
        row = self._features.transform(*_read([text]))
        if row.nnz == 0:
            return type_by_rules(text)
        # The product of two sparse matrices costs more than to look up the few rows of a text.
        margins = row.data @ self._ranker.weights[row.indices] + self._ranker.bias
        points = _points(text)
        total = margins + _POINT * np.array([points.get(name, 0) for name in self._ranker.labels])
        return self._ranker.labels[int(total.argmax())]


@cache
def _cues() -> dict[str, list[tuple[re.Pattern[str], float]]]:
    return {
        name: [(re.compile(pattern), float(weight)) for pattern, weight in cues.items()]
        for name, cues in load_yaml("appeal_cues.yml").items()
    }


def _points(text: str) -> dict[str, float]:
    ends = _ends(text)
    return {
        name: sum(weight for pattern, weight in cues if pattern.search(ends))
        for name, cues in _cues().items()
    }


def _ends(text: str) -> str:
    return text if len(text) <= _HEAD + _TAIL else f"{text[:_HEAD]}\n{text[-_TAIL:]}"


def _read(texts: Sequence[str]) -> tuple[list[str], list[list[str]]]:
    """Characters and words of both ends; "^" and "$" tell how a text begins and ends."""
    characters = [f"^{_ends(gist(clip(text)))}$" for text in texts]
    return characters, [list(_words_at_ends(text)) for text in texts]


def _words_at_ends(text: str) -> Iterator[str]:
    # Cut from the words of the whole text, which others ask for as well.
    cut = segments(text)
    end = 0
    for word in cut:
        if end >= _HEAD:
            break
        end += len(word)
        if not word.isspace():
            yield word
    start = len(text)
    for word in reversed(cut):
        start -= len(word)
        if start < max(end, len(text) - _TAIL):
            break
        if not word.isspace():
            yield word
