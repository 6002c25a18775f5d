"""The summary a citizen checks before filing: short enough for a phone."""

from __future__ import annotations

from actions.report import place
from actions.report.draft import ANONYMOUS, Draft
from bot.vocabulary import appeal_types, departments

_LONGEST_STORY = 120


def summarize(draft: Draft) -> str:
    """Lines 类型 / 内容 / 地点 / 时间 / 部门 / 电话; the story is shortened, not what is filed."""
    kind = appeal_types()[draft.appeal_type or "complaint"]
    rows = [
        ("类型", kind + ("（紧急）" if draft.urgent else "")),
        ("内容", _shortened(draft.description)),
    ]
    where = place.in_words(draft.address)
    if where or draft.needs_place:
        rows.append(("地点", where or "未说明"))
    if draft.occurred:
        rows.append(("时间", draft.occurred))
    if draft.department:
        rows.append(("转给", departments()[draft.department].short))
    phone = draft.contact_phone
    rows.append(("电话", "不留（匿名）" if phone in (None, ANONYMOUS) else str(phone)))
    return "\n".join(f"{name}：{value}" for name, value in rows)


def _shortened(story: str) -> str:
    one_line = " ".join(story.split())
    if len(one_line) <= _LONGEST_STORY:
        return one_line
    return f"{one_line[:_LONGEST_STORY]}……（共 {len(story)} 字）"
