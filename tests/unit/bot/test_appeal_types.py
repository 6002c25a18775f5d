"""What type an appeal is: cues, and the model that has read examples."""

from __future__ import annotations

import pathlib
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.nlu.appeal_type import AppealTypeModel, type_by_rules
from bot.nlu.grouped_examples import read_grouped
from bot.nlu.normalizer import normalize
from bot.nlu.profile import TYPE_EXAMPLES, appeal_type
from bot.vocabulary import appeal_types

_FOLDS = 4
# Sentences of every other type; none of them is what the letter wants.
_BETWEEN = (
    "难道就没有别的办法了吗？我打过几次电话，接电话的同志说这不归他管，让我再等一等。"
    "也有人说应该早点装个监控。我咨询过一位懂法律的朋友，他说情况很复杂，不要着急。"
    "家里的老人为了这件事吃不下饭，邻居们也都议论纷纷，有的说这样，有的说那样。"
)


@pytest.fixture(scope="module")
def model() -> AppealTypeModel:
    return AppealTypeModel().fit(*read_grouped(TYPE_EXAMPLES))


def test_every_type_has_enough_examples_and_none_stands_twice() -> None:
    texts, types = read_grouped(TYPE_EXAMPLES)
    counts = Counter(types)
    assert set(counts) == set(appeal_types())
    assert min(counts.values()) >= 180
    assert len(set(texts)) == len(texts)


def test_examples_are_of_all_lengths() -> None:
    texts, types = read_grouped(TYPE_EXAMPLES)
    for name in appeal_types():
        lengths = [len(text) for text, kind in zip(texts, types, strict=True) if kind == name]
        assert sum(length < 30 for length in lengths) >= 60
        assert sum(30 <= length < 90 for length in lengths) >= 50
        assert sum(length >= 90 for length in lengths) >= 30


def test_unseen_examples_are_told_apart_better_than_by_the_cues() -> None:
    texts, types = read_grouped(TYPE_EXAMPLES)
    right: Counter[str] = Counter()
    by_rules = 0
    for fold in range(_FOLDS):
        kept = [i for i in range(len(texts)) if i % _FOLDS != fold]
        trained = AppealTypeModel().fit([texts[i] for i in kept], [types[i] for i in kept])
        for i in range(fold, len(texts), _FOLDS):
            right[types[i]] += trained.type_of(texts[i]) == types[i]
            by_rules += type_by_rules(texts[i]) == types[i]
    assert sum(right.values()) / len(texts) >= 0.84
    assert sum(right.values()) >= 1.5 * by_rules
    counts = Counter(types)
    assert all(right[name] / counts[name] >= 0.75 for name in counts)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("巷子里第三盏路灯灭了一个礼拜", "help"),
        ("隔壁饭馆的抽风机从早响到晚，跟老板说了他还瞪我", "complaint"),
        ("有间没招牌的牙科，给人拔牙的连医生证都没有", "report"),
        ("幼儿园门口画条斑马线吧，接送安全些", "suggestion"),
        ("居住证过期半年还能续吗，要带哪些资料", "consultation"),
        ("公屋条水喉爆咗，唔该搵人嚟整", "help"),
        ("医保窗口嘅职员成日黑口黑面，问多句就闹人", "complaint"),
    ],
)
def test_short_sayings(model: AppealTypeModel, text: str, kind: str) -> None:
    assert appeal_type(normalize(text), model) == kind


@pytest.mark.parametrize(
    ("beginning", "end", "kind"),
    [
        (
            "我们小区的物业去年换了一家，自从他们来了以后电梯天天停，保安见人爱理不理。",
            "这样的物业凭什么还要涨价，请给业主一个说法。",
            "complaint",
        ),
        (
            "我发现隔壁仓库里有人在偷偷生产假酒，半夜用没有牌照的车往外运。",
            "建议你们突击去查，一定能人赃并获，希望依法严惩。",
            "report",
        ),
        (
            "我是一名单亲妈妈，孩子住院欠下三万块，实在拿不出来了。",
            "恳请民政的领导帮帮我们，看能不能先救助一点。",
            "help",
        ),
        (
            "请问在佛山交了四年社保的外地人，孩子读初一要怎么申请积分入学。",
            "租房合同要不要先备案？材料交到哪里？麻烦告知。",
            "consultation",
        ),
    ],
)
def test_a_letter_says_at_its_ends_what_it_wants(
    model: AppealTypeModel, beginning: str, end: str, kind: str
) -> None:
    assert model.type_of(normalize(beginning + _BETWEEN * 2 + end)) == kind


def test_the_middle_of_a_letter_counts_for_nothing(model: AppealTypeModel) -> None:
    around = "我家门口的水管爆了，水流了一地。" + "麻烦派人来修，谢谢。" * 8
    middle = normalize(around + "举报有人开赌场" + "嗯" * 2000 + around)
    assert model.type_of(middle) == model.type_of(normalize(around + "嗯" * 2000 + around))


def test_what_is_said_outright_counts(model: AppealTypeModel) -> None:
    matter = "镇上那家门店的事情"
    assert model.type_of(normalize("我要投诉" + matter)) == "complaint"
    assert model.type_of(normalize("我要举报" + matter)) == "report"
    assert model.type_of(normalize("我想咨询一下" + matter)) == "consultation"


def test_a_text_without_a_known_word_is_told_by_the_cues() -> None:
    trained = AppealTypeModel().fit(["路灯坏了", "路灯坏了修修"], ["help", "complaint"])
    assert trained.type_of("") == "complaint"


def test_one_type_cannot_be_learned() -> None:
    with pytest.raises(ValueError, match="两个类别"):
        AppealTypeModel().fit(["路灯坏了", "停水了"], ["help", "help"])


@given(st.text(max_size=300))
def test_any_text_has_a_type(text: str) -> None:
    assert type_by_rules(normalize(text)) in appeal_types()


def test_any_length_has_a_type(model: AppealTypeModel) -> None:
    for length in (0, 1, 119, 120, 121, 199, 200, 201, 2001, 10000):
        assert model.type_of("水" * length) in appeal_types()


def test_the_file_lies_where_trainers_look() -> None:
    assert TYPE_EXAMPLES.relative_to(pathlib.Path(__file__).parents[3]).as_posix() == (
        "data/appeal_types.yml"
    )
