"""Which question comes next, and how each is put."""

from __future__ import annotations

from collections.abc import Callable

from actions.report import place
from actions.report.draft import Draft
from actions.report.summary import summarize
from actions.report.turn import Reply
from bot.vocabulary import departments

MOST_PLACE_QUESTIONS = 2
# Questions that stay until they are answered, though every item of the draft has a value.
STANDING = ("insist", "correction", "new_description", "new_phone", "new_place")
# Tries at the confirmation after which the two ways out are named once more.
_MANY = 3


def next_question(draft: Draft) -> str:
    """The most important thing that is still missing; at last the confirmation."""
    if not draft.description:
        return "description"
    if draft.department is None:
        return "department"
    if draft.needs_place and not draft.has_town:
        asked = sum(draft.times_asked(q) for q in ("address", "town", "place_choice"))
        if asked < MOST_PLACE_QUESTIONS:
            if draft.place_options:
                return "place_choice"
            return "town" if draft.address.get("district") else "address"
    if draft.contact_phone is None:
        return "contact_phone"
    return "confirmation"


def put(draft: Draft, question: str, again: bool) -> Reply:
    """The question in words; ``again`` when the last try was not understood."""
    return _QUESTIONS[question](draft, again)


def _description(draft: Draft, again: bool) -> Reply:
    if draft.address.get("district") and not again:
        return Reply("ask_description_here", {"place": place.in_words(draft.address)})
    return Reply("ask_description_again" if again else "ask_description")


def _department(draft: Draft, again: bool) -> Reply:
    lines = [
        f"{number}. {departments()[code].scope}"
        for number, code in enumerate(draft.department_options, start=1)
    ]
    lines.append(f"{len(lines) + 1}. 都不是，请帮我判断")
    return Reply("ask_department", {"options": "\n".join(lines)})


def _town(draft: Draft, again: bool) -> Reply:
    if again:
        return Reply("ask_address_again")
    district = draft.address["district"] or ""
    return Reply("ask_town", {"district": district, "towns": place.towns_in_words(district)})


def _place_choice(draft: Draft, again: bool) -> Reply:
    lines = [
        f"{number}. {option['district']}{option['town']}"
        for number, option in enumerate(draft.place_options, start=1)
    ]
    name = draft.address.get("community") or ""
    return Reply("ask_place_choice", {"name": name, "options": "\n".join(lines)})


def _confirmation(draft: Draft, again: bool) -> Reply:
    plainly = draft.times_asked("confirmation") > _MANY
    return Reply(
        "ask_confirmation_plainly" if plainly else "ask_confirmation",
        {"summary": summarize(draft)},
    )


def _either(first: str, second: str) -> Callable[[Draft, bool], Reply]:
    return lambda draft, again: Reply(second if again else first)


_QUESTIONS: dict[str, Callable[[Draft, bool], Reply]] = {
    "insist": _either("ask_insist", "ask_insist_again"),
    "description": _description,
    "department": _department,
    "address": _either("ask_address", "ask_address_again"),
    "town": _town,
    "place_choice": _place_choice,
    "contact_phone": _either("ask_contact_phone", "ask_contact_phone_again"),
    "confirmation": _confirmation,
    "correction": _either("ask_correction", "ask_correction"),
    "new_description": _either("ask_new_description", "ask_new_description"),
    "new_phone": _either("ask_new_phone", "phone_not_usable"),
    "new_place": _either("ask_address", "place_not_found"),
}
