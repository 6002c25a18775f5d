"""Small real files for tests: pictures and films that say where they were taken."""

from __future__ import annotations

import io
import struct

from PIL import Image
from PIL.PngImagePlugin import PngInfo


def picture(form: str, comment: str | None = None, size: tuple[int, int] = (40, 20)) -> bytes:
    """A picture, with a comment where the format has one."""
    written = io.BytesIO()
    options: dict[str, object] = {}
    if comment and form == "PNG":
        options["pnginfo"] = PngInfo()
        options["pnginfo"].add_text("Comment", comment)  # type: ignore[attr-defined]
    elif comment and form == "WEBP":
        options["xmp"] = comment.encode()
    elif comment:
        options["comment"] = comment
    Image.new("RGB", size, "orange").save(written, form, **options)
    return written.getvalue()


def jpeg_with_place() -> bytes:
    """A picture 40 × 20 that a phone took upright: turned by its EXIF, with GPS and a comment."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x9286] = "secret"
    exif.get_ifd(0x8825).update({1: "N", 2: (23.0, 2.0, 10.0), 3: "E", 4: (113.0, 9.0, 30.0)})
    written = io.BytesIO()
    Image.new("RGB", (40, 20), "green").save(written, "JPEG", exif=exif, comment=b"secret")
    return written.getvalue()


def mp3() -> bytes:
    return b"\xff\xfb\x90\x00" + bytes(413)


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", len(body) + 8, kind) + body


def mp4_with_place() -> bytes:
    """The boxes of a film as phones write them, with the place as Android and iPhone keep it."""
    place = box(b"udta", box(b"\xa9xyz", b"\x00\x12\x15\xc7+23.0361+113.1583/"))
    keys = box(b"meta", b"com.apple.quicktime.location.ISO6709", b"+23.0361+113.1583/")
    track = box(b"trak", box(b"tkhd", bytes(84)), place)
    return b"".join(
        (
            box(b"ftyp", b"isom\x00\x00\x02\x00isommp42"),
            box(b"moov", box(b"mvhd", bytes(100)), track, place, keys),
            box(b"mdat", b"the film itself"),
        )
    )
