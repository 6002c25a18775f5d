"""The grid file and the names of places that it is matched by."""

from __future__ import annotations

import pathlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.settings import SettingsError
from intake.cases import Address
from intake.dispatch.grids import load_grids, read_grids
from intake.dispatch.places import official

HEADER = "community_code,grid_code,grid_name,officer\n"


def test_the_sample_says_that_it_is_one():
    grids = load_grids("sample")
    grid = grids.grid_of(Address("南海区", "桂城街道", "平东社区"))
    assert grid is not None and grid.startswith("样例")
    assert all("样例" in found.officer for found in grids.of(Address(None, "祖庙", "铁军社区")))


def test_only_a_community_with_one_grid_fills_it():
    grids = read_grids(HEADER + "桂城平东,G1,一,甲\n桂城叠南社区,G2,一,乙\n桂城叠南社区,G3,二,丙\n")
    assert grids.grid_of(Address("南海区", "桂城街道", "平东社区")) == "G1"
    assert grids.grid_of(Address("南海", "桂城", "平东")) == "G1"
    assert grids.grid_of(Address("南海区", "桂城街道", "叠南社区")) is None
    assert len(grids.of(Address("南海区", "桂城街道", "叠南社区"))) == 2
    assert grids.grid_of(Address("南海区", "桂城街道")) is None
    assert grids.grid_of(Address()) is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_files_as_excel_writes_them(tmp_path: pathlib.Path, encoding: str):
    path = tmp_path / "grids.csv"
    text = "# 说明\n社区,grid_code,grid_name,officer,community_code,community\n"
    text += ",G1,第一网格,陈,440605011001,南海区桂城街道平东社区\n\n"
    path.write_bytes(text.replace("\n", "\r\n").encode(encoding))
    found = load_grids(str(path)).of(Address("南海区", "桂城街道", "平东社区"))
    assert [(grid.code, grid.name, grid.officer) for grid in found] == [("G1", "第一网格", "陈")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "空"),
        ("community_code,grid_code\n", "grid_name"),
        (HEADER + "月球社区,G1,a,b\n", "第 2 行"),
        (HEADER + "440605011001,G1,a,b\n", "community"),
        (HEADER + "桂城平东,,a,b\n", "网格编号"),
        (HEADER + "桂城平东,G1,a,b\n桂城平东,G1,a,b\n", "第 3 行"),
        (HEADER + "范湖,G1,a,b\n", "第 2 行"),
    ],
)
def test_a_wrong_file_names_the_line(text: str, words: str):
    with pytest.raises(SettingsError, match=words):
        read_grids(text)


def test_a_file_that_is_not_there_stops_the_start(tmp_path: pathlib.Path):
    with pytest.raises(SettingsError, match="SUQIU_GRID_FILE"):
        load_grids(str(tmp_path / "none.csv"))
    (tmp_path / "x.csv").write_bytes(b"\xff\xff\xff")
    with pytest.raises(SettingsError, match="编码"):
        load_grids(str(tmp_path / "x.csv"))


@given(st.text())
def test_any_text_is_read_or_refused_by_name(text: str):
    for content in (text, HEADER + text):
        try:
            read_grids(content)
        except SettingsError as error:
            assert "SUQIU_GRID_FILE" in str(error)


@pytest.mark.parametrize(
    ("given_levels", "expected"),
    [
        (("南海", "桂城", "平东"), ("南海区", "桂城街道", "平东社区")),
        ((None, "桂城街道办", None), ("南海区", "桂城街道", None)),
        ((None, None, "平东社区"), ("南海区", "桂城街道", "平东社区")),
        (("南海区", "月球镇", None), ("南海区", "月球镇", None)),
        (("三水区", "乐平镇", "范湖"), ("三水区", "乐平镇", "范湖")),
        ((None, None, None), (None, None, None)),
    ],
)
def test_official_names(given_levels: tuple, expected: tuple):
    found = official(Address(*given_levels, grid="g", detail="d"))
    assert (found.district, found.town, found.community) == expected
    assert (found.grid, found.detail) == ("g", "d")
