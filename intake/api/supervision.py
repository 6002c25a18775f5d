"""Supervision (督办): cards by hand, the red list, what is late or nearly so, a round at once."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, fields
from typing import Any

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse

from intake.api.access import person_of
from intake.api.case_list import MAX_PAGE, list_page, parameters
from intake.api.describe import (
    COUNT,
    FLAG,
    OPTIONAL_TEXT,
    TEXT,
    TIME,
    answer,
    asked,
    codes,
    errors,
    in_path,
    json_body,
    listed,
    query,
    ref,
    shown,
)
from intake.api.reading import case_id_of, checker, in_json, refuse, whole_number
from intake.api.refusals import as_answers
from intake.api.schemas import case_schemas
from intake.bodies import query_arguments
from intake.cases import Case
from intake.deadlines import end_of_working_day
from intake.errors import ApiError
from intake.scheduler import AlreadyRunning, Round
from intake.service import IntakeService
from intake.steps import carded
from intake.store import MOST_COUNTED
from intake.supervision import NAMES, closes_at, running
from intake.views import cards_view, iso, staff_row, staff_view
from intake.watchlist import late_or_near

COLOURS = ("yellow", "red")
MAX_REASON = 500
MAX_DAYS = 30
_DISSATISFIED = "dissatisfied"
_WORDS = {**NAMES, _DISSATISFIED: "市民不满意，待跟进"}


def routes(service: IntakeService) -> Blueprint:
    """The routes of ``/api/v1`` about supervision."""
    api = Blueprint("supervision", url_prefix="/api/v1")
    rules = service.scheduler.rules

    @api.post("/cases/<case_id:str>/cards")
    async def give_card(request: Request, case_id: str) -> HTTPResponse:
        caller = await person_of(service, request, "supervisor", "admin")
        asked_for = checker(request)
        colour = asked_for.code("colour", "牌的颜色", COLOURS) or ""
        reason = asked_for.text("reason", "发牌的理由", MAX_REASON, required=True) or ""
        refuse(asked_for.problems)
        now = service.now()
        with as_answers():
            case = await service.run(
                service.store.change,
                case_id_of(case_id),
                lambda case: carded(case, colour, caller.actor, now, reason),
            )
        return in_json(staff_view(case), 201)

    @api.get("/supervision/red_list")
    async def red_list(request: Request) -> HTTPResponse:
        caller = await person_of(service, request)
        arguments = query_arguments(request)
        only_red = {**arguments, "red": "true"}
        return in_json(await list_page(service, caller.actor, only_red, _red_row))

    @api.get("/supervision/due")
    async def due(request: Request) -> HTTPResponse:
        actor = (await person_of(service, request)).actor
        arguments = query_arguments(request)
        days = whole_number(arguments, "within_days", 3, 0, MAX_DAYS)
        limit = whole_number(arguments, "limit", 20, 1, MAX_PAGE)
        offset = whole_number(arguments, "offset", 0, 0, MOST_COUNTED)
        now = service.now()
        until = end_of_working_day(now, days) if days else now
        department = actor.department if actor.role == "department" else None
        found, total = await service.run(
            late_or_near, service.database, until, rules, department, limit, offset
        )
        rows = [_due_row(case, now) for case in found]
        return in_json({"cases": rows, "total": total, "limit": limit, "offset": offset})

    def _due_row(case: Case, now: dt.datetime) -> dict[str, Any]:
        row = staff_row(case)
        if case.state == "resolved":
            ends = iso(closes_at(case, rules))
            return row | _deadline(_DISSATISFIED, ends, late=False, used=0.0)
        deadline = min(running(case, now, rules), key=lambda each: each.due)
        used = round(deadline.used(now), 2)
        return row | _deadline(deadline.kind, iso(deadline.due), now > deadline.due, used)

    @api.post("/supervision/run")
    async def run(request: Request) -> HTTPResponse:
        await person_of(service, request, "admin")
        try:
            done = await service.run(service.scheduler.run_once)
        except AlreadyRunning:
            raise ApiError(409, "already_running", "督办正在进行，请稍后再试") from None
        return in_json(asdict(done))

    return api


def _red_row(case: Case) -> dict[str, Any]:
    given = cards_view(case)
    red = next(card for card in given if card["colour"] == "red")
    return {
        **staff_row(case),
        "red_at": red["at"],
        "red_reason": red["reason"],
        "given": given,
    }


def _deadline(kind: str, ends: str | None, late: bool, used: float) -> dict[str, Any]:
    return {
        "deadline": kind,
        "deadline_name": _WORDS[kind],
        "deadline_at": ends,
        "late": late,
        "used": used,
    }


def paths() -> dict[str, Any]:
    """This topic's part of the OpenAPI document."""
    return {
        "/cases/{case_id}/cards": {"post": _give_card()},
        "/supervision/red_list": {"get": _red_list()},
        "/supervision/due": {"get": _due()},
        "/supervision/run": {
            "post": {
                "operationId": "superviseNow",
                "summary": "马上督办一轮（管理员）：提醒、发牌、归档",
                "responses": {
                    "200": answer("这一轮做了什么", ref("Round")),
                    **errors(401, 403, 409, 500, 503),
                },
            }
        },
    }


