"""The Chinese words behind the codes of the native API, and whose step is whose.

The pages offer a person only the steps that his role may take. Who may really take them is decided
by the intake service; a test holds :data:`STEPS` against it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from bot import vocabulary
from bot.places import place_tree

SIGNING_IN = ("staff", "department", "supervisor", "admin")

# Kinds of entries in the history besides ``state``.
KINDS: Mapping[str, str] = {
    "note": "内部备注",
    "reply": "答复市民",
    "supplement": "市民补充",
    "urge": "催办",
    "evaluation": "市民评价",
    "assignment": "指定经办人",
    "reminder": "临期提醒",
    "yellow_card": "黄牌警示",
    "red_card": "红牌督办",
    "attachment": "上传附件",
    "split": "分出子诉求",
    "join": "有市民加入",
    "merged": "并入另一件",
}

NOTICE_CHANNELS: Mapping[str, str] = {
    "conversation": "微信对话",
    "template": "微信模板消息",
    "sms": "短信",
    "webhook": "部门系统",
}

# From, to, and the roles that the page offers this step. An administrator is offered all of them.
STEPS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("submitted", "accepted", ("staff",)),
    ("submitted", "rejected", ("staff", "supervisor")),
    ("submitted", "withdrawn", ("staff",)),
    ("accepted", "dispatched", ("staff",)),
    ("accepted", "rejected", ("staff", "supervisor")),
    ("accepted", "withdrawn", ("staff",)),
    ("dispatched", "in_progress", ("department",)),
    ("dispatched", "returned", ("department",)),
    ("dispatched", "withdrawn", ("staff",)),
    ("returned", "dispatched", ("staff", "supervisor")),
    ("returned", "rejected", ("staff", "supervisor")),
    ("in_progress", "awaiting_citizen", ("department",)),
    ("in_progress", "returned", ("department",)),
    ("in_progress", "resolved", ("department",)),
    ("in_progress", "withdrawn", ("staff",)),
    ("awaiting_citizen", "in_progress", ("staff", "department")),
    ("awaiting_citizen", "resolved", ("department",)),
    ("awaiting_citizen", "withdrawn", ("staff",)),
    ("resolved", "closed", ("staff", "supervisor")),
    ("resolved", "reopen_requested", ("staff",)),
    ("reopen_requested", "reopened", ("staff", "supervisor")),
    ("reopen_requested", "closed", ("staff", "supervisor")),
    ("reopened", "dispatched", ("staff", "supervisor")),
)


@cache
def words() -> dict[str, Any]:
    """All of it for the pages: codes with their words, in the order to show them."""
    return {
        "states": {code: state.name for code, state in vocabulary.case_states().items()},
        "departments": [
            {"code": each.code, "name": each.name, "short": each.short, "scope": each.scope}
            for each in vocabulary.departments().values()
        ],
        "appeal_types": dict(vocabulary.appeal_types()),
        "handling_modes": dict(vocabulary.handling_modes()),
        "platforms": dict(vocabulary.platforms()),
        "districts": list(place_tree()),
        "roles": dict(vocabulary.roles()),
        "signing_in": list(SIGNING_IN),
        "channels": dict(vocabulary.channels()),
        "kinds": dict(KINDS),
        "notice_channels": dict(NOTICE_CHANNELS),
        "satisfaction": dict(vocabulary.satisfaction()),
        "steps": [list(step) for step in STEPS],
        "key_roles": {"machine": "代市民操作的系统", "source": "只提交诉求的来源"},
    }
