"""The cases, as a manifest tells them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

OURS = Path(__file__).parent.parent / "data" / "hostile"


@dataclass(frozen=True, kw_only=True)
class Case:
    """
    One source. It answers with the bytes of `file`, or as the function of answers.py does that `behaviour` names.

    `expect` may hold: `outcome` (how the visit ends), `entries`, `entries_min`, `entries_max`, `titles`,
    `titles_include`, `links`, `forbid_text`, `html_policy`, `canary` (another server is not called), `polls`,
    `second_poll_new`, `next_poll_min_s`, `next_poll_max_s`, `max_seconds`, `state`.
    """

    name: str
    group: str
    must: str
    expect: Mapping[str, Any]
    file: str = ""
    status: int = 200
    content_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    behaviour: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)


def load(folder: Path) -> dict[str, Case]:
    """The cases of a corpus, by name, in their order."""
    rows = json.loads((folder / "manifest.json").read_bytes())["cases"]
    known = Case.__dataclass_fields__
    return {row["name"]: Case(**{key: value for key, value in row.items() if key in known}) for row in rows}
