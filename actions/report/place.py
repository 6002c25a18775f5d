"""The place of the draft: five levels, filled from several messages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from actions import answers
from actions.report.draft import Draft
from actions.said import Said
from bot.places import towns

_MAX_DETAIL = 60
_EDGES = " ,，.。、;；:：!！?？~的在喺是系"
_OPENING = re.compile(
    r"^(?:我(?:家|们|哋)?(?:住|喺|在)?|在|喺|就在|地址(?:是|系|:|：)?|地点(?:是|:|：)?|位于|应该是|即系)+"
)


def note(draft: Draft, said: Said) -> None:
    """Take the place that a message tells beside something else."""
    if said.place_options and not draft.address:
        draft.place_options = [dict(option) for option in said.place_options]
        draft.address = dict(said.address)
        return
    if said.has_place or said.address.get("detail"):
        _merge(draft, said.address)


def take(draft: Draft, said: Said) -> None:
    """Take the answer to "where?": known levels first, the rest of the words as detail."""
    known_detail = draft.address.get("detail")
    note(draft, said)
    rest = said.text[said.place_end or 0 :]
    detail = _tidy(rest)
    if said.place_end is not None and len(detail) >= 2:
        draft.address["detail"] = detail
    elif said.address.get("detail") is None and known_detail:
        draft.address["detail"] = known_detail


def take_words(draft: Draft, said: Said) -> None:
    """Keep an answer without any known name as detail; the town may still be asked."""
    words = _tidy(said.text)
    known = draft.address.get("detail")
    if known and words not in known:
        words = f"{known}，{words}"
    draft.address = {**draft.address, "detail": words[:_MAX_DETAIL]}


def give_up(draft: Draft) -> None:
    """The citizen does not know: it is not asked again."""
    draft.asked["address"] = draft.times_asked("address") + 10
    draft.place_options = []


def replace_with(draft: Draft, said: Said) -> None:
    """A corrected place takes the old one's stead, detail included."""
    draft.address = {}
    draft.place_options = []
    for question in ("address", "town", "place_choice"):
        draft.asked.pop(question, None)
    take(draft, said)


def choose(draft: Draft, said: Said) -> bool:
    """Read an answer to "which of these?"."""
    options = draft.place_options
    number = answers.choice(said.text, len(options))
    if number is None:
        named = [n for n, o in enumerate(options) if said.address.get("town") == o["town"]]
        named = named or [
            n
            for n, o in enumerate(options)
            if said.address.get("district") == o["district"]
            and sum(p["district"] == o["district"] for p in options) == 1
        ]
        if not named:
            return False
        number = named[0]
    chosen = options[number]
    draft.address = {
        **draft.address,
        **{level: chosen[level] for level in ("district", "town", "community") if chosen[level]},
    }
    draft.place_options = []
    return True


def in_words(address: Mapping[str, Any]) -> str:
    """南海区桂城街道平东社区…, without what is not known."""
    levels = ("district", "town", "community", "grid", "detail")
    return "".join(address.get(level) or "" for level in levels)


def towns_in_words(district: str) -> str:
    return "、".join(towns(district))


def _merge(draft: Draft, new: Mapping[str, str | None]) -> None:
    old = draft.address
    moved = (
        new.get("district")
        and old.get("district")
        and (
            new["district"] != old["district"]
            or (new.get("town") and old.get("town") not in (None, new["town"]))
        )
    )
    merged = {} if moved else dict(old)
    merged.update({level: value for level, value in new.items() if value})
    draft.address = merged
    if merged.get("town"):
        draft.place_options = []


def _tidy(words: str) -> str:
    return _OPENING.sub("", words.strip(_EDGES)).strip(_EDGES)[:_MAX_DETAIL]
