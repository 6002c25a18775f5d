"""Request bodies and headers, read strictly: what cannot be read is refused, never guessed."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl

from sanic.request import Request

_MAX_FIELDS = 200


class Unreadable(Exception):
    """A body or header has not the form it must have; the message is Chinese."""


def content_type(request: Request) -> str:
    """The media type without parameters, lower case; empty when there is none."""
    return str(request.headers.get("content-type") or "").split(";")[0].strip().lower()


def json_body(request: Request) -> Any:
    """The JSON body. NaN and infinity, which JSON does not have, are refused.

    Raises:
        Unreadable
    """
    try:
        return json.loads(request.body.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Unreadable("请求内容不是有效的 JSON（UTF-8）") from error


def form_body(request: Request) -> dict[str, list[str]]:
    """The ``application/x-www-form-urlencoded`` body, each field with all its values.

    Raises:
        Unreadable
    """
    try:
        text = request.body.decode("utf-8")
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MAX_FIELDS)
    except ValueError as error:
        raise Unreadable("请求内容不是有效的表单（UTF-8）") from error
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return fields


def query_arguments(request: Request) -> dict[str, str]:
    """The arguments of the query string; of a repeated one the last value. Bad UTF-8 becomes �."""
    pairs = parse_qsl(request.query_string, keep_blank_values=True)
    return dict(pairs)


def idempotency_key(request: Request) -> str | None:
    """The ``Idempotency-Key`` header, None when absent.

    Raises:
        Unreadable: it is not 8 to 200 printable ASCII characters.
    """
    key = request.headers.get("idempotency-key")
    if key is None:
        return None
    if not (8 <= len(key) <= 200 and key.isascii() and key.isprintable()):
        raise Unreadable("幂等键应为 8 到 200 个可见的 ASCII 字符")
    return str(key)


def bearer(request: Request) -> str | None:
    """The token of ``Authorization: Bearer <token>``."""
    scheme, _, token = str(request.headers.get("authorization") or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _no_constant(name: str) -> Any:
    raise ValueError(name)
