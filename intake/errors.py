"""Every error as a clear answer in the shape of the API that was asked, never a stack trace."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from sanic.exceptions import MethodNotSupported, SanicException, ServiceUnavailable
from sanic.handlers import ErrorHandler
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bot.failure import describe
from intake.database import StoreFull, StoreUnavailable
from intake.open311.documents import Open311Error, error_document, format_of
from intake.open311.rendering import respond

logger = logging.getLogger(__name__)

OPEN311_PREFIX = "/open311/"
_RETRY_AFTER_SECONDS = 2
# What Sanic itself refuses before a handler runs.
_SANIC_ERRORS = {
    400: ("bad_request", "请求的格式不对"),
    404: ("not_found", "没有这个地址"),
    405: ("method_not_allowed", "这个地址不支持这种请求方法"),
    408: ("request_timeout", "等待请求内容超时，请重试"),
    413: ("body_too_large", "请求太大：正文最多 1 MiB，地址和请求头最多 8 KiB"),
    417: ("expectation_failed", "不支持请求头 Expect"),
    503: ("unavailable", "受理平台正忙，请稍后重试"),
}


class ApiError(Exception):
    """An answer of the native API that is no success.

    Attributes:
        status: HTTP status.
        code: stable English code for programs.
        message: Chinese words for people.
        details: what is wrong with which field, as ``{"field", "message"}``.
    """

    def __init__(
        self, status: int, code: str, message: str, details: Sequence[dict[str, str]] = ()
    ) -> None:
        super().__init__(f"{status} {code}")
        self.status = status
        self.code = code
        self.message = message
        self.details = list(details)


class Errors(ErrorHandler):
    """Sanic's error handler, replaced as a whole so that none of its own pages is ever shown."""

    def default(self, request: Request, exception: Exception) -> HTTPResponse:
        error = as_api_error(exception)
        # Sanic's own 503 is a client that went away, or the end of the service: nobody's fault.
        if error.status >= 500 and not isinstance(exception, ServiceUnavailable):
            _log(error, exception)
        headers = {}
        if error.status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        if isinstance(exception, MethodNotSupported):
            headers.update(exception.headers)
        if error.status == 503:
            headers["Retry-After"] = str(_RETRY_AFTER_SECONDS)
        path = _path(request)
        if path.startswith(OPEN311_PREFIX):
            document = error_document([(error.status, error.message)])
            if isinstance(exception, Open311Error):
                document = error_document([(error.status, text) for text in exception.messages])
            return respond(document, format_of(path), error.status, headers)
        return json(error_body(error), status=error.status, headers=headers, ensure_ascii=False)

    @staticmethod
    def log(request: Request, exception: Exception) -> None:
        """Nothing: Sanic's own line shows the message, which can hold a citizen's words."""


def error_body(error: ApiError) -> dict[str, Any]:
    """The native API's one error shape."""
    return {
        "error": {"code": error.code, "message": error.message, "details": error.details},
    }


def as_api_error(exception: Exception) -> ApiError:
    """Any exception as an answer; what nobody foresaw becomes a plain 500."""
    if isinstance(exception, ApiError):
        return exception
    if isinstance(exception, Open311Error):
        return ApiError(exception.status, "open311_error", "；".join(exception.messages))
    if isinstance(exception, StoreFull):
        return ApiError(503, "store_full", "受理平台的磁盘满了，这次没有保存，请联系管理员")
    if isinstance(exception, StoreUnavailable):
        return ApiError(503, "store_unavailable", "受理平台的数据库暂时不能用，请稍后重试")
    if isinstance(exception, SanicException):
        status = getattr(exception, "status_code", None) or 500
        if status in _SANIC_ERRORS:
            return ApiError(status, *_SANIC_ERRORS[status])
        if status < 500:
            return ApiError(status, "bad_request", "请求不能处理")
    return ApiError(500, "internal_error", "受理平台出错了，已经记录，请稍后重试")


def _path(request: Request) -> str:
    try:
        return str(request.path)
    except Exception:
        # A request line that could not be parsed has no path, and Sanic says so in many ways.
        return ""


def _log(error: ApiError, exception: Exception) -> None:
    """Where it happened and of which kind, without messages: they can quote what was sent."""
    chain: list[str] = []
    cause: BaseException | None = exception
    while cause is not None:
        chain.append(describe(cause))
        cause = cause.__cause__ or cause.__context__
    logger.error("%s %s: %s", error.status, error.code, " <- ".join(chain))
