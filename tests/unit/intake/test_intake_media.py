"""What is taken as an attachment, and that no picture or film says where it was taken."""

from __future__ import annotations

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from intake.media import Unusable, cleaned, kind_of
from tests.unit.intake.sample_files import jpeg_with_place, mp3, mp4_with_place, picture


def test_kind_is_by_content():
    assert kind_of(picture("PNG")) == "image/png"
    assert kind_of(picture("WEBP")) == "image/webp"
    assert kind_of(picture("GIF")) == "image/gif"
    assert kind_of(jpeg_with_place()) == "image/jpeg"
    assert kind_of(b"%PDF-1.7\n") == "application/pdf"
    assert kind_of(mp3()) == "audio/mpeg"
    assert kind_of(b"ID3\x04\x00") == "audio/mpeg"
    assert kind_of(b"#!AMR\n\x04") == "audio/amr"
    assert kind_of(b"RIFF\x24\x00\x00\x00WAVEfmt ") == "audio/wav"
    assert kind_of(mp4_with_place()) == "video/mp4"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html><script>alert(1)</script>",
        b"MZ\x90\x00",
        b"PK\x03\x04",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        struct.pack(">I", 24) + b"ftypheic" + bytes(12),
        b"RIFF\x24\x00\x00\x00AVI ",
    ],
)
def test_other_files_are_refused(content: bytes):
    with pytest.raises(Unusable):
        kind_of(content)


def test_a_jpeg_loses_its_place_and_stands_upright():
    sent = jpeg_with_place()
    assert b"Exif" in sent and Image.open(io.BytesIO(sent)).getexif().get_ifd(0x8825)
    kind, kept = cleaned(sent)
    read = Image.open(io.BytesIO(kept))
    assert kind == "image/jpeg" and not dict(read.getexif())
    assert b"Exif" not in kept and b"secret" not in kept
    # The orientation that stood in the EXIF is now in the pixels.
    assert read.size == (20, 40)


@pytest.mark.parametrize("form", ["PNG", "WEBP", "GIF", "JPEG"])
def test_what_is_hidden_behind_or_beside_a_picture_goes(form: str):
    sent = picture(form, comment="secret") + b"<?php secret ?>"
    kept = cleaned(sent)[1]
    assert b"secret" not in kept
    assert Image.open(io.BytesIO(kept)).size == (40, 20)


def test_moving_pictures_still_move():
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue", "white")]
    for form in ("GIF", "WEBP"):
        sent = io.BytesIO()
        frames[0].save(sent, form, save_all=True, append_images=frames[1:], duration=80)
        kept = Image.open(io.BytesIO(cleaned(sent.getvalue())[1]))
        assert kept.n_frames == 3


def test_a_film_loses_its_place_and_nothing_else():
    sent = mp4_with_place()
    kind, kept = cleaned(sent)
    assert kind == "video/mp4" and len(kept) == len(sent)
    assert b"+23.0361" in sent and b"+23.0361" not in kept and b"ISO6709" not in kept
    # Offsets into the film's data stay right.
    assert kept.index(b"mdat") == sent.index(b"mdat") and kept.endswith(b"the film itself")


@pytest.mark.parametrize("left", [0.2, 0.4, 0.6])
def test_broken_files_are_refused(left: float):
    for sent in (jpeg_with_place(), picture("PNG"), picture("WEBP")):
        with pytest.raises(Unusable):
            cleaned(sent[: int(len(sent) * left)])


def test_a_picture_that_would_fill_the_memory_is_refused():
    sent = io.BytesIO()
    Image.new("1", (12_000, 12_000)).save(sent, "PNG")
    assert len(sent.getvalue()) < 100_000
    with pytest.raises(Unusable, match="太大"):
        cleaned(sent.getvalue())


_STARTS = [picture("PNG")[:60], jpeg_with_place()[:300], mp4_with_place(), b"GIF89a", b"RIFF"]


@given(st.sampled_from(_STARTS), st.binary(max_size=200), st.integers(0, 400))
def test_any_bytes_are_kept_or_refused(start: bytes, more: bytes, where: int):
    sent = start[:where] + more + start[where:]
    try:
        cleaned(sent)
    except Unusable as error:
        assert str(error)
