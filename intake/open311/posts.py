"""An Open311 POST, form or JSON, as a new case.

The standard asks for a place (lat and long, address_string or address_id). We take an appeal
without one too, because many matters, such as a question on medical insurance, have no place.
``address_id`` is the name of a community; ``zipcode`` and ``device_id`` are not kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot import vocabulary
from intake.cases import NewCase
from intake.dispatch.places import community_of
from intake.open311.documents import Open311Error
from intake.validation import InvalidCase, parse_new_case

# A plain Open311 report asks that something be done, which is what 求助 is.
DEFAULT_APPEAL_TYPE = "help"
OPEN311 = "open311"
_SEVERAL = ("media_url", "attribute[co_departments]")
_ADDRESS = ("district", "town", "community", "grid", "detail")
_NAMES = {"contact_phone": "phone", "contact_email": "email", "contact_name": "first_name"}
_FLAGS = {"true": True, "1": True, "是": True, "false": False, "0": False, "否": False}


def form_fields(values: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """A form's fields as :func:`parse_post` reads them.

    ``name[]`` and what may be given several times become lists, all else is its last value.
    """
    fields: dict[str, Any] = {}
    for name, given in values.items():
        if name.endswith("[]"):
            fields[name[:-2]] = list(given)
        elif name in _SEVERAL and len(given) > 1:
            fields[name] = list(given)
        else:
            fields[name] = given[-1]
    return fields


def parse_post(fields: Mapping[str, Any], channel: str = OPEN311, owner: str = OPEN311) -> NewCase:
    """The new case that a POST asks for.

    Args:
        fields: the form's fields, or the JSON object; attributes either flat as
            ``attribute[district]`` or as an object ``attribute``.
        channel: how what this caller files came in.
        owner: in whose name the ``account_id`` is one.

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
    for level, name in _place(fields).items():
        address[level] = address[level] or name
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
        "channel": channel,
        "citizen": f"{owner}:{account}" if isinstance(account, str) and account else None,
        "contact_phone": fields.get("phone"),
        "contact_name": _name(fields),
        "contact_email": fields.get("email"),
        "occurred": _text_or_none(attributes.get("occurred")),
        "co_departments": _code_list(attributes.get("co_departments")),
        "media_url": _media(fields.get("media_url")),
    }
    try:
        return parse_new_case(data)
    except InvalidCase as error:
        texts = [f"{_NAMES.get(item.field, item.field)}：{item.message}" for item in error.problems]
        raise Open311Error(400, *texts) from error


def _place(fields: Mapping[str, Any]) -> dict[str, str]:
    """The levels that ``address_id`` names. Raises Open311Error 400 for what is no community."""
    address_id = fields.get("address_id")
    if address_id is None or address_id == "":
        return {}
    found = community_of(address_id) if isinstance(address_id, str) else None
    if found is None:
        words = (
            "没有这个 address_id：应为村居名称，如 南海区桂城街道平东社区；也可以用 address_string"
        )
        raise Open311Error(400, words)
    return dict(zip(("district", "town", "community"), found, strict=True))


def _media(value: Any) -> Any:
    """Several addresses as one text; other types go on to be refused by name."""
    if isinstance(value, list) and all(isinstance(url, str) for url in value):
        return " ".join(value)
    return value


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
    """A list, as a form or JSON has it, or one text with commas."""
    if not isinstance(value, str):
        return value
    return [code.strip() for code in value.split(",") if code.strip()]
