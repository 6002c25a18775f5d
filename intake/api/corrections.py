"""Lessons for the trainers: what was sent to the wrong department, and where it belonged."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import asdict
from typing import Any

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse

from bot import vocabulary
from intake.api.access import caller_of
from intake.api.describe import (
    COUNT,
    OPTIONAL_TEXT,
    TEXT,
    TIME,
    answer,
    codes,
    errors,
    listed,
    query,
    shown,
)
from intake.api.reading import in_json, whole_number
from intake.bodies import query_arguments
from intake.deadlines import SHANGHAI
from intake.errors import ApiError
from intake.service import IntakeService
from intake.views import iso

MAX_PAGE = 500
_READERS = ("staff", "supervisor", "admin")


def routes(service: IntakeService) -> Blueprint:
    """The route of the corrections on ``service``."""
    api = Blueprint("corrections", url_prefix="/api/v1")

    @api.get("/corrections")
    async def corrections(request: Request) -> HTTPResponse:
        caller = await caller_of(service, request)
        if not (caller.is_system or caller.actor.role in _READERS):
            raise ApiError(403, "forbidden", "只有受理、督办人员和管理员可以看")
        arguments = query_arguments(request)
        since = _since(arguments)
        after = whole_number(arguments, "after", 0, 0, 999_999_999)
        limit = whole_number(arguments, "limit", 100, 1, MAX_PAGE)
        found = await service.run(service.corrections.since, since, after, limit + 1)
        rows = [{**asdict(item), "corrected_at": iso(item.corrected_at)} for item in found[:limit]]
        following = found[limit - 1].correction_id if len(found) > limit else None
        return in_json({"corrections": rows, "next": following})

    return api


def _since(arguments: dict[str, str]) -> dt.datetime | None:
    text = arguments.get("since")
    if not text:
        return None
    try:
        # A plus sign that nobody quoted has become a blank.
        text = re.sub(r"(T\S+) (\d\d:\d\d)$", r"\1+\2", text).replace("Z", "+00:00")
        at = dt.datetime.fromisoformat(text)
        if not 2000 <= at.year <= 2200:
            raise ValueError(text)
    except ValueError:
        words = "参数 since 应为日期或时间，例如 2026-11-23T08:00:00+08:00"
        raise ApiError(400, "invalid_since", words) from None
    return at if at.tzinfo else at.replace(tzinfo=SHANGHAI)


def paths() -> dict[str, Any]:
    """This topic's part of the OpenAPI document."""
    shape = shown(
        {
            "corrections": listed("Correction"),
            "next": {"type": ["integer", "null"], "description": "下一页的 after；最后一页为 null"},
        }
    )
    return {
        "/corrections": {
            "get": {
                "operationId": "listCorrections",
                "summary": "退回后改派的诉求，先发生的在前，供训练人员改进分流",
                "parameters": [
                    query("since", "不早于", {"type": "string"}),
                    query("after", "上一页的 next", {"type": "integer", "minimum": 0}),
                    query(
                        "limit",
                        "一页几条",
                        {"type": "integer", "minimum": 1, "maximum": MAX_PAGE, "default": 100},
                    ),
                ],
                "responses": {"200": answer("一页", shape), **errors(400, 401, 403, 500, 503)},
            }
        }
    }


def schemas() -> dict[str, Any]:
    departments = codes(vocabulary.departments())
    return {
        "Correction": shown(
            {
                "correction_id": COUNT,
                "case_id": TEXT,
                "text": {**TEXT, "description": "诉求内容，号码已遮盖"},
                "from_department": departments,
                "to_department": departments,
                "reason": {**OPTIONAL_TEXT, "description": "退回的理由"},
                "corrected_by": TEXT,
                "corrected_at": TIME,
            }
        )
    }
