"""The model that tells a present danger from what only sounds like one."""

from __future__ import annotations

import json
import pathlib

import pytest

from bot.nlu.normalizer import normalize
from bot.nlu.profile import is_urgent
from bot.nlu.urgency import URGENT, URGENT_BY_RULE, UrgencyModel, read_examples

PROJECT = pathlib.Path(__file__).parents[3]
EXAMPLES = PROJECT / "data" / "urgency.yml"
DEV = PROJECT / "tests" / "fixtures" / "urgency_dev.jsonl"
_FOLDS = 4

_BEFORE = (
    "您好，我住在这个小区十几年了，想反映物业的问题。物业费一年比一年高，楼道的灯却没有人换，"
    "垃圾也是两天才清一次，业委会换届拖了一年多还没有结果。"
)
_AFTER = (
    "我们多次找社区，社区说已经上报，让我们等通知。希望住建部门查一查这家物业有没有资质，"
    "把公共收益公布出来，也请给我们一个书面的答复，谢谢。"
)


@pytest.fixture(scope="module")
def model() -> UrgencyModel:
    return UrgencyModel().fit(*read_examples(EXAMPLES))


def urgent(model: UrgencyModel, text: str) -> bool:
    said = normalize(text)
    return is_urgent(said, model.chance(said))


def recall_and_precision(truth: list[bool], found: list[bool]) -> tuple[float, float]:
    both = sum(a and b for a, b in zip(truth, found, strict=True))
    return both / sum(truth), both / max(sum(found), 1)


def test_the_examples_are_many_and_none_is_both() -> None:
    texts, labels = read_examples(EXAMPLES)
    assert sum(labels) >= 420
    assert len(labels) - sum(labels) >= 500
    assert len(set(texts)) == len(texts)


def test_no_example_stands_in_the_development_set() -> None:
    measured = {normalize(json.loads(line)["text"]) for line in DEV.read_text().splitlines()}
    assert not measured & set(read_examples(EXAMPLES)[0])


def test_unseen_examples_are_told_apart() -> None:
    texts, labels = read_examples(EXAMPLES)
    found = [False] * len(texts)
    for fold in range(_FOLDS):
        kept = [i for i in range(len(texts)) if i % _FOLDS != fold]
        part = UrgencyModel().fit([texts[i] for i in kept], [labels[i] for i in kept])
        for i in range(fold, len(texts), _FOLDS):
            found[i] = is_urgent(texts[i], part.chance(texts[i]))
    recall, precision = recall_and_precision(labels, found)
    assert recall >= 0.97
    assert precision >= 0.8


def test_the_development_set_is_told_apart(model: UrgencyModel) -> None:
    rows = [json.loads(line) for line in DEV.read_text("utf-8").splitlines()]
    recall, precision = recall_and_precision(
        [row["urgent"] for row in rows], [urgent(model, row["text"]) for row in rows]
    )
    assert recall >= 0.98
    assert precision >= 0.9


@pytest.mark.parametrize(
    "danger",
    [
        "刚才三栋的电表箱烧起来了，烟往楼上走，有人困在里面。",
        "现在地下车库全是煤气味，越来越浓，保安不敢进去。",
        "今天早上井盖被人撬走了，一个小学生掉了下去，还没有救上来。",
        "隔壁的男人正拿着菜刀追他老婆，走廊上都是血。",
        "五栋楼顶有个女孩坐在外面，说不想活了。",
    ],
)
def test_a_danger_hidden_in_a_letter_is_found(model: UrgencyModel, danger: str) -> None:
    assert not urgent(model, _BEFORE + _AFTER)
    assert urgent(model, _BEFORE + danger + _AFTER)
    whole, alone = normalize(_BEFORE + danger + _AFTER), normalize(danger)
    assert model.chance(whole) >= 0.5 * model.chance(alone)


@pytest.mark.parametrize(
    "text",
    [
        "请问装燃气报警器有补贴吗",
        "前年这栋楼起过火，楼梯间到现在还是黑的，希望重新刷墙",
        "担心台风天广告牌被吹倒，建议检查",
        "气死我了，停车费又涨",
        "楼下烧烤店生意火爆，吵得睡不着",
        "老人卡不见了怎么补",
        "灭火器过期了没人换",
        "走失的阿婆已经找到了，感谢大家",
        "网上说有人跳楼，是谣言吗",
    ],
)
def test_what_only_sounds_dangerous_is_not_urgent(model: UrgencyModel, text: str) -> None:
    assert not urgent(model, text)


@pytest.mark.parametrize("text", ["", "   ", "。。。", "？！", "😀"])
def test_a_text_without_words_is_not_urgent(model: UrgencyModel, text: str) -> None:
    assert 0.0 <= model.chance(normalize(text)) < URGENT_BY_RULE


def test_text_without_punctuation_is_read_in_parts(model: UrgencyModel) -> None:
    complaint = "物业费一年比一年高楼道的灯没有人换垃圾也是两天才清一次业委会换届拖了一年多"
    fire = "厨房着火了快来人火烧到门口了"
    assert urgent(model, complaint * 2 + fire + complaint * 2)


def test_everyday_appeals_lower_the_chance_of_their_like() -> None:
    texts = ["着火了快来人", "有人掉进河里快来人", "物业费太贵", "公交车太少"] * 3
    labels = [True, True, False, False] * 3
    strange = "快来人换路灯"
    without = UrgencyModel().fit(texts, labels).chance(strange)
    shown = UrgencyModel().fit(texts, labels, ["快来人换路灯", "快来人换路灯吧"]).chance(strange)
    assert shown < without


def test_an_everyday_appeal_that_names_a_danger_teaches_nothing() -> None:
    texts, labels = ["着火了快来人", "物业费太贵"] * 3, [True, False] * 3
    plain = UrgencyModel().fit(texts, labels).chance("着火了")
    assert UrgencyModel().fit(texts, labels, ["着火了"] * 20).chance("着火了") == plain


@pytest.mark.parametrize("labels", [[True, True], [False, False]])
def test_one_kind_of_example_is_not_enough(labels: list[bool]) -> None:
    with pytest.raises(ValueError, match="紧急"):
        UrgencyModel().fit(["着火了", "漏煤气"], labels)


def test_a_rule_lowers_what_the_model_must_be_sure_of() -> None:
    between = (URGENT + URGENT_BY_RULE) / 2
    assert is_urgent("厨房着火了", between)
    assert not is_urgent("厨房的灯坏了", between)
    assert is_urgent("厨房的灯坏了", URGENT)
    assert not is_urgent("厨房着火了", URGENT_BY_RULE - 0.01)


def test_without_a_model_the_rules_decide() -> None:
    assert is_urgent("厨房着火了")
    assert not is_urgent("厨房的灯坏了")
