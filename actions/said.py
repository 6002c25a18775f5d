"""One message of a citizen as the NLU understood it, with Rasa's dictionaries left behind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Said:
    """What was said, and what it seems to mean.

    ``ranking`` holds ``(department code, probability)``, best first. ``address`` has the five
    levels as keys; ``places`` are the names as typed. ``phones`` are masked. ``case_ids`` holds
    ``(canonical ID or None, as typed)``.
    ``sealed`` is the encrypted token of what the connector masked in ``text``.
    """

    text: str
    intent: str
    confidence: float = 1.0
    names_matter: bool = True
    ranking: tuple[tuple[str, float], ...] = ()
    address: Mapping[str, str | None] = field(default_factory=dict)
    place_options: tuple[Mapping[str, Any], ...] = ()
    place_end: int | None = None
    phones: tuple[str, ...] = ()
    phone_last4: str | None = None
    case_ids: tuple[tuple[str | None, str], ...] = ()
    places: tuple[str, ...] = ()
    bodies: tuple[str, ...] = ()
    facilities: tuple[str, ...] = ()
    dangers: tuple[str, ...] = ()
    occurred: str | None = None
    appeal_type: str = "complaint"
    urgent: bool = False
    handling_mode: str | None = None
    sealed: str | None = None

    @property
    def has_place(self) -> bool:
        return bool(self.address.get("district") or self.address.get("community"))

    @classmethod
    def from_rasa(cls, message: Mapping[str, Any]) -> Said:
        """From the ``latest_message`` of a Rasa tracker."""
        text = message.get("text") or ""
        entities = message.get("entities") or []

        def values(kind: str) -> list[Any]:
            return [entity["value"] for entity in entities if entity["entity"] == kind]

        intent = message.get("intent") or {}
        places = [entity["end"] for entity in entities if entity["entity"] == "place"]
        times = values("time")
        last4 = values("phone_last4")
        return cls(
            text=text,
            intent=intent.get("name") or "",
            confidence=float(intent.get("confidence") or 0.0),
            names_matter=bool(message.get("names_matter")),
            ranking=tuple(
                (row["department"], row["confidence"])
                for row in message.get("department_ranking") or []
            ),
            address=message.get("address") or {},
            place_options=tuple(message.get("address_candidates") or []),
            place_end=max(places, default=None),
            phones=tuple(values("phone")),
            phone_last4=last4[0] if last4 else None,
            case_ids=tuple(
                (entity["value"], text[entity["start"] : entity["end"]])
                for entity in entities
                if entity["entity"] == "case_id"
            ),
            places=tuple(
                text[entity["start"] : entity["end"]]
                for entity in entities
                if entity["entity"] == "place"
            ),
            bodies=tuple(values("body")),
            facilities=tuple(values("facility")),
            dangers=tuple(values("danger")),
            occurred=times[0]["text"] if times else None,
            appeal_type=message.get("appeal_type") or "complaint",
            urgent=bool(message.get("urgent")),
            handling_mode=message.get("handling_mode"),
            sealed=(message.get("metadata") or {}).get("sealed"),
        )
