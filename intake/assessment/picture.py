"""The monthly report as a picture. Blocks; matplotlib is imported only when one is drawn."""

from __future__ import annotations

import io
from typing import Any

from intake.assessment.monthly import Report

# Fonts with Chinese characters that systems come with, the nicest first.
_FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "Microsoft YaHei",
    "PingFang SC",
    "Noto Sans CJK JP",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "SimHei",
    "Noto Serif CJK SC",
    "Noto Serif CJK JP",
)
_CODES_ONLY = {
    "title": "Monthly report {month}",
    "received": "received",
    "closed": "closed",
    "closing_rate": "closing rate",
    "on_time_rate": "on time",
    "satisfied_rate": "satisfied",
    "counts": "cases",
    "rates": "%",
    "nothing": "no figures",
}
_CHINESE = {
    "title": "{words}考核月报",
    "received": "收件",
    "closed": "办结",
    "closing_rate": "办结率",
    "on_time_rate": "按期率",
    "satisfied_rate": "满意率",
    "counts": "件数",
    "rates": "百分比",
    "nothing": "这个月没有数据",
}
_COUNTS = ("received", "closed")
_RATES = ("closing_rate", "on_time_rate", "satisfied_rate")
_COLOURS = {
    "received": "#9db8d9",
    "closed": "#1f5fa8",
    "closing_rate": "#1f5fa8",
    "on_time_rate": "#3a9d6e",
    "satisfied_rate": "#e0a030",
}


def png_of(report: Report, font: str | None = None) -> bytes:
    """Bars of the counts and of the rates, a group of them for each row of the report.

    Without a font for Chinese the labels are codes and English words.

    Args:
        font: the name of an installed font; None looks for one.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    font = chinese_font() if font is None else font
    words = _CHINESE if font else _CODES_ONLY
    style: dict[str, Any] = {"fontfamily": font} if font else {}
    rows = report.rows
    # No pyplot: it keeps every figure, and one state for all threads.
    figure = Figure(figsize=(10, 3 + 0.55 * max(len(rows), 2)), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    title = words["title"].format(month=report.month, words=report.month.words)
    figure.suptitle(title, fontsize=15, **style)
    if not rows:
        figure.text(0.5, 0.5, words["nothing"], ha="center", fontsize=13, **style)
        return _png(figure)
    sides = figure.subplots(1, 2, sharey=True)
    labels = [row.name if font else row.code for row in rows]
    for side, names, unit in ((sides[0], _COUNTS, "counts"), (sides[1], _RATES, "rates")):
        _bars(side, report, names, words, style)
        side.set_xlabel(words[unit], **style)
        side.legend(
            loc="upper center",
            bbox_to_anchor=(0.5, -0.55 / (1 + 0.3 * len(rows))),
            ncol=len(names),
            frameon=False,
            prop={"family": font} if font else None,
        )
        side.spines[["top", "right"]].set_visible(False)
        side.margins(y=0.01)
    sides[0].set_yticks(range(len(rows)), labels, **style)
    sides[0].invert_yaxis()
    sides[1].set_xlim(0, 100)
    return _png(figure)


def _bars(side: Any, report: Report, names: Any, words: Any, style: dict[str, Any]) -> None:
    height = 0.8 / len(names)
    for place, name in enumerate(names):
        values = [getattr(row.figures, name) for row in report.rows]
        scale = 100 if name in _RATES else 1
        at = [index - 0.4 + height * (place + 0.5) for index in range(len(values))]
        sizes = [0 if value is None else value * scale for value in values]
        bars = side.barh(at, sizes, height, label=words[name], color=_COLOURS[name])
        shown = ["" if value is None else f"{value * scale:.0f}" for value in values]
        side.bar_label(bars, shown, padding=2, fontsize=7)


def _png(figure: Any) -> bytes:
    out = io.BytesIO()
    figure.savefig(out, format="png")
    return out.getvalue()


def chinese_font() -> str | None:
    """The name of an installed font that has Chinese characters, or None."""
    from matplotlib import font_manager

    installed = {font.name for font in font_manager.fontManager.ttflist}
    return next((name for name in _FONTS if name in installed), None)
