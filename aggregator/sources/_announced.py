"""What a page, a sitemap or a feed says of an article that it links to -> one line for the bookmark, and back."""

from __future__ import annotations

import json
from dataclasses import MISSING, asdict, fields
from datetime import datetime
from typing import Any

from ..model import Enclosure, Item

_DEFAULTS = {f.name: f.default for f in fields(Item) if f.default is not MISSING}


def dump(item: Item) -> dict[str, Any]:
    """What differs from an Item that says nothing, as JSON has it."""
    said = {key: value for key, value in asdict(item).items() if value != _DEFAULTS[key]}
    return {key: value.isoformat() if isinstance(value, datetime) else value for key, value in said.items()}


def load(said: dict[str, Any]) -> Item:
    """The Item again. Raises TypeError, ValueError or AttributeError for what no `dump` has made."""
    known = {key: _value(key, value) for key, value in said.items()}
    return Item(**known)


def key_of(item: Item) -> str:
    """Another key: the source says something else."""
    return json.dumps(dump(item), sort_keys=True, ensure_ascii=False)


def _value(key: str, value: Any) -> Any:
    if key.endswith("_at"):
        return datetime.fromisoformat(value)
    if key == "enclosures":
        return tuple(Enclosure(**enclosure) for enclosure in value)
    return tuple(value) if isinstance(value, list) else value
