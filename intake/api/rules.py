"""The dispatch rules: read them, put others into force, try them on a case."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse

from bot import vocabulary
from intake.api.access import person_of
from intake.api.describe import (
    COUNT,
    FLAG,
    OPTIONAL_TEXT,
    OPTIONAL_TIME,
    TEXT,
    answer,
    asked,
    codes,
    codes_or_null,
    errors,
    json_body,
    listed,
    ref,
    shown,
)
from intake.api.reading import checker, in_json, refuse
from intake.cases import NewCase
from intake.deadlines import SHANGHAI
from intake.dispatch.dispatcher import Loaded
from intake.dispatch.rule_sets import RulesChanged
from intake.dispatch.rule_text import MAX_TEXT, RuleError, compile_rules
from intake.dispatch.rules import RuleSet, facts_of
from intake.errors import ApiError
from intake.service import IntakeService
from intake.steps import filed
from intake.validation import Checker, InvalidCase, parse_new_case
from intake.views import iso

_EDITORS = ("admin", "supervisor")
_TRIAL_ID = "FS000000000000000"  # never stored


def routes(service: IntakeService) -> Blueprint:
    """The routes of ``/api/v1/rules`` on ``service``."""
    api = Blueprint("rules", url_prefix="/api/v1/rules")

    @api.get("")
    async def read(request: Request) -> HTTPResponse:
        await person_of(service, request)
        return in_json(_view(await service.run(service.dispatcher.current)))

    @api.put("")
    async def save(request: Request) -> HTTPResponse:
        caller = await person_of(service, request, *_EDITORS)
        fields = checker(request)
        text = _rule_text(fields, required=True) or ""
        edited = fields.data.get("version")
        if type(edited) is not int or not 0 <= edited < 2**31 - 1:
            fields.wrong("version", "请给出您修改的那一版的 version")
            edited = 0
        refuse(fields.problems)
        by, now = str(caller.actor), service.now()
        try:
            loaded = await service.run(service.dispatcher.save, text, edited, by, now)
        except RuleError as error:
            raise _does_not_compile(error) from error
        except RulesChanged as error:
            words = "规则刚刚有人改过，请重新打开再改"
            raise ApiError(409, "rules_changed", words) from error
        return in_json(_view(loaded))

    @api.post("/trial")
    async def trial(request: Request) -> HTTPResponse:
        await person_of(service, request)
        fields = checker(request)
        text = _rule_text(fields, required=False)
        at = _time(fields) or service.now()
        new = _new_case(fields)
        try:
            answer = await service.run(_tried, service, new, at, text)
        except RuleError as error:
            raise _does_not_compile(error) from error
        return in_json(answer)

    return api


def _tried(
    service: IntakeService, new: NewCase, at: dt.datetime, text: str | None
) -> dict[str, Any]:
    """What rules make of a case: those of ``text``, else those in force."""
    rules = service.dispatcher.current().rules if text is None else compile_rules(text)
    hidden = service.personal.hide(new)
    dispatch = service.dispatcher.decide_by(rules, hidden, at)
    # As it would be filed, so that platform, mode and dates are those of a real case.
    case = filed(hidden, _TRIAL_ID, at, dispatch)
    return {
        "rule": dispatch.rule,
        "department": case.department,
        "department_name": vocabulary.departments()[case.department].name,
        "co_departments": list(case.co_departments),
        "platform": case.platform,
        "handling_mode": case.handling_mode,
        "urgent": case.urgent,
        "hold": dispatch.by_person,
        "grid": case.address.grid,
        "due_at": iso(case.due_at),
        "checked": _checked(rules, hidden, at),
    }


def _checked(rules: RuleSet, new: NewCase, at: dt.datetime) -> list[dict[str, Any]]:
    """Each rule up to the one that matches, with the condition that did not hold."""
    facts = facts_of(new, at)
    found = []
    for rule in rules.rules:
        failing = rule.when.failing(facts)
        found.append({"name": rule.name, "failed": failing})
        if failing is None:
            break
    return found


def _view(loaded: Loaded) -> dict[str, Any]:
    error = loaded.error
    return {
        "version": loaded.saved.version,
        "text": loaded.saved.text,
        "saved_by": loaded.saved.saved_by,
        "saved_at": iso(loaded.saved.saved_at),
        "rules": [
            {"name": rule.name, "when": rule.when.as_json(), "then": rule.then.as_json()}
            for rule in loaded.rules.rules
        ],
        "error": error and {"rule": error.rule, "field": error.field, "message": str(error)},
    }


def _does_not_compile(error: RuleError) -> ApiError:
    details = [{"field": error.field or "text", "message": str(error)}]
    return ApiError(400, "rules_do_not_compile", str(error), details)


def _rule_text(fields: Checker, required: bool) -> str | None:
    """The YAML exactly as sent: its blanks mean something."""
    text = fields.data.get("text")
    if text is None and not required:
        return None
    if not isinstance(text, str):
        fields.wrong("text", "请给出规则的全文（YAML）")
        return None
    if len(text) > MAX_TEXT:
        fields.wrong("text", f"规则太长，最多 {MAX_TEXT} 个字符")
        return None
    return text


def _time(fields: Checker) -> dt.datetime | None:
    value = fields.data.get("at")
    if value is None:
        return None
    try:
        at = dt.datetime.fromisoformat(value.replace("Z", "+00:00"))
        if not 2000 <= at.year <= 2200:
            raise ValueError(value)
    except (AttributeError, TypeError, ValueError):
        fields.wrong("at", "时间应写成 2026-11-23T22:30:00+08:00")
        return None
    return at if at.tzinfo else at.replace(tzinfo=SHANGHAI)


def _new_case(fields: Checker) -> NewCase:
    try:
        new = parse_new_case(fields.data)
    except InvalidCase as error:
        refuse([*fields.problems, *error.problems], "invalid_case")
        raise
    refuse(fields.problems)
    return new


def paths() -> dict[str, Any]:
    """This topic's part of the OpenAPI document."""
    text = {"type": "string", "maxLength": MAX_TEXT, "description": "YAML"}
    version = {"type": "integer", "minimum": 0, "description": "修改的是哪一版"}
    trial = {
        "allOf": [
            ref("NewCase"),
            asked(
                {
                    "at": {**OPTIONAL_TIME, "description": "假设的提交时间，默认现在"},
                    "text": {
                        "type": ["string", "null"],
                        "maxLength": MAX_TEXT,
                        "description": "还没有保存的规则；不写就用现行的",
                    },
                }
            ),
        ]
    }
    return {
        "/rules": {
            "get": {
                "operationId": "getRules",
                "summary": "现行的分流规则",
                "responses": {"200": answer("规则", ref("Rules")), **errors(401, 403, 500, 503)},
            },
            "put": {
                "operationId": "putRules",
                "summary": "改分流规则（管理员、督办人员）；有错不生效，并指出是哪条规则哪个字段",
                "requestBody": json_body(
                    asked({"text": text, "version": version}, ("text", "version"))
                ),
                "responses": {
                    "200": answer("生效的规则", ref("Rules")),
                    **errors(400, 401, 403, 409, 413, 500, 503),
                },
            },
        },
        "/rules/trial": {
            "post": {
                "operationId": "tryRules",
                "summary": "拿一件诉求试规则：哪一条符合，怎么分流；什么也不保存",
                "requestBody": json_body(trial),
                "responses": {
                    "200": answer("会怎样分流", ref("RuleTrial")),
                    **errors(400, 401, 403, 413, 500, 503),
                },
            },
        },
    }


