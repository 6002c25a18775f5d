from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.answers import (
    choice,
    is_anonymous,
    is_cancel,
    is_no,
    is_only_an_answer,
    is_unknown,
    is_yes,
    keeps_it,
    without_greeting,
)


@pytest.mark.parametrize(
    "text",
    [
        "对",
        "对的",
        "是的",
        "是",
        "系",
        "系啊",
        "系嘅",
        "没错",
        "冇错",
        "啱",
        "嗯",
        "嗯嗯",
        "好",
        "好的",
        "好的谢谢",
        "可以",
        "可以，谢谢你",
        "没问题啊",
        "冇问题",
        "OK",
        "ok",
        "Yes",
        "提交",
        "提交吧",
        "确认提交",
        "就这样",
        "行",
        "得",
        "对，提交",
        "确认。",
        "对！",
        "好的，麻烦您了",
        "👍",
        "[强]",
        "是的是的",
        "都对",
    ],
)
def test_yes(text: str) -> None:
    assert is_yes(text)
    assert not is_no(text)


@pytest.mark.parametrize(
    "text",
    [
        "不对",
        "不是",
        "唔系",
        "唔啱",
        "错了",
        "有错",
        "不用",
        "不要",
        "不",
        "没有",
        "改一下",
        "要改",
        "等等",
        "不用了谢谢",
    ],
)
def test_no(text: str) -> None:
    assert is_no(text)
    assert not is_yes(text)


@pytest.mark.parametrize(
    "text", ["路灯坏了", "对面路灯坏了", "桂城", "13800138000", "", "？", "好嘈", "是大沥不是里水"]
)
def test_neither(text: str) -> None:
    assert not is_yes(text)
    assert not is_no(text)


@pytest.mark.parametrize(
    "text",
    ["匿名", "不留", "唔留", "不想留电话", "不方便", "保密", "不用", "算了", "没有电话", "跳过"],
)
def test_anonymous(text: str) -> None:
    assert is_anonymous(text)


@pytest.mark.parametrize("text", ["不知道", "唔知", "说不清", "不清楚", "忘记了", "随便", "都不是"])
def test_unknown(text: str) -> None:
    assert is_unknown(text)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1", 0),
        ("１", 0),
        ("一", 0),
        ("第一个", 0),
        ("第2个", 1),
        ("二", 1),
        ("选3", 2),
        ("最后一个", 2),
        ("后者", 2),
        ("前者", 0),
        ("4", None),
        ("0", None),
        ("路灯", None),
        ("我选第二个吧", 1),
        ("", None),
    ],
)
def test_choice(text: str, number: int | None) -> None:
    assert choice(text, 3) == number


@given(st.text())
def test_nothing_raises_and_a_choice_is_in_range(text: str) -> None:
    is_yes(text), is_no(text), is_anonymous(text), is_unknown(text)
    chosen = choice(text, 3)
    assert chosen is None or 0 <= chosen < 3


@pytest.mark.parametrize(
    "text", ["不提交了", "取消", "我不投诉了", "唔搞啦", "算了，不弄了", "还是算了取消吧"]
)
def test_cancel(text: str) -> None:
    assert is_cancel(text)


@pytest.mark.parametrize(
    "text", ["不改了", "算了不改了", "唔使改", "取消我的低保", "不提交材料就扣钱", "不是"]
)
def test_no_cancel(text: str) -> None:
    assert not is_cancel(text)


@pytest.mark.parametrize("text", ["不改了", "唔使改", "照旧", "没什么要改"])
def test_keeps_it(text: str) -> None:
    assert keeps_it(text)


@pytest.mark.parametrize(
    ("text", "only"),
    [
        ("对", True),
        ("第二个", True),
        ("什么意思", True),
        ("不知道", True),
        ("匿名", True),
        ("路灯坏了", False),
        ("不知道哪个公司半夜施工", False),
        ("对面有人放火", False),
    ],
)
def test_what_is_only_an_answer(text: str, only: bool) -> None:
    assert is_only_an_answer(text) is only


def test_without_greeting() -> None:
    assert without_greeting("你好，请问居住证怎么办？") == "居住证怎么办"
    assert without_greeting("您好！") == ""
