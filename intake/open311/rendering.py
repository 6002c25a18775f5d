"""Open311 documents as JSON or XML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

from sanic.response import HTTPResponse, json

from intake.open311.documents import Document
from intake.text import clean

# Names that the standard gives to the elements inside a list.
_ITEM_NAMES = {
    "services": "service",
    "service_requests": "request",
    "errors": "error",
    "attributes": "attribute",
    "values": "value",
    "endpoints": "endpoint",
    "formats": "format",
    "cards": "card",
    "co_departments": "co_department",
    "media_urls": "media_url",
}


def respond(
    document: Document, format: str, status: int = 200, headers: Mapping[str, str] | None = None
) -> HTTPResponse:
    """``document`` in ``format``, ``xml`` or ``json``."""
    if format == "xml":
        return HTTPResponse(
            as_xml(document), status, dict(headers or {}), "text/xml; charset=utf-8"
        )
    return json(
        document.body,
        status,
        dict(headers or {}),
        "application/json; charset=utf-8",
        ensure_ascii=False,
    )


def as_xml(document: Document) -> bytes:
    """UTF-8 XML with its declaration. What is null in JSON is an empty element."""
    text = ElementTree.tostring(_element(document.root, document.body), "unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode()


def _element(name: str, value: Any) -> ElementTree.Element:
    element = ElementTree.Element(name)
    if isinstance(value, dict):
        element.extend(_element(key, part) for key, part in value.items())
    elif isinstance(value, list):
        element.extend(_element(_ITEM_NAMES[name], part) for part in value)
    elif isinstance(value, bool):
        element.text = "true" if value else "false"
    elif value is not None:
        element.text = clean(str(value))
    return element
