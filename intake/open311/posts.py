"""An Open311 POST, form or JSON, as a new case.

The standard asks for a place (lat and long, address_string or address_id). We take an appeal
without one too, because many matters, such as a question on medical insurance, have no place.
``address_id`` and ``zipcode`` mean nothing here and are not kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot import vocabulary
from intake.cases import NewCase
from intake.open311.documents import Open311Error
from intake.validation import InvalidCase, parse_new_case

# A plain Open311 report asks that something be done, which is what 求助 is.
DEFAULT_APPEAL_TYPE = "help"
_ADDRESS = ("district", "town", "community", "grid", "detail")
_NAMES = {"contact_phone": "phone", "contact_email": "email", "contact_name": "first_name"}
_FLAGS = {"true": True, "1": True, "是": True, "false": False, "0": False, "否": False}


def parse_post(fields: Mapping[str, Any]) -> NewCase:
    """The new case that a POST asks for.

    Args:
        fields: the form's fields as strings, or the JSON object; attributes either flat as
            ``attribute[district]`` or as an object ``attribute``.

    Raises:
        Open311Error: 404 for an unknown service_code, else 400 with each problem.
    """
    service_code = fields.get("service_code")
    if service_code is None or service_code == "":
        raise Open311Error(400, "请用 service_code 指明由哪个部门办理")
    if not isinstance(service_code, str) or service_code not in vocabulary.departments():
        raise Open311Error(404, "没有这个 service_code，请从 services 里选择")
    attributes = _attributes(fields)
    address = {level: _text_or_none(attributes.get(level)) for level in _ADDRESS}
    address["detail"] = address["detail"] or _text_or_none(fields.get("address_string"))
    account = fields.get("account_id")
    data = {
        "description": fields.get("description"),
        "department": service_code,
        "appeal_type": _text_or_none(attributes.get("appeal_type")) or DEFAULT_APPEAL_TYPE,
        "urgent": _flag(attributes.get("urgent")),
        "handling_mode": _text_or_none(attributes.get("handling_mode")),
        "address": address,
        "lat": _number(fields.get("lat")),
        "long": _number(fields.get("long")),
        "channel": "open311",
        "citizen": f"open311:{account}" if isinstance(account, str) and account else None,
        "contact_phone": fields.get("phone"),
        "contact_name": _name(fields),
        "contact_email": fields.get("email"),
        "occurred": _text_or_none(attributes.get("occurred")),
        "co_departments": _code_list(attributes.get("co_departments")),
        "media_url": fields.get("media_url"),
    }
    try:
        return parse_new_case(data)
    except InvalidCase as error:
        texts = [f"{_NAMES.get(item.field, item.field)}：{item.message}" for item in error.problems]
        raise Open311Error(400, *texts) from error


def _attributes(fields: Mapping[str, Any]) -> dict[str, Any]:
    nested = fields.get("attribute")
    found = dict(nested) if isinstance(nested, Mapping) else {}
    for name, value in fields.items():
        if name.startswith("attribute[") and name.endswith("]"):
            found[name[len("attribute[") : -1]] = value
    return found


def _text_or_none(value: Any) -> Any:
    """A blank form field is an absent one; other types go on to be refused by name."""
    return None if isinstance(value, str) and not value.strip() else value


def _flag(value: Any) -> Any:
    if value is None or value == "":
        return False
    return _FLAGS.get(value.strip().lower(), value) if isinstance(value, str) else value


def _number(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if not value.strip():
        return None
    try:
        return float(value)
    except ValueError:
        return value


def _name(fields: Mapping[str, Any]) -> Any:
    # Chinese names are written family name first, without a blank.
    parts = [fields.get("last_name"), fields.get("first_name")]
    given = [part for part in parts if part is not None]
    if not all(isinstance(part, str) for part in given):
        return next(part for part in given if not isinstance(part, str))
    return "".join(given) if not "".join(given).isascii() else " ".join(reversed(given)).strip()


def _code_list(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return [code.strip() for code in value.split(",") if code.strip()]
