"""Requests whose length cannot be trusted are refused before Sanic acts on them.

Sanic 21.12, which Rasa pins, believes ``Content-Length: -5`` and then never returns from reading
the body: one header from anybody would stop the whole bot.
https://www.rfc-editor.org/rfc/rfc9112#section-6.3
"""

from __future__ import annotations

import re
from typing import Any

from sanic import Blueprint, Sanic
from sanic.exceptions import InvalidUsage
from sanic.request import Request

_LENGTH = re.compile(r"[0-9]{1,12}")


class StrictRequest(Request):
    """Sanic builds it from the headers, before any byte of the body is read."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        lengths = self.headers.getall("content-length", [])
        codings = self.headers.getall("transfer-encoding", [])
        if len(lengths) + len(codings) > 1:
            raise InvalidUsage("more than one body length")
        if any(not _LENGTH.fullmatch(length) for length in lengths):
            raise InvalidUsage("Content-Length is no number")
        if any(coding != "chunked" for coding in codings):
            raise InvalidUsage("unknown Transfer-Encoding")


def require_strict_requests(routes: Blueprint) -> None:
    """Every request of the app that ``routes`` becomes part of is checked so."""

    @routes.listener("before_server_start")
    async def set_request_class(app: Sanic, loop: Any) -> None:
        app.request_class = StrictRequest
