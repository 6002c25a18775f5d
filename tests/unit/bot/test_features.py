"""The features of the rankers, against scikit-learn's own numbers, and the words they rest on."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import hstack
from sklearn.feature_extraction.text import TfidfVectorizer

from bot.nlu.ranker import LinearRanker, TextFeatures, long_letters
from bot.nlu.words import segments, words

KNOWN = ["路灯坏了没人修", "路灯不亮，好黑", "垃圾没人清", "垃圾堆成山", "OK 路灯好了"]
NEW = ["门口路灯又坏了", "垃圾垃圾垃圾", "ok", "完全两样", ""]


def squeezed(text: str) -> str:
    return "".join(text.lower().split())


def test_numbers_are_those_of_scikit_learn() -> None:
    features = TextFeatures().fit(KNOWN)
    characters = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True, min_df=2)
    of_words = TfidfVectorizer(analyzer=words, sublinear_tf=True)
    characters.fit(map(squeezed, KNOWN))
    of_words.fit(map(squeezed, KNOWN))
    new = [squeezed(text) for text in NEW]
    # Words weigh 0.7 beside characters.
    expected = hstack([characters.transform(new), of_words.transform(new) * 0.7]).toarray()
    assert np.allclose(features.transform(NEW).toarray(), expected, atol=1e-6)


def test_unknown_text_has_no_entry() -> None:
    features = TextFeatures().fit(KNOWN)
    assert features.transform(["", "😀", "xyz"]).nnz == 0


def test_the_model_of_letters_gives_probabilities() -> None:
    labels = ["lamp", "lamp", "waste", "waste", "lamp"]
    features = TextFeatures().fit(KNOWN)
    ranker = LinearRanker.fit(features.transform(KNOWN), labels, long_letters)
    chances = ranker.probabilities(features.transform(["路灯黑", "垃圾"]))
    assert np.allclose(chances.sum(axis=1), 1)
    assert [ranker.labels[int(row.argmax())] for row in chances] == ["lamp", "waste"]


@given(st.text(max_size=80))
def test_segments_join_to_the_text(text: str) -> None:
    assert "".join(segments(text)) == text
    assert all(word and not word.isspace() for word in words(text))
