"""An SMS gateway for trials: takes texts as ``docs/sms-gateway.md`` says, and shows them.

``POST /sms/messages`` takes one, ``GET /sms/messages`` lists them, ``/sms`` is the page.
"""

from __future__ import annotations

import hmac
import json
import re
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from jinja2 import Environment
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, html
from sanic.response import json as json_response

KEPT = 1000
LONGEST_TEXT = 500
_LONGEST_ID = 300
_MOBILE = re.compile(r"1[3-9][0-9]{9}")


@dataclass(frozen=True)
class Text:
    """One SMS; ``time`` is Unix seconds. ``repeated``: how often it came again."""

    id: str
    phone: str
    text: str
    time: float
    repeated: int = 0


class BadText(ValueError):
    """The body is no SMS; the message says why, in Chinese."""


class Texts:
    """The SMS received, in memory; the oldest of more than :data:`KEPT` are forgotten."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._texts: OrderedDict[str, Text] = OrderedDict()

    def take(self, body: Any) -> bool:
        """Take an SMS; False when its id was here before. Raises BadText."""
        if not isinstance(body, dict):
            raise BadText("请求内容应为一个 JSON 对象")
        values = [body.get(name) for name in ("id", "phone", "text")]
        if not all(isinstance(value, str) for value in values):
            raise BadText("id、phone、text 都应为文字")
        number, phone, text = map(str, values)
        if not 0 < len(number) <= _LONGEST_ID:
            raise BadText(f"id 应为 1 到 {_LONGEST_ID} 个字符")
        if not _MOBILE.fullmatch(phone):
            raise BadText("phone 应为 11 位手机号码")
        if not 0 < len(text) <= LONGEST_TEXT:
            raise BadText(f"text 应为 1 到 {LONGEST_TEXT} 个字")
        known = self._texts.get(number)
        if known is not None:
            values_now = {**asdict(known), "repeated": known.repeated + 1}
            self._texts[number] = Text(**values_now)
            return False
        self._texts[number] = Text(number, phone, text, self._clock())
        while len(self._texts) > KEPT:
            self._texts.popitem(last=False)
        return True

    def newest_first(self) -> list[Text]:
        return list(reversed(self._texts.values()))


def sms_blueprint(key: str, templates: Environment, texts: Texts | None = None) -> Blueprint:
    """The gateway; ``key`` is what senders must know."""
    blueprint = Blueprint("sms", url_prefix="/sms")
    kept = texts or Texts()

    @blueprint.post("/messages")
    async def take(request: Request) -> HTTPResponse:
        if not _knows(request, key):
            return _error(401, "unauthorized", "短信网关的密钥不对")
        try:
            is_new = kept.take(json.loads(request.body))
        except BadText as error:
            return _error(400, "bad_request", str(error))
        except (ValueError, RecursionError):
            return _error(400, "bad_request", "请求内容不是有效的 JSON")
        return json_response({"accepted": True}, status=201 if is_new else 200)

    @blueprint.get("/messages")
    async def messages(request: Request) -> HTTPResponse:
        return json_response({"messages": [asdict(text) for text in kept.newest_first()]})

    @blueprint.get("/")
    async def page(request: Request) -> HTTPResponse:
        rows = [
            {**asdict(text), "at": time.strftime("%m-%d %H:%M:%S", time.localtime(text.time))}
            for text in kept.newest_first()
        ]
        return html(templates.get_template("sms.html").render(rows=rows))

    return blueprint


def _knows(request: Request, key: str) -> bool:
    given = str(request.headers.get("authorization") or "")
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), f"Bearer {key}".encode())


def _error(status: int, code: str, message: str) -> HTTPResponse:
    body = {"error": {"code": code, "message": message, "details": {}}}
    return json_response(body, status=status)
