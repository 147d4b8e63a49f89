"""One mapping of config.yaml, key by key. What is wrong becomes a complaint at its place, and the reading goes on."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import TypeVar

from ..errors import Complaint
from ..values import closest
from . import _yaml
from ._yaml import Node, Scalar, Sequence

T = TypeVar("T")


class Complaints:
    """Everything that is wrong so far."""

    def __init__(self, file: str, found: Collection[Complaint] = ()) -> None:
        self.file = file
        self.found = set(found)

    def add(self, where: Node, text: str) -> None:
        """Called with the node to point at, and with what would be right."""
        self.found.add(Complaint(self.file, where.line, where.column, text))

    def in_order(self) -> list[Complaint]:
        """By line and column."""
        return sorted(self.found, key=lambda c: (c.line, c.column, c.text))


class Section:
    """A mapping, the keys that it may have, and their defaults. `path` is the beginning of its keys: `polite.`."""

    def __init__(self, node: _yaml.Mapping, path: str, keys: Mapping[str, str], complaints: Complaints) -> None:
        self.node = node
        self.path = path
        self.keys = keys
        self.complaints = complaints
        self.key_nodes = {key.text: key for key, _ in node.pairs}
        self.given = {key.text: value for key, value in node.pairs}

    def complain(self, key: str, text: str) -> None:
        """About the value of this key, or about the whole mapping if the key is not given."""
        self.complaints.add(self.given.get(key, self.node), text)

    def maybe(self, key: str, read: Callable[[str], T]) -> T | None:
        """The value, or None if it is not given or wrong."""
        if key not in self.given:
            return None
        return self.read(self.given[key], read)

    def take(self, key: str, read: Callable[[str], T]) -> T:
        """The value, or the default of the key."""
        value = self.maybe(key, read)
        return read(self.keys[self.path + key]) if value is None else value

    def need(self, key: str, read: Callable[[str], str]) -> str:
        """The value, or a complaint and an empty text."""
        if key not in self.given and not self.is_misspelt(key):
            self.complain(key, f"'{key}' is missing")
        return self.maybe(key, read) or ""

    def items(self, key: str) -> tuple[Node, ...]:
        """What is in a list; nothing if it is not given."""
        node = self.given.get(key)
        if isinstance(node, Sequence):
            return node.items
        if node and not (isinstance(node, Scalar) and node.is_empty):
            hint = f"; write [{node.text}]" if isinstance(node, Scalar) else ""
            self.complaints.add(node, f"a list is wanted, this is {kind_of(node)}{hint}")
        return ()

    def texts(self, key: str, read: Callable[[str], T]) -> tuple[T, ...]:
        """A list of values, without those that are wrong; the default if it is not given."""
        node = self.given.get(key)
        if node is None or (isinstance(node, Scalar) and node.is_empty):
            return tuple(read(text) for text in self.keys[self.path + key].strip("[]").split(", ") if text)
        return tuple(value for _, value in self.placed_texts(key, read))

    def placed_texts(self, key: str, read: Callable[[str], T]) -> Iterator[tuple[Node, T]]:
        """The same, each with its place; nothing if it is not given."""
        for node in self.items(key):
            if (value := self.read(node, read)) is not None:
                yield node, value

    def inner(self, key: str) -> Section:
        """A mapping within; an empty one if it is not given."""
        node = self.given.get(key, _yaml.Mapping(self.node.line, self.node.column, ()))
        return self._section(key, node)

    def sections(self, key: str) -> list[Section]:
        """A list of mappings, without those that are none."""
        found = [(node, self._section(key, node)) for node in self.items(key)]
        return [section for node, section in found if isinstance(node, _yaml.Mapping)]

    def unknown(self, also: Collection[str] = ()) -> list[str]:
        """Keys that mean nothing here. At the top, `x-...` is the operator's own, for instance for an anchor."""
        unknown = [key for key in self.given if "." in key or self.path + key not in self.keys]
        return [key for key in unknown if key not in also and (self.path or not key.startswith("x-"))]

    def is_misspelt(self, key: str) -> bool:
        """Whether an unknown key probably means this one: then it is enough to complain about that."""
        return any(closest(other, self._names()) == key for other in self.unknown())

    def refuse_unknown(
        self, also: Collection[str] = (), hint: str = "", inner: Mapping[str, str] | None = None
    ) -> None:
        """
        Complain about each, with what was probably meant. `also`: keys that are welcome beside those of `keys`;
        `inner`: such as stand under one of ours, and that one.
        """
        for key in self.unknown(also):
            if inner and key in inner:
                text = f"; it stands under '{inner[key]}'"
            elif places := self.places(key):
                text = f"; it stands {' or '.join(places)}"
            else:
                meant = closest(key, [*self._names(), *also])
                text = f", did you mean '{meant}'?" if meant else hint
            self.complaints.add(self.key_nodes[key], f"unknown key '{key}'{text}")

    def places(self, key: str) -> list[str]:
        """Where this key would be right."""
        sections = [path.rpartition(".")[0] for path in self.keys if path.rpartition(".")[2] == key]
        return [f"under '{section}'" if section else "at the top of the file" for section in sections]

    def _names(self) -> list[str]:
        inside = (key.removeprefix(self.path) for key in self.keys if key.startswith(self.path))
        return [key for key in inside if "." not in key]

    def _section(self, key: str, node: Node) -> Section:
        if not isinstance(node, _yaml.Mapping):
            self.complaints.add(node, f"'key: value' lines are wanted, this is {kind_of(node)}")
            node = _yaml.Mapping(node.line, node.column, ())
        return Section(node, f"{self.path}{key}.", self.keys, self.complaints)

    def read(self, node: Node, read: Callable[[str], T]) -> T | None:
        """The value at this place, or a complaint and None."""
        try:
            return read(scalar(node))
        except ValueError as e:
            self.complaints.add(node, str(e))
            return None


def refuse_twins(sections: Iterable[Section]) -> None:
    """Complain about every name that an earlier section has."""
    lines: dict[str, int] = {}
    for section in sections:
        node = section.given.get("name")
        if isinstance(node, Scalar):
            if node.text in lines:
                section.complain("name", f"the name {node.text!r} is taken already, in line {lines[node.text]}")
            lines.setdefault(node.text, node.line)


def scalar(node: Node) -> str:
    """The text of a single value, as it was written. Raises ValueError if it is something else."""
    if not isinstance(node, Scalar):
        raise ValueError(f"a single value is wanted, this is {kind_of(node)}")
    if node.is_empty:
        raise ValueError("the value is missing; write one, or take the key out")
    return node.text


def kind_of(node: Node) -> str:
    """What it is, for a complaint."""
    if isinstance(node, Scalar):
        return "nothing" if node.is_empty else "text"
    return "a list" if isinstance(node, Sequence) else "a mapping of keys"


def plain(node: Node) -> object:
    """The value as Python has it, for the options of a plug-in: YAML 1.2 numbers and truth values, text, list, dict."""
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    if isinstance(node, _yaml.Mapping):
        return {key.text: plain(value) for key, value in node.pairs}
    if node.is_empty:
        return None
    if node.quoted:
        return node.text
    if node.text.lower() in ("true", "false"):
        return node.text.lower() == "true"
    if re.fullmatch(r"[+-]?[0-9]{1,18}", node.text):
        return int(node.text)
    if re.fullmatch(r"[+-]?[0-9]{0,18}\.[0-9]{1,18}", node.text):
        return float(node.text)
    return node.text
