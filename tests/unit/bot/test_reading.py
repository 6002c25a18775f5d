"""What the rankers read: no places for the department, only the beginning for the intent."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.nlu.normalizer import normalize
from bot.nlu.reading import SOMEWHERE, as_appeals, as_sayings
from bot.nlu.words import load_user_words, words

load_user_words()


def test_a_department_is_told_without_the_place() -> None:
    (characters,), (found,) = as_appeals(["桂城平东路灯坏了，大沥那边也是"])
    assert "桂城" not in characters and "大沥" not in characters
    assert SOMEWHERE in characters
    assert {"桂城", "平东", "大沥"}.isdisjoint(found)
    assert "路灯" in found


def test_an_intent_is_told_by_the_beginning() -> None:
    beginning = "路灯坏了没人修，" * 37
    (short,), (short_words,) = as_sayings([beginning])
    (long,), (long_words,) = as_sayings([beginning + "垃圾也没人清，" * 300])
    assert len(long) <= len(short) + 10
    assert long_words[: len(short_words)] == short_words
    assert len(long_words) <= len(short_words) + 3


def test_cantonese_is_read_as_mandarin_in_characters_only() -> None:
    (characters,), (found,) = as_sayings(["楼下好嘈"])
    assert characters == "楼下好吵"
    assert "吵" not in "".join(found)


@given(st.text(max_size=120))
def test_words_are_never_invented(text: str) -> None:
    text = normalize(text)
    (_,), (beside,) = as_appeals([text])
    (_,), (first,) = as_sayings([text])
    assert first == words(text)
    assert len(beside) <= len(first)
    assert all(word in text for word in beside)
