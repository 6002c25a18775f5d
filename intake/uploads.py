"""Large bodies: read piece by piece up to a limit of their own, multipart ones taken apart.

All other routes keep the limit of the application. A route that uses these is registered with
``stream=True``, so that who asks is known before anything large is read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import unquote

from sanic.request import Request, parse_content_header, parse_multipart_form

from intake.bodies import Unreadable, content_type

MULTIPART = "multipart/form-data"
FORM_BYTES = 64 * 1024
"""What a form may add to the file in it."""
# A client hears the answer only when it has sent all, so somewhat larger bodies are listened to.
_LISTEN = 10


class TooLarge(Exception):
    """The body is longer than it may be."""


@dataclass(frozen=True)
class SentFile:
    """A file as it was sent."""

    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class SentForm:
    """The fields of a form, each with all its values, and the files."""

    fields: dict[str, list[str]] = field(default_factory=dict, repr=False)
    files: dict[str, list[SentFile]] = field(default_factory=dict, repr=False)

    def first(self, name: str) -> str:
        """The first value of a field, empty when there is none."""
        return next(iter(self.fields.get(name, [])), "")


async def read_body(request: Request, most: int) -> bytes:
    """The whole body, of at most ``most`` bytes. Raises TooLarge."""
    parts = bytearray()
    seen = 0
    stream = request.stream
    while stream is not None and (part := await stream.read()) is not None:
        seen += len(part)
        if seen <= most:
            parts += part
        elif seen > most * _LISTEN:
            break
    if seen > most:
        raise TooLarge
    return bytes(parts)


def multipart(request: Request, body: bytes) -> SentForm:
    """The form in a ``multipart/form-data`` body.

    Raises:
        Unreadable
    """
    _, parameters = parse_content_header(str(request.headers.get("content-type") or ""))
    boundary = parameters.get("boundary")
    if content_type(request) != MULTIPART or not boundary:
        raise Unreadable("请求内容不是有效的表单")
    mark = b"--" + str(boundary).encode("utf-8", "surrogateescape")
    if mark + b"--" not in body:
        raise Unreadable("表单没有传完")
    try:
        fields, files = parse_multipart_form(body, mark[2:])
    except (ValueError, LookupError, TypeError) as error:
        # A part without a name, with an unknown charset, with words that are no UTF-8.
        raise Unreadable("请求内容不是有效的表单（UTF-8）") from error
    return SentForm(
        {name: [str(value) for value in values] for name, values in fields.items()},
        {
            name: [SentFile(str(each.name or ""), bytes(each.body)) for each in each_name]
            for name, each_name in files.items()
        },
    )


def raw_name(request: Request) -> str:
    """The name that ``Content-Disposition`` gives to a body that is the file itself."""
    value = str(request.headers.get("content-disposition") or "")
    _, parameters = parse_content_header(value)
    extended = str(parameters.get("filename*") or "")
    if extended.lower().startswith("utf-8''"):
        return unquote(extended[7:])
    name = str(parameters.get("filename") or "")
    # Headers are read as Latin-1 or with surrogates; people send UTF-8.
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