def schemas() -> dict[str, Any]:
    """What the paths refer to."""
    row = case_schemas()["StaffRow"]["properties"]
    card = shown({"colour": codes(COLOURS), "at": TIME, "reason": TEXT})
    red = {
        "red_at": TIME,
        "red_reason": TEXT,
        "given": {"type": "array", "items": card, "description": "发过的牌，先发的在前"},
    }
    used = {
        "type": "number",
        "minimum": 0,
        "description": "时限已用去的比例，大于 1 为超期",
    }
    deadline = {
        "deadline": codes(_WORDS),
        "deadline_name": TEXT,
        "deadline_at": {**TIME, "description": "到什么时候；不满意的为自动归档的时间"},
        "late": FLAG,
        "used": used,
    }
    return {
        "RedRow": shown({**row, **red}),
        "RedList": shown(
            {
                "cases": listed("RedRow"),
                "total": {**COUNT, "description": f"最多数到 {MOST_COUNTED}"},
                "next": {**OPTIONAL_TEXT, "description": "下一页的 after；最后一页为 null"},
            }
        ),
        "DueRow": shown({**row, **deadline}),
        "DueList": shown(
            {
                "cases": listed("DueRow"),
                "total": {**COUNT, "description": f"最多数到 {MOST_COUNTED}"},
                "limit": COUNT,
                "offset": COUNT,
            }
        ),
        "Round": shown({field.name: COUNT for field in fields(Round)}),
    }


def _give_card() -> dict[str, Any]:
    reason = {"type": "string", "minLength": 1, "maxLength": MAX_REASON, "pattern": r"\S"}
    card = asked({"colour": codes(COLOURS), "reason": reason}, ("colour", "reason"))
    return {
        "operationId": "giveCard",
        "summary": "发黄牌或红牌（督办人员），如办理敷衍；第二张黄牌即为红牌",
        "parameters": [in_path("case_id", "诉求编号")],
        "requestBody": json_body(card),
        "responses": {
            "201": answer("发牌以后的诉求", ref("StaffCase")),
            **errors(400, 401, 403, 404, 409, 413, 500, 503),
        },
    }


def _red_list() -> dict[str, Any]:
    return {
        "operationId": "redList",
        "summary": "红牌清单，供纪检监察：新提交的在前，承办部门只看到自己的",
        "parameters": [
            *(each for each in parameters() if each["name"] != "red"),
            query("limit", "一页几件", _limit()),
        ],
        "responses": {"200": answer("一页红牌", ref("RedList")), **errors(400, 401, 403, 500, 503)},
    }


def _due() -> dict[str, Any]:
    days = {"type": "integer", "minimum": 0, "maximum": MAX_DAYS, "default": 3}
    offset = {"type": "integer", "minimum": 0, "maximum": MOST_COUNTED, "default": 0}
    return {
        "operationId": "listDue",
        "summary": "超期和快到期的诉求，超得最久的在前；承办部门只看到自己的",
        "parameters": [
            query("within_days", "几个工作日内到期；0 只看已超期的", days),
            query("limit", "一页几件", _limit()),
            query("offset", "跳过几件", offset),
        ],
        "responses": {"200": answer("一页诉求", ref("DueList")), **errors(400, 401, 403, 500, 503)},
    }


def _limit() -> dict[str, Any]:
    return {"type": "integer", "minimum": 1, "maximum": MAX_PAGE, "default": 20}
