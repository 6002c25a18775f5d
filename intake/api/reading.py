"""What the topics of the native API share: reading requests, and answering in JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from sanic.request import Request
from sanic.response import HTTPResponse, json

from bot.case_id import canonical
from intake import bodies
from intake.bodies import Unreadable
from intake.errors import ApiError
from intake.personal import last4
from intake.validation import MAX_SHORT, Checker, Problem


def in_json(body: object, status: int = 200) -> HTTPResponse:
    return json(body, status=status, ensure_ascii=False)


def json_body(request: Request) -> Any:
    """The JSON body, of any kind. Raises ApiError 400."""
    try:
        return bodies.json_body(request)
    except Unreadable as error:
        raise ApiError(400, "bad_json", str(error)) from error


def checker(request: Request) -> Checker:
    """The JSON object of the body, ready to be read field by field. Raises ApiError 400."""
    data = json_body(request)
    if not isinstance(data, dict):
        raise ApiError(400, "bad_json", "请求内容应为一个 JSON 对象")
    return Checker(data)


def refuse(problems: Sequence[Problem], code: str = "invalid") -> None:
    """Raise ApiError 400 that names every wrong field, if there is any."""
    if problems:
        details = [{"field": item.field, "message": item.message} for item in problems]
        words = "；".join(item.message for item in problems)
        raise ApiError(400, code, words, details)


def case_id_of(text: str) -> str:
    """The canonical ID in a path, which may be typed in any way. Raises ApiError 400."""
    case_id = canonical(unquote(text))
    if case_id is None:
        raise ApiError(400, "mistyped_case_id", "编号好像输错了，请核对后再试")
    return case_id


def no_such_case() -> ApiError:
    return ApiError(404, "case_not_found", "没有找到这个编号的诉求")


def idempotency_key(request: Request) -> str:
    try:
        key = bodies.idempotency_key(request)
    except Unreadable as error:
        raise ApiError(400, "idempotency_key_invalid", str(error)) from error
    if key is None:
        raise ApiError(400, "idempotency_key_missing", "请在请求头 Idempotency-Key 里给出幂等键")
    return key


def asked_citizen(arguments: dict[str, str]) -> str | None:
    """The argument ``citizen``; blank is absent. Raises ApiError 400."""
    citizen = arguments.get("citizen") or None
    if citizen is not None and (len(citizen) > MAX_SHORT or not citizen.isprintable()):
        raise ApiError(400, "invalid_citizen", "参数 citizen 的格式不对")
    return citizen


def asked_last4(arguments: dict[str, str]) -> str | None:
    """The argument ``phone_last4`` in ASCII digits; blank is absent. Raises ApiError 400."""
    text = arguments.get("phone_last4", "").strip()
    if not text:
        return None
    digits = last4(text)
    if digits is None:
        raise ApiError(400, "invalid_phone_last4", "请给出联系电话的最后四位数字")
    return digits


def whole_number(arguments: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = arguments.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10 and low <= int(text) <= high):
        raise ApiError(400, f"invalid_{name}", f"参数 {name} 应为 {low} 到 {high} 的整数")
    return int(text)
