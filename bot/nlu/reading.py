"""What the rankers read of a message: characters of its gist, words of all it says."""

from __future__ import annotations

from collections.abc import Sequence

from bot.nlu.gazetteer import gazetteer
from bot.nlu.gist import gist
from bot.nlu.words import segments, words

SOMEWHERE = "〇地"
# What somebody wants is clear by then; more only takes time.
_SAYING = 300


def as_sayings(texts: Sequence[str]) -> tuple[list[str], list[list[str]]]:
    """Characters and words by which the intent of each text (normalised) is told."""
    return [gist(text[:_SAYING]) for text in texts], [_first_words(text) for text in texts]


def as_appeals(texts: Sequence[str]) -> tuple[list[str], list[list[str]]]:
    """Characters and words by which the department is told: where it is says not whose it is.

    The words are those of the whole text without the places, so that a message is cut only once.
    """
    return [gist(without_places(text)) for text in texts], [_beside_places(text) for text in texts]


def _first_words(text: str) -> list[str]:
    if len(text) <= _SAYING:
        return words(text)
    # Cut from the words of the whole text, which others ask for as well.
    found, end = [], 0
    for word in segments(text):
        end += len(word)
        if end > _SAYING:
            break
        if not word.isspace():
            found.append(word)
    return found


def without_places(text: str) -> str:
    """``text`` (normalised) with one sign for every place."""
    parts, position = [], 0
    for mention in gazetteer().find(text):
        parts += [text[position : mention.start], SOMEWHERE]
        position = mention.end
    return "".join([*parts, text[position:]])


def _beside_places(text: str) -> list[str]:
    """The words of ``text`` that are no part of a place."""
    places = gazetteer().find(text)
    found, start, upcoming = [], 0, 0
    for word in segments(text):
        end = start + len(word)
        while upcoming < len(places) and places[upcoming].end <= start:
            upcoming += 1
        inside = upcoming < len(places) and places[upcoming].start < end
        if not inside and not word.isspace():
            found.append(word)
        start = end
    return found