def schemas() -> dict[str, Any]:
    departments = vocabulary.departments()
    return {
        "Rule": shown({"name": TEXT, "when": {"type": "object"}, "then": {"type": "object"}}),
        "RuleProblem": shown({"rule": OPTIONAL_TEXT, "field": OPTIONAL_TEXT, "message": TEXT}),
        "Rules": shown(
            {
                "version": {**COUNT, "description": "0 是自带的规则"},
                "text": TEXT,
                "saved_by": OPTIONAL_TEXT,
                "saved_at": OPTIONAL_TIME,
                "rules": listed("Rule"),
                "error": {
                    "description": "保存的规则不能用时：按提交时的部门分流，这里说明哪里错了",
                    "oneOf": [{"type": "null"}, ref("RuleProblem")],
                },
            }
        ),
        "RuleTrial": shown(
            {
                "rule": {**OPTIONAL_TEXT, "description": "符合的规则；都不符合为 null"},
                "department": codes(departments),
                "department_name": TEXT,
                "co_departments": {"type": "array", "items": codes(departments)},
                "platform": codes(vocabulary.platforms()),
                "handling_mode": codes(vocabulary.handling_modes()),
                "urgent": FLAG,
                "hold": {**FLAG, "description": "由中心的人决定"},
                "grid": OPTIONAL_TEXT,
                "due_at": OPTIONAL_TIME,
                "checked": {
                    "type": "array",
                    "description": "依次看过的规则，和不符合的条件",
                    "items": shown(
                        {"name": TEXT, "failed": codes_or_null(_CONDITIONS)},
                    ),
                },
            }
        ),
    }


_CONDITIONS = (
    "department",
    "platform",
    "appeal_type",
    "channel",
    "district",
    "town",
    "community",
    "urgent",
    "working_day",
    "hours",
    "words",
)
