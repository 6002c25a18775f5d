"""The monthly report as CSV that a spreadsheet opens with a double click."""

from __future__ import annotations

import csv
import io

from intake.assessment.figures import HEADINGS, Figures
from intake.assessment.monthly import Report

_BOM = "\ufeff"  # without it Excel takes UTF-8 for the local encoding
# A spreadsheet computes a cell that begins with one of these.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_FIRST = {"department": "部门", "district": "区"}


def csv_of(report: Report) -> bytes:
    """The report in UTF-8 with a byte order mark; rates are decimals, nothing is an empty cell."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\r\n")
    table.writerow(["月份", "代码", _FIRST[report.by], *HEADINGS.values()])
    rows = [(row.code, row.name, row.figures) for row in report.rows]
    for code, name, figures in (*rows, ("total", "合计", report.total)):
        table.writerow([str(report.month), safe(code), safe(name), *_cells(figures)])
    return (_BOM + out.getvalue()).encode()


def safe(text: str) -> str:
    """``text`` as a cell that no spreadsheet takes for a formula.

    As https://owasp.org/www-community/attacks/CSV_Injection advises: a quote before it.
    """
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def _cells(figures: Figures) -> list[str]:
    values = [getattr(figures, name) for name in HEADINGS]
    return [
        "" if value is None else f"{value:.4f}" if isinstance(value, float) else str(value)
        for value in values
    ]
