from __future__ import annotations

import numpy as np
import pytest

from bot.nlu.ranker import MAX_CHARACTERS, LinearRanker, TextFeatures, clip

TEXTS = ["路灯坏了", "路灯不亮", "街上路灯黑", "垃圾没人清", "垃圾堆成山", "垃圾桶满了"] * 3
LABELS = ["lamp", "lamp", "lamp", "waste", "waste", "waste"] * 3
THREE = ["lamp", "lamp", "dark", "waste", "waste", "waste"] * 3


@pytest.mark.parametrize("labels", [LABELS, THREE])
def test_probabilities_sum_to_one_and_rank_the_right_label_first(labels: list[str]) -> None:
    features = TextFeatures().fit(TEXTS)
    ranker = LinearRanker.fit(features.transform(TEXTS), labels)
    chances = ranker.probabilities(features.transform(["门口路灯坏了", "垃圾没人收", "完全无关"]))
    assert np.allclose(chances.sum(axis=1), 1)
    assert ranker.labels[int(chances[0].argmax())] == "lamp"
    assert ranker.labels[int(chances[1].argmax())] == "waste"


def test_one_label_is_refused() -> None:
    features = TextFeatures().fit(TEXTS)
    with pytest.raises(ValueError, match="两个类别"):
        LinearRanker.fit(features.transform(TEXTS), ["lamp"] * len(TEXTS))


def test_long_texts_keep_both_ends() -> None:
    text = "头" + "中" * 10_000 + "尾"
    assert len(clip(text)) == MAX_CHARACTERS
    assert clip(text).startswith("头") and clip(text).endswith("尾")
