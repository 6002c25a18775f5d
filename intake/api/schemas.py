"""Schemas of what goes in and out of the native API about a case."""

from __future__ import annotations

from typing import Any

from bot import vocabulary
from intake.api.describe import (
    COUNT,
    FLAG,
    OPTIONAL_TEXT,
    OPTIONAL_TIME,
    TEXT,
    TIME,
    codes,
    codes_or_null,
    listed,
    longest,
    ref,
    shown,
)
from intake.store import MOST_COUNTED
from intake.validation import (
    CHANNELS,
    MAX_DESCRIPTION,
    MAX_DETAIL,
    MAX_MEDIA,
    MAX_REDACTIONS,
    MAX_SHORT,
)


def case_schemas() -> dict[str, Any]:
    """All of them by name."""
    return {
        "NewCase": _new_case(),
        "Case": _case(),
        "Step": _step(),
        "Address": _address({"type": ["string", "null"]}),
        "BareStatus": _bare_status(),
        "CaseList": _case_list(),
        "StaffCase": _staff_case(),
        "StaffRow": _staff_row(),
        "StaffList": _staff_list(),
        "Entry": _entry(),
    }


def _address(level: dict[str, Any]) -> dict[str, Any]:
    names = ("district", "town", "community", "grid", "detail")
    return shown({name: dict(level) for name in names})


def _new_case() -> dict[str, Any]:
    short = longest(MAX_SHORT)
    levels = {name: short for name in ("district", "town", "community", "grid")}
    pair = {
        "type": "array",
        "minItems": 2,
        "maxItems": 2,
        "items": {"type": "string", "minLength": 1, "maxLength": MAX_SHORT},
    }
    return {
        "type": "object",
        "required": ["description", "department", "appeal_type", "channel"],
        "properties": {
            "description": {
                "type": "string",
                "minLength": 1,
                "maxLength": MAX_DESCRIPTION,
                "pattern": r"\S",
            },
            "department": codes(vocabulary.departments()),
            "appeal_type": codes(vocabulary.appeal_types()),
            "urgent": {"type": "boolean", "default": False},
            "handling_mode": codes_or_null(vocabulary.handling_modes()),
            "address": {
                "type": ["object", "null"],
                "properties": {**levels, "detail": longest(MAX_DETAIL)},
            },
            "lat": {"type": ["number", "null"], "minimum": -90, "maximum": 90},
            "long": {
                "type": ["number", "null"],
                "minimum": -180,
                "maximum": 180,
                "description": "经度和纬度要一起填写",
            },
            "channel": codes(CHANNELS),
            "citizen": {**short, "description": "市民标识，如 wechat:<openid>"},
            "contact_phone": {**short, "maxLength": 40, "description": "加密保存，从不返回"},
            "contact_name": {**short, "description": "加密保存，从不返回"},
            "contact_email": {**short, "description": "加密保存，从不返回"},
            "redactions": {
                "type": ["array", "null"],
                "maxItems": MAX_REDACTIONS,
                "items": pair,
                "description": "[遮盖后, 原文]，加密保存，从不返回",
            },
            "occurred": short,
            "co_departments": {
                "type": ["array", "null"],
                "items": codes(vocabulary.departments()),
            },
            "media_url": {
                **longest(MAX_MEDIA),
                "pattern": r"^\s*(https?://\S+(\s+https?://\S+)*\s*)?$",
                "description": "图片地址，几个用空格隔开",
            },
            "parent_id": {
                **short,
                "description": "来信里有几件事时，主诉求的编号；要是同一位市民的，自己不能是子诉求",
            },
        },
    }


def _case() -> dict[str, Any]:
    states = vocabulary.case_states()
    number = {"type": ["number", "null"]}
    return shown(
        {
            "case_id": {"type": "string", "pattern": "^FS[0-9]{14}[0-9A-Z]$"},
            "state": codes(states),
            "state_name": TEXT,
            "public_state": codes(dict.fromkeys(state.public for state in states.values())),
            "department": codes(vocabulary.departments()),
            "department_name": TEXT,
            "department_short": TEXT,
            "platform": codes(vocabulary.platforms()),
            "appeal_type": codes(vocabulary.appeal_types()),
            "appeal_type_name": TEXT,
            "urgent": {"type": "boolean"},
            "handling_mode": codes(vocabulary.handling_modes()),
            "description": {**TEXT, "description": "号码已遮盖"},
            "address": ref("Address"),
            "lat": number,
            "long": number,
            "occurred": OPTIONAL_TEXT,
            "co_departments": {"type": "array", "items": codes(vocabulary.departments())},
            "channel": codes(CHANNELS),
            "submitted_at": TIME,
            "accept_due_at": OPTIONAL_TIME,
            "first_response_due_at": {
                **OPTIONAL_TIME,
                "description": "只有紧急诉求才有",
            },
            "due_at": OPTIONAL_TIME,
            "last_step": ref("Step"),
            "history": {"type": "array", "minItems": 1, "items": ref("Step")},
            "authorized": {"const": True},
        }
    )


