from __future__ import annotations

import datetime as dt
import random
import string

from hypothesis import given
from hypothesis import strategies as st
from stdnum.iso7064 import mod_37_36

from bot.case_id import canonical, find_case_ids, is_case_id, new_case_id

DAY = dt.date(2026, 11, 24)
ids = st.builds(lambda n: new_case_id(DAY), st.integers())
WIDE = {ord(c): ord(c) + 0xFEE0 for c in string.ascii_letters + string.digits}


def spellings(case_id: str) -> list[str]:
    return [
        case_id,
        case_id.lower(),
        case_id.translate(WIDE),
        " ".join(case_id),
        f"{case_id[:2]}-{case_id[2:10]}-{case_id[10:]}",
        f"{case_id[:10]} {case_id[10:16]} {case_id[16:]}",
    ]


@given(ids)
def test_every_way_people_write_it_is_found(case_id: str) -> None:
    for spelling in spellings(case_id):
        for sentence in (
            spelling,
            f"查进度{spelling}怎么样",
            f"单号：{spelling}，有消息未",
            f"{spelling} ok",
        ):
            found = find_case_ids(sentence)
            assert [mention.value for mention in found] == [case_id], sentence
            mention = found[0]
            assert sentence[mention.start : mention.end] == mention.text


@given(ids, st.integers(2, 16), st.sampled_from(string.digits + string.ascii_uppercase))
def test_any_single_wrong_character_is_recognised(case_id: str, place: int, other: str) -> None:
    wrong = case_id[:place] + other + case_id[place + 1 :]
    if wrong != case_id:
        assert not is_case_id(wrong)
        assert [mention.value for mention in find_case_ids(wrong)] == [None]


def test_swapped_neighbours_are_nearly_always_recognised() -> None:
    # The hybrid systems of ISO 7064 find every wrong character, but not quite every swap.
    digits = random.Random(7)
    swaps = missed = 0
    for _ in range(300):
        body = f"FS20261124{digits.randrange(10**6):06d}"
        case_id = body + mod_37_36.calc_check_digit(body)
        for place in range(2, 16):
            swapped = case_id[:place] + case_id[place + 1] + case_id[place] + case_id[place + 2 :]
            if swapped != case_id:
                swaps += 1
                missed += canonical(swapped) is not None
    assert missed <= 0.01 * swaps


@given(st.text())
def test_offsets_always_fit(text: str) -> None:
    for mention in find_case_ids(text):
        assert text[mention.start : mention.end] == mention.text


def test_other_words_are_no_ids() -> None:
    for text in ("FS", "佛山", "fsdf", "我在FS路", "20261124000000", "offset 123456"):
        assert find_case_ids(text) == []


def test_too_short_or_too_long_is_mistyped() -> None:
    case_id = new_case_id(DAY)
    assert [m.value for m in find_case_ids(case_id[:-1])] == [None]
    assert [m.value for m in find_case_ids(case_id + "7")] == [None]
