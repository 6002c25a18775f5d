"""Times as people type them, on Tuesday 24 November 2026, nine in the morning."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.nlu.times import find_times

NOW = dt.datetime(2026, 11, 24, 9, 0)


@pytest.mark.parametrize(
    ("text", "begin"),
    [
        ("昨天下午三点", "2026-11-23 15:00:00"),
        ("今朝六点几", "2026-11-24 06:00:00"),
        ("琴晚十点半", "2026-11-23 22:30:00"),
        ("前天下午", "2026-11-22 13:00:00"),
        ("今天早上七点多", "2026-11-24 07:00:00"),
        ("明天上午九点", "2026-11-25 09:00:00"),
        ("大前天", "2026-11-21 00:00:00"),
        ("上周五", "2026-11-20 00:00:00"),
        ("上个星期三", "2026-11-18 00:00:00"),
        ("礼拜六", "2026-11-28 00:00:00"),
        ("下周一上午", "2026-11-30 07:00:00"),
        ("11月3日", "2026-11-03 00:00:00"),
        ("11月20号晚上", "2026-11-20 18:00:00"),
        ("2025年3月", "2025-03-01 00:00:00"),
        ("2024年12月31日", "2024-12-31 00:00:00"),
        ("今年三月", "2026-03-01 00:00:00"),
        ("去年", "2025-01-01 00:00:00"),
        ("上个月15号", "2026-10-15 00:00:00"),
        ("凌晨3点", "2026-11-24 03:00:00"),
        ("中午十二点", "2026-11-24 12:00:00"),
        ("下昼四点", "2026-11-24 16:00:00"),
        ("8:30", "2026-11-24 08:30:00"),
        ("23:15", "2026-11-24 23:15:00"),
        ("晚上十点", "2026-11-24 22:00:00"),
        # Said, but no point in time: the words are kept.
        ("上个月", None),
        ("每天凌晨两点", None),
        ("十月份", None),
    ],
)
def test_the_words_and_the_moment(text: str, begin: str | None) -> None:
    said = f"呢度{text}开始好嘈"
    found = find_times(said, NOW)
    assert [(mention.text, mention.begin) for mention in found] == [(text, begin)]
    assert said[found[0].start : found[0].end] == text


@pytest.mark.parametrize(
    "text",
    ["3栋2单元", "尾号1234", "8000", "5分", "早晨", "三点意见", "一点都不好", "10号楼", "2号铺"],
)
def test_numbers_that_are_no_times(text: str) -> None:
    assert find_times(text, NOW) == []


def test_from_one_day_to_another() -> None:
    found = find_times("五月一日到五月三日", NOW)
    assert [mention.begin for mention in found] == ["2026-05-01 00:00:00", "2026-05-03 00:00:00"]


def test_at_most_five() -> None:
    assert len(find_times("昨天，" * 9, NOW)) == 5
