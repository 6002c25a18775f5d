"""What the classifiers read of a message."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.nlu.gist import gist
from bot.nlu.normalizer import normalize


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("路灯坏了😡😡[捂脸]", "路灯坏了"),
        ("吵死了啊啊啊啊啊", "吵死了啊啊"),
        ("尊敬的市领导：您好！我家楼下晚上很吵", "我家楼下晚上很吵"),
        ("领导你好，路口的灯一直不亮", "路口的灯一直不亮"),
        ("路灯坏了，请尽快处理，谢谢！", "路灯坏了，请尽快处理"),
        ("转发：小区停水三天了", "小区停水三天了"),
        ("「小王：楼下又烧垃圾」\n- - - - - - -\n天天这样", "楼下又烧垃圾 天天这样"),
        ("楼下成日好嘈，瞓唔着", "楼下整天好吵，睡不着"),
        ("佢哋冇人理", "他们没人理"),
        ("畀人呃钱", "给人骗钱"),
        ("13800008888", "13800008888"),
    ],
)
def test_only_what_tells_the_matter(said: str, read: str) -> None:
    assert gist(said).strip() == read


@pytest.mark.parametrize("said", ["谢谢", "多谢晒", "领导你好", "好的，谢谢", "非常感谢", "你好"])
def test_politeness_that_is_all_stays(said: str) -> None:
    assert gist(normalize(said)) == normalize(said)


@given(st.text(max_size=300))
def test_any_text(text: str) -> None:
    text = normalize(text)
    read = gist(text)
    assert read == gist(text)
    if any("\u4e00" <= character <= "\u9fff" for character in text):
        assert len(read) <= 3 * len(text)
