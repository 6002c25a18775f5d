"""Assessment (考核): the monthly report and the hot issues, as data, table, page and picture."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable
from typing import Any, TypeVar

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, html, raw

from bot.places import place_tree
from intake.api.access import person_of
from intake.api.describe import (
    codes,
    errors,
    query,
    ref,
)
from intake.api.reading import in_json, whole_number
from intake.api.report_shapes import hot_issues_view, report_schemas, report_view
from intake.assessment.csv_table import csv_of
from intake.assessment.monthly import BY, monthly_report
from intake.assessment.months import PATTERN, Month
from intake.assessment.pages import hot_issues_page, monthly_page
from intake.assessment.picture import png_of
from intake.assessment.recent import HotIssues, hot_issues_of
from intake.bodies import query_arguments
from intake.errors import ApiError
from intake.roles import Actor
from intake.service import IntakeService

Result = TypeVar("Result")

FORMATS = ("json", "csv", "html", "png")
_HOT_FORMATS = ("json", "html")
MAX_DAYS = 365
_DEFAULT_DAYS = 30
# Grouping a large city's cases takes a while, and nothing becomes hot within minutes.
_KEPT_FOR = dt.timedelta(minutes=10)
_MOST_KEPT = 32
_MONTHLY_TYPES = ("text/csv", "text/html", "image/png")
_PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def routes(service: IntakeService) -> Blueprint:
    """The routes ``/api/v1/reports/…``."""
    api = Blueprint("reports", url_prefix="/api/v1/reports")
    # One report at a time: the threads are there for people who file and handle cases.
    turn = asyncio.Lock()
    kept: dict[tuple[int, str | None, str | None], HotIssues] = {}

    async def in_turn(work: Callable[..., Result], *arguments: Any) -> Result:
        async with turn:
            return await service.run(work, *arguments)

    @api.get("/monthly")
    async def monthly(request: Request) -> HTTPResponse:
        actor = (await person_of(service, request)).actor
        arguments = query_arguments(request)
        now = service.now()
        month = _month(arguments, now)
        by = _choice(arguments, "by", BY)
        wanted = _choice(arguments, "format", FORMATS)
        if actor.role == "department" and by == "district":
            raise ApiError(403, "forbidden", "承办部门只能看按部门的月报")
        report = await in_turn(monthly_report, service.database, month, by, now)
        if actor.role == "department":
            report = report.only(actor.department)
        if wanted == "csv":
            return _file(csv_of(report), "text/csv; charset=utf-8", f"{month}-{by}.csv")
        if wanted == "png":
            picture = await in_turn(png_of, report)
            return raw(picture, content_type="image/png", headers={"Cache-Control": "no-store"})
        if wanted == "html":
            return html(monthly_page(report), headers=_PAGE_HEADERS)
        return in_json(report_view(report))

    @api.get("/hot_issues")
    async def hot_issues(request: Request) -> HTTPResponse:
        actor = (await person_of(service, request)).actor
        arguments = query_arguments(request)
        days = whole_number(arguments, "days", _DEFAULT_DAYS, 1, MAX_DAYS)
        district = arguments.get("district") or None
        if district is not None and district not in place_tree():
            raise _wrong("district", "应为本市的区，例如 南海区")
        wanted = _choice(arguments, "format", _HOT_FORMATS)
        found = await _hot(days, district, actor)
        if wanted == "html":
            return html(hot_issues_page(found, days, district), headers=_PAGE_HEADERS)
        return in_json(hot_issues_view(found))

    async def _hot(days: int, district: str | None, actor: Actor) -> HotIssues:
        department = actor.department if actor.role == "department" else None
        key = (days, district, department)
        async with turn:
            now = service.now()
            known = kept.get(key)
            if known is None or not dt.timedelta(0) <= now - known.until < _KEPT_FOR:
                known = await service.run(
                    hot_issues_of, service.database, now, days, district, department
                )
                if len(kept) >= _MOST_KEPT:
                    kept.clear()
                kept[key] = known
            return known

    return api


def _month(arguments: dict[str, str], now: dt.datetime) -> Month:
    text = arguments.get("month")
    if text is None:
        return Month.of(now)
    try:
        return Month.parse(text)
    except ValueError:
        raise _wrong("month", "应为月份，例如 2026-11") from None


def _choice(arguments: dict[str, str], name: str, known: tuple[str, ...]) -> str:
    """One of ``known``, the first where nothing is asked for."""
    value = arguments.get(name, known[0])
    if value not in known:
        raise _wrong(name, "应为 " + "、".join(known) + " 之一")
    return value


def _wrong(name: str, words: str) -> ApiError:
    message = f"参数 {name} {words}"
    return ApiError(400, f"invalid_{name}", message, [{"field": name, "message": message}])


def _file(content: bytes, content_type: str, name: str) -> HTTPResponse:
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return raw(content, content_type=content_type, headers=headers)


def paths() -> dict[str, Any]:
    """This topic's part of the OpenAPI document."""
    month = {"type": "string", "pattern": PATTERN}
    days = {"type": "integer", "minimum": 1, "maximum": MAX_DAYS, "default": _DEFAULT_DAYS}
    return {
        "/reports/monthly": {
            "get": {
                "operationId": "monthlyReport",
                "summary": "考核月报；承办部门只看到自己的一行和合计",
                "parameters": [
                    query("month", "哪个月（北京时间），例如 2026-11；不写为本月", month),
                    query("by", "按部门还是按区", {**codes(BY), "default": BY[0]}),
                    query("format", "什么格式", {**codes(FORMATS), "default": FORMATS[0]}),
                ],
                "responses": {
                    "200": _answers(
                        "月报", "MonthlyReport", ("text/csv", "text/html", "image/png")
                    ),
                    **errors(400, 401, 403, 500, 503),
                },
            }
        },
        "/reports/hot_issues": {
            "get": {
                "operationId": "hotIssues",
                "summary": "热点：最近许多人说的同一件事；承办部门只看到自己的诉求",
                "parameters": [
                    query("days", "最近几天，并与之前同样长的时间比较", days),
                    query("district", "只看哪个区", codes(place_tree())),
                    query(
                        "format", "什么格式", {**codes(_HOT_FORMATS), "default": _HOT_FORMATS[0]}
                    ),
                ],
                "responses": {
                    "200": _answers("热点，人数多的在前", "HotIssues", ("text/html",)),
                    **errors(400, 401, 403, 500, 503),
                },
            }
        },
    }


def _answers(description: str, schema: str, others: tuple[str, ...]) -> dict[str, Any]:
    content: dict[str, Any] = {"application/json": {"schema": ref(schema)}}
    for content_type in others:
        binary = {"format": "binary"} if content_type.startswith("image/") else {}
        content[content_type] = {"schema": {"type": "string", **binary}}
    return {"description": description, "content": content}


def schemas() -> dict[str, Any]:
    """What the paths refer to."""
    return report_schemas()
