"""Alarms of devices, sent by the platform that the devices belong to, with a key of its own."""

from __future__ import annotations

import datetime as dt
import math
import re
from typing import Any

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse

from bot import vocabulary
from intake.api.access import Caller, caller_of
from intake.api.describe import (
    COUNT,
    FLAG,
    TEXT,
    TIME,
    answer,
    asked,
    codes_or_null,
    errors,
    json_body,
    longest,
    ref,
    shown,
)
from intake.api.reading import checker, in_json, refuse
from intake.deadlines import SHANGHAI
from intake.errors import ApiError
from intake.service import IntakeService
from intake.sources import KINDS, Alarm, AlarmCount
from intake.validation import MAX_DETAIL, MAX_SHORT, Checker, InvalidCase, parse_new_case
from intake.views import iso

MAX_DEVICE = 100
MAX_TEXT = 1000
MAX_VALUE = 40
# Clocks of devices go wrong; what they tell beyond this is not believed.
_EARLY, _LATE = dt.timedelta(minutes=10), dt.timedelta(days=7)
_KIND = r"[a-z0-9][a-z0-9_.-]{0,39}"
_LEVELS = ("district", "town", "community", "grid", "detail")


def routes(service: IntakeService) -> Blueprint:
    """The route ``/api/v1/alarms``."""
    api = Blueprint("alarms", url_prefix="/api/v1")

    @api.post("/alarms")
    async def alarm(request: Request) -> HTTPResponse:
        caller = await caller_of(service, request)
        if caller.actor.is_person_inside:
            raise ApiError(403, "forbidden", "告警由设备平台用自己的密钥发送")
        now = service.now()
        taken = _alarm(checker(request), caller, now)
        counted, is_new = await service.run(service.alarms.take, taken, caller.name, now)
        return in_json({**alarm_view(counted), "is_new": is_new}, 201 if is_new else 200)

    return api


def alarm_view(counted: AlarmCount) -> dict[str, Any]:
    """The storm of a case."""
    known = KINDS.get(counted.kind)
    return {
        "case_id": counted.case_id,
        "device": counted.device,
        "kind": counted.kind,
        "kind_name": known.name if known else counted.kind,
        "count": counted.count,
        "first_at": iso(counted.first_at),
        "last_at": iso(counted.last_at),
    }


def _alarm(fields: Checker, caller: Caller, now: dt.datetime) -> Alarm:
    """The alarm that was sent. Raises ApiError 400 that names every wrong field."""
    device = fields.text("device", "设备编号", MAX_DEVICE, required=True) or ""
    kind = fields.data.get("kind")
    if not isinstance(kind, str) or not re.fullmatch(_KIND, kind):
        fields.wrong("kind", "告警种类应为小写字母、数字、点、下划线或连字符，最多 40 个")
        kind = ""
    known = KINDS.get(kind)
    default = known.department if known else None
    if kind and fields.data.get("department") is None and default is None:
        fields.wrong("department", "这种告警没有默认的部门，请填写部门")
    at = _time(fields, now)
    value = _value(fields)
    text = fields.text("text", "说明", MAX_TEXT)
    urgent = fields.data.get("urgent")
    if urgent is None:
        urgent = known.urgent if known else False
    place = fields.data.get("place")
    if isinstance(place, str):
        place = {"detail": place}
    body = {
        "description": _words(known.name if known else f"{kind} 告警", device, value, text),
        "department": fields.data.get("department") or default or "government_services",
        "appeal_type": "help",
        "urgent": urgent,
        "address": place,
        "lat": fields.data.get("lat"),
        "long": fields.data.get("long"),
        "channel": caller.channel or "device",
        "occurred": at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S"),
    }
    try:
        new = parse_new_case(body)
    except InvalidCase as error:
        refuse([*fields.problems, *error.problems])
        raise
    refuse(fields.problems)
    return Alarm(device, kind, at, new)


def _words(name: str, device: str, value: str | None, text: str | None) -> str:
    """What stands in the case: only what was sent, and what it is."""
    parts = [f"{name}：设备 {device}"]
    if value is not None:
        parts.append(f"数值 {value}")
    return "，".join(parts) + (f"。{text}" if text else "")


def _time(fields: Checker, now: dt.datetime) -> dt.datetime:
    """When the device alarmed; now where it does not say so. Seconds are exact enough."""
    text = fields.data.get("at")
    if text is None:
        return now
    words = "告警时间应为 ISO 8601，带时区，例如 2026-11-23T09:15:00+08:00"
    try:
        at = dt.datetime.fromisoformat(re.sub(r"[zZ]$", "+00:00", text))
    except (TypeError, ValueError):
        fields.wrong("at", words)
        return now
    if at.tzinfo is None or not 1900 <= at.year <= 2200:
        fields.wrong("at", words)
        return now
    if not now - _LATE <= at <= now + _EARLY:
        fields.wrong("at", "告警时间在将来或太早，请检查设备的时钟")
        return now
    return at


def _value(fields: Checker) -> str | None:
    """The value that was measured, as words."""
    value = fields.data.get("value")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return fields.text("value", "数值", MAX_VALUE)
    if isinstance(value, float) and not math.isfinite(value) or abs(value) > 1e15:
        fields.wrong("value", "数值太大")
        return None
    return f"{value:g}" if isinstance(value, float) else str(value)


def paths() -> dict[str, Any]:
    """This topic's part of the OpenAPI document."""
    return {
        "/alarms": {
            "post": {
                "operationId": "sendAlarm",
                "summary": "设备告警：同一设备同一种类的告警合为一件诉求并计数",
                "requestBody": json_body(ref("NewAlarm")),
                "responses": {
                    "201": answer("新的诉求", ref("TakenAlarm")),
                    "200": answer("计入已有的诉求", ref("TakenAlarm")),
                    **errors(400, 401, 403, 413, 500, 503),
                },
            }
        }
    }


def schemas() -> dict[str, Any]:
    """What the paths refer to."""
    known = "、".join(f"{code} {kind.name}" for code, kind in KINDS.items())
    level = longest(MAX_SHORT)
    place = {name: longest(MAX_DETAIL) if name == "detail" else level for name in _LEVELS}
    new = {
        "device": {"type": "string", "minLength": 1, "maxLength": MAX_DEVICE, "pattern": r"\S"},
        "kind": {
            "type": "string",
            "pattern": f"^{_KIND}$",
            "description": f"有默认部门的：{known}；其他种类要填写 department",
        },
        "at": {
            "type": ["string", "null"],
            "format": "date-time",
            "description": "告警时间，不填为现在；不早于 7 天前",
        },
        "department": codes_or_null(vocabulary.departments()),
        "urgent": {"type": ["boolean", "null"], "description": "不填则按种类"},
        "place": {
            "type": ["object", "string", "null"],
            "maxLength": MAX_DETAIL,
            "properties": place,
        },
        "lat": {"type": ["number", "null"], "minimum": -90, "maximum": 90},
        "long": {"type": ["number", "null"], "minimum": -180, "maximum": 180},
        "value": {"type": ["number", "string", "null"], "maxLength": MAX_VALUE},
        "text": longest(MAX_TEXT),
    }
    storm = {
        "case_id": TEXT,
        "device": TEXT,
        "kind": TEXT,
        "kind_name": TEXT,
        "count": {**COUNT, "description": "到现在一共告警多少次"},
        "first_at": TIME,
        "last_at": TIME,
    }
    return {
        "NewAlarm": asked(new, ("device", "kind")),
        "AlarmCount": shown(storm),
        "TakenAlarm": shown({**storm, "is_new": {**FLAG, "description": "是否新的一件"}}),
    }
