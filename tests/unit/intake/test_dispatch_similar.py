"""Whether two cases are the same matter: near, alike, and why in words."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from intake.cases import Address
from intake.dispatch.nearness import Matter, metres_between
from intake.dispatch.similar import alike, excerpt_of
from tests.contract.intake_running import NOON

PINGDONG = Address("南海区", "桂城街道", "平东社区", None, None)


def matter(text: str, case_id: str = "a", days: int = 3, **changes: Any) -> Matter:
    values: dict[str, Any] = {
        "case_id": case_id,
        "state": "dispatched",
        "department": "urban_management",
        "text": text,
        "address": PINGDONG,
        "lat": None,
        "long": None,
        "at": NOON - dt.timedelta(days=days),
    }
    return Matter(**{**values, **changes})


LAMP = matter("桂城平东村口的路灯坏了三天，晚上很黑", "asked")


def found(*others: Matter, asked: Matter = LAMP) -> list[str | None]:
    return [item.matter.case_id for item in alike(asked, others, NOON, 20)]


def test_the_reason_says_where_what_and_when():
    (item,) = alike(LAMP, [matter("平东社区的路灯一直不亮，请修一下")], NOON)
    assert item.reason == "同在桂城平东社区，都说“路灯”“不亮”，3 天前提交"
    assert item.excerpt == "平东社区的路灯一直不亮"
    assert 0 < item.score <= 1 and item.metres is None


@pytest.mark.parametrize(
    "text",
    [
        "平东村口路灯不亮，走夜路好危险",
        "平东大道路灯全坏了，黑麻麻",
        "路灯烂咗，冇人整",
        "街上的路灯熄灭了",
    ],
)
def test_the_same_in_other_words(text: str):
    assert found(matter(text)) == ["a"]


@pytest.mark.parametrize(
    "text",
    [
        "平东社区垃圾没人清理，很臭",
        "晚上有人占道经营摆摊",
        "楼下烧烤店油烟扰民",
        "尊敬的领导，我是平东社区的居民，希望尽快解决这个问题，谢谢",
        "",
    ],
)
def test_other_matters_of_the_same_place(text: str):
    assert found(matter(text)) == []


def test_the_same_matter_elsewhere_is_another():
    elsewhere = Address("南海区", "桂城街道", "叠南社区")
    other_town = Address("南海区", "大沥镇", None, None, "平东大道")
    assert (
        found(matter("路灯坏了", address=elsewhere), matter("路灯坏了", address=other_town)) == []
    )
    assert found(matter("路灯坏了", address=Address())) == []


def test_streets_make_near_in_a_town_without_community():
    asked = matter("桂平西路的路灯坏了", address=Address("南海区", "桂城街道"))
    same = matter("桂平西路路灯不亮", "same", address=Address(None, "桂城"))
    other = matter("海八路路灯不亮", "other", address=Address(None, "桂城"))
    (item,) = alike(asked, [same, other], NOON)
    assert item.matter.case_id == "same"
    assert item.reason.startswith("同在桂城，都提到“桂平西路”")


def test_pins_decide_before_names():
    asked = matter("路灯坏了", lat=23.03, long=113.16)
    near = matter("路灯不亮", "near", lat=23.033, long=113.16, address=Address())
    far = matter("路灯不亮", "far", lat=23.06, long=113.16)
    between = matter("路灯不亮", "between", lat=23.038, long=113.16)
    items = alike(asked, [near, far, between], NOON)
    assert {item.matter.case_id for item in items} == {"near", "between"}
    reasons = {item.matter.case_id: item.reason for item in items}
    assert reasons["near"].startswith("相距约 330 米")
    assert reasons["between"].startswith("同在桂城平东社区")


def test_distance():
    one, two = matter("x", lat=23.0, long=113.0), matter("x", lat=24.0, long=113.0)
    assert metres_between(one, two) == pytest.approx(111_195, abs=5)
    across = metres_between(matter("x", lat=0.0, long=180.0), matter("x", lat=0.0, long=-180.0))
    assert across == 0
    assert metres_between(one, matter("x")) is None


def test_another_department_must_be_more_alike():
    text = "平东社区噪音很大，还有灰尘、垃圾、违停、占道经营、油烟、积水、路面坑洼，路灯也暗"
    assert found(matter(text)) == ["a"]
    assert found(matter(text, department="ecology")) == []
    assert found(matter("平东村口的路灯坏了", department="utilities")) == ["a"]


def test_the_most_alike_first_and_not_too_many():
    storm = [matter(f"平东村口第{i}盏路灯不亮", f"s{i}", days=i) for i in range(1, 30)]
    items = alike(LAMP, storm, NOON)
    assert len(items) == 5
    assert [item.score for item in items] == sorted((i.score for i in items), reverse=True)


def test_days_are_of_the_calendar():
    today, yesterday = matter("路灯坏了", "a", days=0), matter("路灯坏了", "b", days=1)
    words = {
        i.matter.case_id: i.reason.split("，")[-1] for i in alike(LAMP, [today, yesterday], NOON)
    }
    assert words == {"a": "今天提交", "b": "昨天提交"}


def test_the_excerpt_is_about_the_matter_and_not_about_the_person():
    text = "我叫陈大文，电话138****8000，住平东大道8号3座502，门口的路灯坏了很久，请派人来修"
    assert excerpt_of(text, ["路灯"]) == "门口的路灯坏了很久"
    assert (
        excerpt_of("我家在平东大道8号3座502门口路灯坏了", ["路灯"])
        == "我家在平东大道*号*座*门口路灯坏了"
    )
    assert excerpt_of("我叫陈大文，路灯熄灭了", ["不亮"]) == "路灯熄灭了"
    assert excerpt_of("我叫陈大文", ["路灯"]) == ""
    long = excerpt_of("很长的话" * 20 + "路灯" + "还有话" * 20, ["路灯"])
    assert "路灯" in long and len(long) <= 32
