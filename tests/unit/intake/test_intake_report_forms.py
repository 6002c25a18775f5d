"""Months, working time, and a monthly report as table, page and picture."""

from __future__ import annotations

import csv
import datetime as dt
import io
import subprocess
import sys
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intake.assessment.csv_table import csv_of, safe
from intake.assessment.figures import HEADINGS, Figures, in_words, total
from intake.assessment.hot_issues import Example, Issue
from intake.assessment.monthly import Report, Row
from intake.assessment.months import Month
from intake.assessment.pages import hot_issues_page, monthly_page
from intake.assessment.picture import chinese_font, png_of
from intake.assessment.recent import HotIssues
from intake.assessment.working_clock import working_days_between
from intake.deadlines import SHANGHAI, working_time
from tests.contract.intake_running import NOON, ROOT

PNG = b"\x89PNG\r\n\x1a\n"
TIMES = st.datetimes(dt.datetime(2018, 1, 1), dt.datetime(2031, 1, 1)).map(
    lambda time: time.replace(tzinfo=dt.timezone.utc)
)


def report(*rows: Row) -> Report:
    return Report(Month(2026, 11), "department", NOON, rows, total(row.figures for row in rows))


def water() -> Figures:
    figures = Figures(received=5, kept=4, kept_closed=3, closed=3, on_time=2, returned=1, urges=2)
    figures.days = [1.0, 2.5, 9.0]
    figures.judge(5)
    figures.judge(2, 2)
    return figures


def test_months() -> None:
    month = Month.parse("2026-12")
    assert (str(month), month.words) == ("2026-12", "2026 年 12 月")
    assert (month.following, month.preceding) == (Month(2027, 1), Month(2026, 11))
    assert month.start == dt.datetime(2026, 11, 30, 16, tzinfo=dt.timezone.utc)
    assert month.end == Month(2027, 1).start
    assert Month.of(month.start) == month and Month.of(month.end) == Month(2027, 1)


@pytest.mark.parametrize(
    "text",
    ["2026-13", "2026-00", "2026-1", "26-11", "２０２６-11", "2026-11\n", "1899-12", "", "x"],
)
def test_no_months(text: str) -> None:
    with pytest.raises(ValueError):
        Month.parse(text)


@settings(max_examples=100, deadline=None)
@given(start=TIMES, length=st.timedeltas(dt.timedelta(0), dt.timedelta(days=120)))
def test_working_days_are_those_of_the_deadlines(start: dt.datetime, length: dt.timedelta) -> None:
    slowly = working_time(start, start + length) / dt.timedelta(days=1)
    assert working_days_between(start, start + length) == pytest.approx(slowly, abs=1e-6)
    assert working_days_between(start + length, start) == 0


def test_measures() -> None:
    figures = water()
    assert (figures.closing_rate, figures.on_time_rate) == (3 / 4, 2 / 3)
    assert (figures.median_days, figures.judged, figures.satisfaction) == (2.5, 3, 3.0)
    assert figures.satisfied_rate == 1 / 3
    together = total([figures, water(), Figures()])
    assert (together.received, together.median_days, together.judged) == (10, 2.5, 6)
    assert figures == water() and Figures().is_empty and not figures.is_empty
    shown = [in_words(name, figures) for name in ("received", "closing_rate", "median_days")]
    assert shown == ["5", "75.0%", "2.5"] and in_words("satisfaction", Figures()) == "—"


def test_table_opens_in_a_spreadsheet() -> None:
    content = csv_of(report(Row("water", "水利局", water()), Row("=1+1", "@坏名字", Figures())))
    assert content.startswith(b"\xef\xbb\xbf")
    head, first, second, last = csv.reader(io.StringIO(content.decode("utf-8-sig")))
    assert head == ["月份", "代码", "部门", *HEADINGS.values()]
    assert first[:5] == ["2026-11", "water", "水利局", "5", "3"] and first[5] == "0.7500"
    assert second[1:3] == ["'=1+1", "'@坏名字"] and second[5] == ""
    assert last[1:4] == ["total", "合计", "5"]


@given(st.text(max_size=20))
def test_no_cell_is_a_formula(text: str) -> None:
    assert not safe(text).lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert safe(text).removeprefix("'") == text.removeprefix("'")


def test_page() -> None:
    page = monthly_page(report(Row("water", "<b>水利局</b>", water())))
    assert "2026 年 11 月考核月报" in page and "&lt;b&gt;水利局" in page and "<b>水利局" not in page
    assert "75.0%" in page and "?month=2026-10&amp;by=department&amp;format=html" in page
    assert "@media print" in page and 'name="viewport"' in page


def test_page_of_hot_issues_escapes_what_citizens_wrote() -> None:
    example = Example("FS20261123004217K", NOON, "<script>alert(1)</script>")
    issue = Issue("南海区", ("电梯", "翠湖湾"), 5, 4, 2, NOON, NOON, (example,), (0,))
    page = hot_issues_page(HotIssues(NOON, NOON, (issue,), 9, False), 30, "南海区")
    assert "<script" not in page and "&lt;script&gt;" in page
    assert "5 件，4 人，南海区" in page and "上升" in page and "只看了最近的" in page
    nothing = hot_issues_page(HotIssues(NOON, NOON, (), 0, True), 30, None)
    assert "没有热点诉求" in nothing


def test_picture_without_a_chinese_font_has_codes() -> None:
    rows = [Row("water", "水利局", water()), Row("fire", "消防", Figures(received=1))]
    with warnings.catch_warnings():
        # matplotlib warns of every character that its font does not have.
        warnings.filterwarnings("error", message="Glyph")
        assert png_of(report(*rows), font="").startswith(PNG)
        if chinese_font():
            assert png_of(report(*rows)).startswith(PNG)
        assert png_of(report(), font="").startswith(PNG)


def test_nothing_heavy_is_imported_before_it_is_needed() -> None:
    code = "import sys, intake.api.reports; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert "intake.assessment.clusters" in loaded
    assert not {"matplotlib", "numpy", "scipy", "sklearn"} & set(loaded)


def test_shanghai_is_meant() -> None:
    assert Month(2026, 11).start.tzinfo is SHANGHAI
