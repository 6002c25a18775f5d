"""What somebody wrote into the form, as a new case, or words on what is missing."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, fields

from bot import vocabulary
from bot.places import place_tree
from intake.cases import NewCase
from intake.uploads import SentForm
from intake.validation import InvalidCase, Problem, parse_new_case

UNKNOWN = "unknown"
# Who has the case until a person of the centre has decided.
CENTRE = "government_services"
DEFAULT_TYPE = "help"
MAX_WORDS = 3000
_NAMES = {
    "description": "what",
    "address.detail": "where",
    "address.district": "district",
    "address.town": "town",
    "contact_phone": "phone",
    "contact_name": "name",
    "appeal_type": "kind",
}


@dataclass(frozen=True)
class Entries:
    """The fields of the form as they were written, to be shown again when something is wrong."""

    what: str = field(default="", repr=False)
    kind: str = DEFAULT_TYPE
    district: str = ""
    town: str = field(default="", repr=False)
    where: str = field(default="", repr=False)
    department: str = UNKNOWN
    phone: str = field(default="", repr=False)
    name: str = field(default="", repr=False)

    @property
    def knows_department(self) -> bool:
        return self.department not in ("", UNKNOWN)

    def digest(self) -> str:
        """Names these words: the same form sent again with other words is another appeal."""
        words = [getattr(self, each.name) for each in fields(self)]
        return hashlib.sha256(json.dumps(words).encode()).hexdigest()[:24]


def read_entries(form: SentForm) -> Entries:
    """The fields of a sent form, stripped."""
    given = {each.name: form.first(each.name).strip() for each in fields(Entries)}
    return Entries(**{name: text for name, text in given.items() if text})


def new_case(entries: Entries) -> NewCase:
    """The appeal. The phone is asked for, because without it nobody could be told or ask back.

    Raises:
        InvalidCase: its problems carry the names of the form's fields.
    """
    problems = []
    if len(entries.what) > MAX_WORDS:
        problems.append(Problem("what", f"内容太长，最多 {MAX_WORDS} 个字"))
    if not entries.phone:
        problems.append(Problem("phone", "请填写联系电话，办理人员好联系您"))
    if entries.knows_department and entries.department not in vocabulary.departments():
        problems.append(Problem("department", "请从列表里选择部门"))
    if entries.district and entries.district not in districts():
        problems.append(Problem("district", "请从列表里选择区"))
    department = entries.department if entries.knows_department else CENTRE
    try:
        new = parse_new_case(
            {
                "description": entries.what,
                "department": department if not problems else CENTRE,
                "appeal_type": entries.kind,
                "channel": "web",
                "address": {
                    "district": entries.district,
                    "town": entries.town,
                    "detail": entries.where,
                },
                "contact_phone": entries.phone,
                "contact_name": entries.name,
            }
        )
    except InvalidCase as error:
        named = [
            Problem(_NAMES.get(item.field, item.field), item.message) for item in error.problems
        ]
        raise InvalidCase([*problems, *named]) from error
    if problems:
        raise InvalidCase(problems)
    return new


def districts() -> tuple[str, ...]:
    """The five districts of the city."""
    return tuple(place_tree())
