"""WeChat pins in Foshan, beside it and nowhere. Positions are GCJ-02, as on any Chinese map."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.nlu.address import Address
from bot.nlu.pin import BORDER_METRES, DISTRICTS_FILE, districts_at, extract_districts, locate
from bot.places import place_tree

QIANDENG_LAKE = (23.0480, 113.1510)
QINGHUI_GARDEN = (22.8390, 113.2580)


@pytest.mark.parametrize(
    ("position", "district"),
    [
        ((23.0297, 113.1126), "禅城区"),  # 祖庙
        ((23.0503, 113.1040), "禅城区"),  # 佛山火车站
        ((22.9990, 113.0010), "禅城区"),  # 南庄
        (QIANDENG_LAKE, "南海区"),
        ((23.0833, 113.0355), "南海区"),  # 佛山西站
        ((23.1050, 113.1050), "南海区"),  # 大沥
        (QINGHUI_GARDEN, "顺德区"),
        ((22.9715, 113.1205), "顺德区"),  # 世纪莲体育中心
        ((22.9002, 112.8925), "高明区"),
        ((23.1560, 112.8968), "三水区"),
    ],
)
def test_the_district_of_a_place(position: tuple[float, float], district: str) -> None:
    assert locate(*position) == Address(district=district)


@pytest.mark.parametrize(
    "position",
    [
        (22.9886, 113.2690),  # 广州南站, three kilometres from Shunde
        (23.1064, 113.3245),  # 广州塔
        (22.5170, 113.3927),  # 中山
        (39.9087, 116.3975),
        (0.0, 0.0),
        (113.1510, 23.0480),  # longitude and latitude exchanged: no place on Earth is meant
    ],
)
def test_outside_foshan_is_none_whatever_the_label_says(position: tuple[float, float]) -> None:
    on_earth = abs(position[0]) <= 90
    assert locate(*position) is None
    assert not on_earth or locate(*position, "佛山市南海区桂城街道") is None


@pytest.mark.parametrize(
    ("position", "label", "address"),
    [
        (
            QIANDENG_LAKE,
            "广东省佛山市南海区桂城街道南海大道北20号",
            Address("南海区", "桂城街道", None, None, "南海大道北20号"),
        ),
        (QIANDENG_LAKE, "桂城平东社区", Address("南海区", "桂城街道", "平东社区", None, None)),
        # The bank is called after another district than the one it stands in.
        (
            QIANDENG_LAKE,
            "顺德农商银行(桂城支行)",
            Address("南海区", "桂城街道", None, None, "顺德农商银行(桂城支行)"),
        ),
        (QIANDENG_LAKE, "某某茶餐厅", Address("南海区", None, None, None, "某某茶餐厅")),
        (QIANDENG_LAKE, "[位置]", Address("南海区")),
        (QIANDENG_LAKE, "我的位置", Address("南海区")),
        (QIANDENG_LAKE, "", Address("南海区")),
        (QIANDENG_LAKE, None, Address("南海区")),
    ],
)
def test_the_label_comes_first_where_it_fits(
    position: tuple[float, float], label: str | None, address: Address
) -> None:
    assert locate(*position, label) == address


def test_a_pin_decides_between_towns_of_one_name() -> None:
    here = locate(*QINGHUI_GARDEN, "太平")
    assert here is not None and (here.district, here.community) == ("顺德区", "太平村")


@pytest.mark.parametrize("latitude", ["", "abc", None, "nan", "inf", 91, -90.5, True])
def test_without_a_position_the_label_stands_alone(latitude: object) -> None:
    alone = locate(latitude, 113.15, "大沥镇")
    assert alone is not None and (alone.district, alone.town) == ("南海区", "大沥镇")
    assert locate(latitude, 113.15, "某某茶餐厅") is None


def _border_to_the_east() -> tuple[float, float]:
    """The longitude where a line east from Qiandeng lake leaves Foshan, in degrees."""
    latitude, longitude = QIANDENG_LAKE
    inside, outside = longitude, 113.4
    while outside - inside > 1e-6:
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if locate(latitude, middle) else (inside, middle)
    return latitude, inside


def test_beside_the_border_the_label_decides() -> None:
    latitude, longitude = _border_to_the_east()
    # The search ends at the far side of the margin, outside the district itself.
    assert locate(latitude, longitude) is not None
    assert locate(latitude, longitude + 2 * BORDER_METRES / 100_000) is None
    assert locate(latitude, longitude, "广东省广州市荔湾区东沙街道") is None


def test_districts_near_a_border_come_nearest_first() -> None:
    # Between 禅城 and 南海, walked in steps of 30 m.
    seen = [districts_at((113.1126 + step * 0.0003, 23.0330)) for step in range(160)]
    assert ["禅城区"] in seen and ["南海区"] in seen
    assert ["禅城区", "南海区"] in seen and ["南海区", "禅城区"] in seen


@given(st.floats(), st.floats(), st.text(max_size=60))
def test_any_position_and_label_give_an_address_or_none(
    latitude: float, longitude: float, label: str
) -> None:
    address = locate(latitude, longitude, label)
    assert address is None or address.district is None or address.district in place_tree()


@given(st.floats(22.5, 23.7), st.floats(112.2, 113.6))
def test_the_nearest_district_is_the_answer(latitude: float, longitude: float) -> None:
    possible = districts_at((longitude, latitude))
    address = locate(str(latitude), str(longitude))
    assert (address.district if address else None) == (possible[0] if possible else None)


@given(
    st.one_of(
        st.none(), st.text(max_size=8), st.integers(), st.booleans(), st.lists(st.integers())
    ),
    st.one_of(st.none(), st.text(max_size=8), st.binary(max_size=8)),
)
def test_what_is_no_number_is_no_position(latitude: object, longitude: object) -> None:
    address = locate(latitude, longitude, "大沥镇")
    assert address is None or address.town == "大沥镇"


def test_the_data_names_its_source_and_all_districts() -> None:
    text = resources.files("bot.vocabulary").joinpath(DISTRICTS_FILE).read_text("utf-8")
    data = json.loads(text)
    assert data["datum"] == "GCJ-02" and "MIT" in data["license"] and data["source"]
    assert {feature["properties"]["name"] for feature in data["features"]} == set(place_tree())


def test_extracting_drops_points_on_a_straight_border(tmp_path: Path) -> None:
    ring = [[113.0, 23.0], [113.05, 23.0001], [113.1, 23.0], [113.1, 23.1], [113.0, 23.0]]
    feature = {
        "properties": {"name": "禅城区", "cp": [113.05, 23.05]},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    path = tmp_path / "map.geojson"
    path.write_text(json.dumps({"features": [feature]}), "utf-8")
    kept = extract_districts(path)["features"][0]
    assert kept["properties"] == {"name": "禅城区"}
    assert kept["geometry"]["coordinates"] == [[[ring[0], ring[2], ring[3], ring[4]]]]
