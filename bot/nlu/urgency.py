"""How likely a text tells of a present danger: a small linear model. Knows nothing of Rasa.

Rules (``danger.py``) know what they were told; the model has read examples of people in danger and
of people who only sound so (``data/urgency.yml``), and takes the rules and the cues of
``urgency.yml`` as hints. A letter is read sentence by sentence and the most dangerous one counts,
so that a fire between two complaints is not averaged away.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from bot.nlu.danger import find_dangers, names_any_danger
from bot.nlu.gist import gist
from bot.nlu.grouped_examples import read_grouped
from bot.nlu.ranker import clip, shared_terms
from bot.vocabulary import load_yaml

# Cross-validated on the examples, with everyday appeals in training: 0.98 of the urgent are found,
# 0.87 of the found are urgent. Missing a danger costs more than a needless call. Without everyday
# appeals chances are higher.
URGENT = 0.28
URGENT_BY_RULE = 0.18  # where a rule names the danger as well

# Without it 13 in 100 real letters are called urgent, with it 3.
_LESS_FOR_MANY = 0.5

_LONGEST_NGRAM = 3
_ONE_THOUGHT = 60  # a text up to this long is one thought; of a longer one each sentence is
_CLAUSES = 28  # characters of a sentence without end that are read together at least
_SENTENCE = re.compile(r"[^。!！?？;；\n]+[。!！?？;；\n]*")
_WORD = re.compile(r"\w")
_CLAUSE = re.compile(rf"[^,，、:： ]{{1,{_ONE_THOUGHT}}}[,，、:： ]*")
# A rule and a cue stand for many examples each and weigh as much as several n-grams.
_HINT_WEIGHT = 3.0
_RULE = "<danger>"
_LEAST_WINDOWS = 2
_ROUNDS = 3
# Everyday appeals are many and unmarked, so each weighs less than an example, and all together
# less than the examples.
_EVERYDAY_MARGIN = -1.0
_EVERYDAY_EACH = 0.3
_EVERYDAY_TOGETHER = 0.2

_Row: TypeAlias = tuple[np.ndarray, np.ndarray]


class UrgencyModel:
    """The chance that a normalised text tells of a present danger."""

    def __init__(self) -> None:
        self._columns: dict[str, int] = {}
        self._weights_of_terms = np.zeros(0, np.float32)
        self._coefficients = np.zeros(0, np.float32)
        self._bias = 0.0

    def fit(
        self, texts: Sequence[str], labels: Sequence[bool], everyday: Iterable[str] = ()
    ) -> UrgencyModel:
        """Learn from whole normalised texts; ``labels[i]``: whether ``texts[i]`` is urgent.

        ``everyday`` are appeals nobody has marked, nearly all of them not urgent. Those in which
        a rule finds a danger are left out; of the others the ones that the model so far takes for
        urgent are learned as not urgent. Nor does anybody mark the urgent sentence of a letter:
        the model so far points at it.

        Raises:
            ValueError: not both of urgent and not urgent texts.
        """
        if set(map(bool, labels)) != {True, False}:
            raise ValueError("要有紧急和不紧急两种例句才能训练")
        read = [list(_windows(text)) for text in texts]
        unmarked = [w for text in everyday for w in _windows(text) if _RULE not in w.hints]
        self._learn_terms([*(window for windows in read for window in windows), *unmarked])
        urgent: list[_Row] = []
        calm: list[_Row] = []
        letters: list[list[_Row]] = []
        for windows, is_urgent in zip(read, labels, strict=True):
            rows = [self._row(window) for window in windows]
            if not is_urgent:
                calm += rows
            elif len(rows) == 1:
                urgent += rows
            elif rows:
                letters.append(rows)
        unmarked_rows = [self._row(window) for window in unmarked]
        misleading: dict[int, _Row] = {}
        self._fit_rows(urgent or [row for rows in letters for row in rows], calm, [])
        for _ in range(_ROUNDS):
            misleading |= {
                number: row
                for number, row in enumerate(unmarked_rows)
                if self._margin(row) > _EVERYDAY_MARGIN
            }
            pointed = [max(rows, key=self._margin) for rows in letters]
            self._fit_rows([*urgent, *pointed], calm, list(misleading.values()))
        return self

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Loaded models share their terms, which are mostly the same."""
        self.__dict__ |= state
        self._columns = shared_terms(self._columns)

    def chance(self, text: str) -> float:
        """0 to 1 for a normalised text: that of its most dangerous sentence; 0 without words.

        Of many sentences one is the likelier to sound dangerous only, and must sound so more.
        """
        margins = [self._margin(self._row(window)) for window in _windows(text)]
        if not margins:
            return 0.0
        margin = max(margins) - _LESS_FOR_MANY * np.log(len(margins))
        return float(1 / (1 + np.exp(-margin)))

    def _learn_terms(self, windows: Sequence[_Window]) -> None:
        found_in: dict[str, int] = {}
        for window in windows:
            for term in set(_terms(window)):
                found_in[term] = found_in.get(term, 0) + 1
        known = sorted(term for term, count in found_in.items() if count >= _LEAST_WINDOWS)
        self._columns = {term: column for column, term in enumerate(known)}
        counts = np.array([found_in[term] for term in known], np.float64)
        rarity = np.log((1 + len(windows)) / (1 + counts)) + 1
        hints = np.fromiter((term[0] == "<" for term in known), bool, len(known))
        self._weights_of_terms = np.where(hints, _HINT_WEIGHT, rarity).astype(np.float32)

    def _row(self, window: _Window) -> _Row:
        """Columns and values of one window, a vector of length 1 (or empty)."""
        known: set[int | None] = set(map(self._columns.get, _terms(window)))
        known.discard(None)
        found = np.fromiter(known, np.int32, len(known))
        values = self._weights_of_terms[found]
        return found, values / max(float(np.linalg.norm(values)), 1e-12)

    def _margin(self, row: _Row) -> float:
        return float(self._coefficients[row[0]] @ row[1]) + self._bias

    def _fit_rows(self, urgent: list[_Row], calm: list[_Row], everyday: list[_Row]) -> None:
        rows = [*urgent, *calm, *everyday]
        ends = np.cumsum([0, *(len(columns) for columns, _ in rows)])
        matrix = csr_matrix(
            (
                np.concatenate([values for _, values in rows]),
                np.concatenate([columns for columns, _ in rows]),
                ends,
            ),
            shape=(len(rows), len(self._columns)),
        )
        each = min(_EVERYDAY_EACH, _EVERYDAY_TOGETHER * len(urgent) / max(len(everyday), 1))
        shares = [1.0, len(urgent) / len(calm), each]
        weights = np.repeat(shares, [len(urgent), len(calm), len(everyday)])
        model = LogisticRegression(C=10, solver="liblinear", random_state=7)
        model.fit(matrix, np.arange(len(rows)) < len(urgent), weights)
        self._coefficients = model.coef_[0].astype(np.float32)
        self._bias = float(model.intercept_[0])


