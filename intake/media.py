"""What a file is by its content, and what it may not give away: the place where it was taken.

A phone writes its position into pictures (EXIF) and films (``udta``, ``meta``). Pictures are
written anew without it, which also ends anything else hidden in them; films are blanked there.
"""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

_IMAGES = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP", "image/gif": "GIF"}
KINDS = (
    *_IMAGES,
    "application/pdf",
    "audio/mpeg",
    "audio/amr",
    "audio/wav",
    "video/mp4",
)
# A picture is unpacked in memory: 50 million pixels are 150 MB.
_MAX_PIXELS = 50_000_000
_JPEG_QUALITY = 88
# ISO 14496-12 brands of films and recordings; pictures such as HEIC use the same boxes.
_FILM = re.compile(rb"(iso|mp4|avc1|M4V |M4A |3gp|3g2|dash|qt  |MSNV|mmp4|f4v)")
_PARENTS = (b"moov", b"trak", b"mdia", b"minf", b"stbl")
_TELLING = (b"udta", b"meta", b"uuid")


class Unusable(Exception):
    """No file of a kind that is taken, or a broken one; the message is Chinese."""


def kind_of(content: bytes) -> str:
    """The media type, one of ``KINDS``, by the first bytes. Raises Unusable for any other."""
    for kind, fits in _SIGNS:
        if fits(content):
            return kind
    words = "只能上传图片（JPG、PNG、WEBP、GIF）、PDF、录音（MP3、AMR、WAV）和 MP4 视频"
    raise Unusable(words)


def cleaned(content: bytes) -> tuple[str, bytes]:
    """The media type and what to keep. Takes up to a second for a large picture.

    Raises:
        Unusable
    """
    kind = kind_of(content)
    if kind in _IMAGES:
        return kind, _redrawn(content, _IMAGES[kind])
    if kind == "video/mp4":
        return kind, _without_place(content)
    return kind, content


def _is_mp3(content: bytes) -> bool:
    # Frame sync, MPEG 1 or 2, layer III, and neither bit rate nor sampling rate "forbidden".
    return content.startswith(b"ID3") or (
        len(content) > 3
        and content[0] == 0xFF
        and content[1] in (0xFB, 0xFA, 0xF3, 0xF2)
        and content[2] & 0xF0 != 0xF0
        and content[2] & 0x0C != 0x0C
    )


def _riff(name: bytes) -> Callable[[bytes], bool]:
    return lambda content: content[:4] == b"RIFF" and content[8:12] == name


_SIGNS: tuple[tuple[str, Callable[[bytes], bool]], ...] = (
    ("image/jpeg", lambda content: content.startswith(b"\xff\xd8\xff")),
    ("image/png", lambda content: content.startswith(b"\x89PNG\r\n\x1a\n")),
    ("image/webp", _riff(b"WEBP")),
    ("image/gif", lambda content: content.startswith((b"GIF87a", b"GIF89a"))),
    ("application/pdf", lambda content: content.startswith(b"%PDF-")),
    ("audio/amr", lambda content: content.startswith((b"#!AMR\n", b"#!AMR-WB\n"))),
    ("audio/wav", _riff(b"WAVE")),
    ("video/mp4", lambda content: content[4:8] == b"ftyp" and bool(_FILM.match(content[8:12]))),
    ("audio/mpeg", _is_mp3),
)


def _redrawn(content: bytes, form: str) -> bytes:
    """The picture turned upright and written anew; of all that came with it only its colours."""
    try:
        # The form is named, so that no decoder of another format ever sees the bytes.
        with Image.open(io.BytesIO(content), formats=[form]) as picture:
            # A second picture in a JPEG is the telephone's own: a depth or brightness map.
            frames = 1 if form == "JPEG" else int(getattr(picture, "n_frames", 1))
            if picture.width * picture.height * frames > _MAX_PIXELS:
                raise Unusable("图片太大，请缩小以后再上传")
            written = io.BytesIO()
            if frames > 1:
                _write_frames(picture, form, written)
            else:
                upright = ImageOps.exif_transpose(picture)
                _forget(upright)
                upright.save(written, form, **_options(picture, form))
            return written.getvalue()
    except Unusable:
        raise
    except (
        UnidentifiedImageError,
        Image.DecompressionBombError,
        OSError,
        SyntaxError,
        ValueError,
        struct.error,
        EOFError,
        IndexError,
        KeyError,
        TypeError,
    ) as error:
        # Decoders tell of broken files in all these ways.
        raise Unusable("图片打不开，可能已经损坏") from error


def _write_frames(picture: Image.Image, form: str, written: io.BytesIO) -> None:
    durations, frames = [], []
    for frame in ImageSequence.Iterator(picture):
        durations.append(int(frame.info.get("duration", 100)))
        copy = frame.copy()
        _forget(copy)
        frames.append(copy)
    frames[0].save(
        written, form, save_all=True, append_images=frames[1:], duration=durations, loop=0
    )


def _forget(picture: Image.Image) -> None:
    """Drop comments, EXIF, XMP and whatever else a writer would take over by itself."""
    kept = {name: picture.info[name] for name in ("transparency",) if name in picture.info}
    picture.info.clear()
    picture.info.update(kept)
    with suppress(AttributeError):
        picture.getexif().clear()


def _options(picture: Image.Image, form: str) -> dict[str, Any]:
    options: dict[str, Any] = {"exif": b""}
    if form == "GIF":
        return {}
    if profile := picture.info.get("icc_profile"):
        options["icc_profile"] = profile
    if form in ("JPEG", "WEBP"):
        options["quality"] = _JPEG_QUALITY
    if form == "JPEG":
        options["optimize"] = True
    return options


def _without_place(content: bytes) -> bytes:
    """The film with its boxes of free text blanked; every other byte stays in its place."""
    film = bytearray(content)
    for kind, start, end in _boxes(content, 0, len(content)):
        if kind in _TELLING:
            film[start - 4 : start] = b"free"
            film[start:end] = bytes(end - start)
    return bytes(film)


def _boxes(
    content: bytes, start: int, end: int, depth: int = 0
) -> Iterator[tuple[bytes, int, int]]:
    """(type, start and end of the payload) of every box, those inside others too.

    A 64-bit size is part of what is given as payload only for boxes that are not blanked.
    """
    while start + 8 <= end:
        size, kind = struct.unpack(">I4s", content[start : start + 8])
        body = start + 8
        if size == 1 and start + 16 <= end:
            (size,) = struct.unpack(">Q", content[start + 8 : start + 16])
            body = start + 16
        elif size == 0:
            size = end - start
        if size < body - start or start + size > end:
            raise Unusable("视频打不开，可能已经损坏")
        if body == start + 8:
            yield kind, body, start + size
        elif kind in _TELLING:
            raise Unusable("视频打不开，可能已经损坏")
        if kind in _PARENTS and depth < 8:
            yield from _boxes(content, body, start + size, depth + 1)
        start += size
