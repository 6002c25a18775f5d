"""Sanic's router, made to answer 405 where Sanic 21.12 answers 404.

It forgets that an address exists when two handlers share one with parameters in it and the request
has a third method.
"""

from __future__ import annotations

from typing import Any

from sanic.constants import HTTP_METHODS
from sanic.exceptions import MethodNotSupported, NotFound
from sanic.router import Router


class ClearRouter(Router):
    """The router of the intake application."""

    def get(self, path: str, method: str, host: str | None) -> Any:  # type: ignore[override]
        try:
            return super().get(path, method, host)
        except NotFound:
            allowed = [str(other) for other in HTTP_METHODS if self._has(path, str(other), host)]
            if not allowed:
                raise
            words = f"Method {method} not allowed"
            raise MethodNotSupported(words, method=method, allowed_methods=allowed) from None

    def _has(self, path: str, method: str, host: str | None) -> bool:
        try:
            super().get(path, method, host)
        except (NotFound, MethodNotSupported):
            return False
        return True