def read_examples(path: Path) -> tuple[list[str], list[bool]]:
    """Normalised texts of ``data/urgency.yml`` and whether each is urgent."""
    texts, labels = read_grouped(path)
    return texts, [label == "urgent" for label in labels]


@cache
def _cues() -> dict[str, re.Pattern[str]]:
    return {
        f"<{name}>": re.compile(pattern)
        for name, pattern in load_yaml("urgency.yml")["cues"].items()
    }


class _Window(NamedTuple):
    """A part that is judged by itself: its words, and the cues and kinds of danger in it."""

    text: str
    hints: frozenset[str]


def _windows(text: str) -> Iterator[_Window]:
    """The parts of a normalised text, a sentence or a few clauses each."""
    plain = gist(clip(text)).lower()
    # What the whole text does not have none of its parts has.
    patterns = {name: cue for name, cue in _cues().items() if cue.search(plain)}
    names_danger = names_any_danger(plain)
    for sentence in [plain] if len(plain) <= _ONE_THOUGHT else _SENTENCE.findall(plain):
        if not _WORD.search(sentence):
            continue
        # "去年" at the beginning of a sentence holds for all of it.
        cues = {name for name, cue in patterns.items() if cue.search(sentence)}
        for window in _cut(sentence):
            found = find_dangers(window) if names_danger else []
            kinds = {danger.kind for danger in found}
            hints = {_RULE, *(f"<{kind}>" for kind in kinds)} if kinds else set()
            yield _Window(f"^{window.replace(' ', '')}$", frozenset(cues | hints))


def _cut(sentence: str) -> Iterator[str]:
    """A long sentence as overlapping groups of clauses."""
    if len(sentence) <= _ONE_THOUGHT:
        yield sentence
        return
    clauses = _CLAUSE.findall(sentence)
    for first in range(len(clauses)):
        window, last = "", first
        while last < len(clauses) and len(window) < _CLAUSES:
            window += clauses[last]
            last += 1
        yield window
        if last == len(clauses):
            return


def _terms(window: _Window) -> Iterator[str]:
    """n-grams and hints, as often as they stand in the window."""
    text = window.text
    for length in range(1, _LONGEST_NGRAM + 1):
        for start in range(len(text) - length + 1):
            yield text[start : start + length]
    yield from window.hints
