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
_LANDMARK = re.compile(
    r"路|街|巷|村|社区|小区|花园|花苑|苑|城|广场|大道|市场|学校|小学|中学|幼儿园|医院|公园|车站|"
    r"桥|大厦|大楼|商场|酒店|超市|工业|厂|店|对面|旁边|附近|隔壁|门口|号|栋|座|楼|区|镇|那里|呢度|嗰度"
)
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
    if known_detail and known_detail not in (draft.address.get("detail") or ""):
        _keep_in_story(draft, known_detail)


def is_closer(draft: Draft, said: Said) -> bool:
    """Whether the message names a community in the town that is known already."""
    new = said.address
    return bool(
        new.get("community")
        and not draft.address.get("community")
        and new.get("town") == draft.address.get("town")
    )


def looks_like_one(said: Said) -> bool:
    """Whether words without any known name seem to be a place, and not more of the story."""
    return bool(said.address.get("detail") or _LANDMARK.search(said.text))


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
        answer = answers.bare(said.text)
        named = named or [
            n
            for n, o in enumerate(options)
            if len(answer) >= 2 and (o["town"].startswith(answer) or answer == o["district"][:-1])
        ]
        named = named or [
            n
            for n, o in enumerate(options)
            if said.address.get("district") == o["district"]
            and sum(p["district"] == o["district"] for p in options) == 1
        ]
        if len(named) != 1:
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
    old_detail = old.get("detail")
    if moved and old_detail:
        _keep_in_story(draft, old_detail)
    draft.address = merged
    if merged.get("town"):
        draft.place_options = []


def _keep_in_story(draft: Draft, detail: str) -> None:
    """A detail that another one replaces was said by the citizen all the same."""
    if draft.description and detail not in draft.description:
        draft.description = f"{draft.description}\n{detail}".strip()


def _tidy(words: str) -> str:
    return _OPENING.sub("", words.strip(_EDGES)).strip(_EDGES)[:_MAX_DETAIL]