def _staff_case() -> dict[str, Any]:
    card = shown({"colour": codes(("yellow", "red")), "at": TIME, "reason": TEXT})
    shape = _case()
    return shown(
        {
            **shape["properties"],
            "source": OPTIONAL_TEXT,
            "parent_id": OPTIONAL_TEXT,
            "assignee": OPTIONAL_TEXT,
            "media_url": {**OPTIONAL_TEXT, "description": "第一张图片"},
            "media_urls": {"type": "array", "items": TEXT},
            "dispatched_at": OPTIONAL_TIME,
            "return_due_at": OPTIONAL_TIME,
            "responded_at": OPTIONAL_TIME,
            "resolved_at": OPTIONAL_TIME,
            "closed_at": OPTIONAL_TIME,
            "updated_at": TIME,
            "returns": COUNT,
            "reopens": COUNT,
            "urges": COUNT,
            "raised": FLAG,
            "cards": {"type": "array", "items": card},
            "satisfaction": {"type": ["integer", "null"], "minimum": 1, "maximum": 5},
            "next_states": {"type": "array", "items": codes(vocabulary.case_states())},
            "entries": listed("Entry"),
            "alarms": {
                "anyOf": [ref("AlarmCount"), {"type": "null"}],
                "description": "设备告警的次数；只在看一件诉求时给出",
            },
        },
        "alarms",
    )


def _staff_row() -> dict[str, Any]:
    return shown(
        {
            "case_id": TEXT,
            "state": codes(vocabulary.case_states()),
            "state_name": TEXT,
            "department": codes(vocabulary.departments()),
            "department_short": TEXT,
            "co_departments": {"type": "array", "items": codes(vocabulary.departments())},
            "appeal_type": codes(vocabulary.appeal_types()),
            "appeal_type_name": TEXT,
            "urgent": FLAG,
            "raised": FLAG,
            "cards": {"type": "array", "items": codes(("yellow", "red"))},
            "excerpt": {**TEXT, "description": "诉求内容的开头，号码已遮盖"},
            "place": OPTIONAL_TEXT,
            "channel": codes(CHANNELS),
            "submitted_at": TIME,
            "due_at": OPTIONAL_TIME,
        }
    )


def _staff_list() -> dict[str, Any]:
    return shown(
        {
            "cases": listed("StaffRow"),
            "total": {**COUNT, "description": f"最多数到 {MOST_COUNTED}"},
            "next": {**OPTIONAL_TEXT, "description": "下一页的 after；最后一页为 null"},
        }
    )


def _entry() -> dict[str, Any]:
    return shown(
        {
            "at": TIME,
            "kind": TEXT,
            "actor": TEXT,
            "from_state": {"type": ["string", "null"]},
            "to_state": codes(vocabulary.case_states()),
            "state_name": TEXT,
            "note": {**OPTIONAL_TEXT, "description": "给市民的话"},
            "remark": {**OPTIONAL_TEXT, "description": "内部说明"},
            "changes": {"type": "object"},
        }
    )


def _step() -> dict[str, Any]:
    return shown(
        {
            "at": TIME,
            "kind": codes(("state", "reply", "supplement", "urge", "evaluation")),
            "state": codes(vocabulary.case_states()),
            "state_name": TEXT,
            "public_state": TEXT,
            "note": {**OPTIONAL_TEXT, "description": "给市民的话"},
        }
    )


def _bare_status() -> dict[str, Any]:
    return shown(
        {
            "case_id": TEXT,
            "public_state": TEXT,
            "authorized": {"const": False},
            "locked": {"type": "boolean", "description": "今天答错太多次，不能再试"},
        }
    )


def _case_list() -> dict[str, Any]:
    return shown(
        {
            "cases": {"type": "array", "items": ref("Case")},
            "total": {"type": "integer", "minimum": 0},
            "limit": {"type": "integer"},
            "offset": {"type": "integer"},
        }
    )
