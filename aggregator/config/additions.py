"""
More sources, written behind the others in config.yaml. What stands there stays as it is, byte for byte.

    read -> find the gap -> write a draft -> read the draft -> rename
"""

from __future__ import annotations

import json
import re
from codecs import BOM_UTF8
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..disk import sync, write
from ..errors import Complaint, ConfigError
from . import Config, _yaml, load

Entry = Mapping[str, str | Sequence[str]]
"""A source as it is written: key -> text or texts, `name` first."""

_PLAIN = re.compile(r"[^\W\d_][\w.-]*(?: [\w.-]+)*|[a-z]+://[\w./?=&+~@%,:#!-]*(?<!:)")
"""Words, and addresses without spaces: no colon or # of theirs means anything to YAML."""
_MEANS_SOMETHING = frozenset({"null", "true", "false", "yes", "no", "on", "off"})


def append(path: Path, entries: Sequence[Entry]) -> None:
    """
    Write sources behind the last one, or where the first one belongs, all or none: the file is replaced whole, and only
    by one that can be loaded and says the same otherwise. Raises ConfigError, and then the file is as it was.
    """
    path = path.resolve()
    before, body = load(path, may_be_empty=True), path.read_bytes()
    mark, text = ("\ufeff", body.decode()[1:]) if body.startswith(BOM_UTF8) else ("", body.decode())
    gap = _yaml.gap(text, "sources")
    if gap is None:
        raise _by_hand(path, entries)
    draft = path.with_name(f".{path.name}.new")
    try:
        write(draft, (mark + _continued(text, gap, entries)).encode(), path.stat().st_mode)
        if not _says_the_same(before, _loaded(draft), len(entries)) or path.read_bytes() != body:
            raise _by_hand(path, entries)
        draft.replace(path)
    except OSError as e:
        raise ConfigError([Complaint(str(path), 1, 1, f"the file cannot be written: {e.strerror}")]) from e
    finally:
        draft.unlink(missing_ok=True)
    sync(path.parent)


def _continued(text: str, gap: _yaml.Gap, entries: Sequence[Entry]) -> str:
    end = "\r\n" if "\r\n" in text else "\n"
    before, after = text[: gap.offset], text[gap.offset :]
    if gap.indent is None:
        return before + ", " * (not gap.is_first) + ", ".join(map(_in_braces, entries)) + after
    blocks = [end * gap.spaced + _block(entry, " " * gap.indent, end) for entry in entries]
    heading = gap.heading and f"{gap.heading}{end}"
    return before + ("" if before.endswith("\n") else end) + heading + "".join(blocks) + after


def _block(entry: Entry, indent: str, end: str) -> str:
    lines = [f"{key}: {_value(value)}" for key, value in entry.items()]
    return "".join(f"{indent}{'  ' if number else '- '}{line}{end}" for number, line in enumerate(lines))


def _in_braces(entry: Entry) -> str:
    return f"{{{', '.join(f'{key}: {json.dumps(value, ensure_ascii=False)}' for key, value in entry.items())}}}"


def _value(value: str | Sequence[str]) -> str:
    """JSON is YAML, apart from what needs no quotes."""
    if isinstance(value, str):
        is_plain = _PLAIN.fullmatch(value) and value.lower() not in _MEANS_SOMETHING
        return value if is_plain else json.dumps(value, ensure_ascii=False)
    return f"[{', '.join(json.dumps(one, ensure_ascii=False) for one in value)}]"


def _says_the_same(before: Config, after: Config | None, added: int) -> bool:
    if after is None or len(after.sources) != len(before.sources) + added:
        return False
    same = (before.sources, before.topics, before.imprint, before.manners)
    return same == (after.sources[:-added], after.topics, after.imprint, after.manners)


def _loaded(draft: Path) -> Config | None:
    try:
        return load(draft)
    except ConfigError:
        return None


def _by_hand(path: Path, entries: Sequence[Entry]) -> ConfigError:
    lines = "".join(_block(entry, "  ", "\n") for entry in entries)
    text = f"nothing can be added here safely; under 'sources:' write\n{lines}"
    return ConfigError([Complaint(str(path), 1, 1, text)])
