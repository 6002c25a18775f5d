"""Sanic's HTTP protocol, made to answer 400 where Sanic 21.12 hangs up, and to end in time.

A request line with raw bytes that are no URL (``curl .../cases?citizen=张三``) makes Sanic close
the connection and log the address with a stack trace, and addresses can hold a citizen's words.
A ``Content-Length`` that is no number becomes a 500.
"""

from __future__ import annotations

from httptools import HttpParserError
from sanic.exceptions import InvalidUsage
from sanic.http import Http
from sanic.server.protocols.http_protocol import HttpProtocol


class _ClearHttp(Http):
    __slots__ = ()

    async def http1_request_header(self) -> None:
        try:
            await super().http1_request_header()
            if (self.request_bytes_left or 0) < 0:
                raise ValueError("negative Content-Length")
        except (ValueError, HttpParserError) as error:
            # Where the body ends is unknown, so the connection cannot be used for another request.
            self.keep_alive = False
            self.request_body = None
            # The address could not be parsed: the answer is made without one.
            self.url = None
            raise InvalidUsage("Bad Request") from error
        if self.protocol.signal.stopped:
            # A client that never pauses would hold up the end of the service.
            self.keep_alive = False

    async def read(self) -> bytes | None:
        try:
            return await super().read()
        except InvalidUsage:
            # Nothing sensible follows a broken chunk; reading on would fail again, into the log.
            self.request_body = None
            raise


class ClearProtocol(HttpProtocol):
    """The protocol to serve the intake application with."""

    def _setup_connection(self) -> None:
        super()._setup_connection()
        self._http = _ClearHttp(self)
