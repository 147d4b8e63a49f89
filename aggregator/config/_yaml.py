"""
YAML -> a tree that knows its places. The only file that imports ruamel.yaml and PyYAML.

    text -> nodes -> Scalar, Sequence, Mapping        read
    text -> where a list can be continued             gap

ruamel knows YAML 1.2 and says best what is wrong, but a thousand sources take it 0.2 s. So libyaml, which PyYAML has in
it, is asked first; what it does not accept, and what is wrong or odd, ruamel reads again, and decides.

Nothing is guessed: `no`, `2026` and `~` stay the text that the operator wrote. Aliases and `<<` are followed here.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..errors import Complaint

DEEPEST = 40
"""Levels of nesting. No configuration needs ten."""
MOST = 200_000
"""Nodes after every alias is followed: five thousand sources have fifty thousand."""

TAGS = {
    f"tag:yaml.org,2002:{name}"
    for name in ("map", "seq", "str", "int", "float", "bool", "null", "timestamp", "value", "merge")
}
SENTENCES = (
    ("mapping values are not allowed", "here", "a second colon in one line; text with a colon in it is put in quotes"),
    ("sequence entries are not allowed", "here", "a list with dashes begins on a line of its own"),
    ("expected <block end>", "here", "this does not line up with what begins in {since}; check the spaces before it"),
    ("expected ',' or ']'", "here", "a comma or ] is missing; the list begins in {since}; a [ in text is quoted"),
    ("expected ',' or '}'", "here", "a comma or }} is missing; the mapping begins in {since}"),
    ("unexpected end of stream", "begun", "the quote that opens here is never closed"),
    ("could not find expected ':'", "begun", "a colon is missing: this is no 'key: value'"),
    ("undefined alias", "here", "{problem}; text that begins with a star is put in quotes"),
    ("cannot start any token", "here", "{problem}: put the text in quotes"),
    ("unknown escape", "here", "{problem}; in 'single quotes' a backslash is just a backslash"),
    ("another document", "here", "a second document begins here (---), and only one is read"),
)
"""What ruamel's message contains, whether to point at the trouble or at what was begun, what to tell."""

UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
"""What an escape in "double quotes" can smuggle in, and XML 1.0 forbids (section 2.2)."""

ODD = re.compile(r"[\x85\u2028\u2029\ufeff\t]|(?:^|[\s,\[{])(?:[!&*](?=\S)|<<|%)")
"""
What libyaml may read otherwise than ruamel: where lines end (YAML 1.1, section 4.1.4), tabs, tags, anchors, directives.
"""

MERGE = "tag:yaml.org,2002:merge"


class Scalar(NamedTuple):
    """One value, as it was written."""

    line: int
    column: int
    text: str
    quoted: bool

    @property
    def is_empty(self) -> bool:
        """Nothing stands after the colon, or YAML's word for nothing."""
        return not self.quoted and self.text in ("", "~", "null", "Null", "NULL")


class Sequence(NamedTuple):
    """A list."""

    line: int
    column: int
    items: tuple[Node, ...]


class Mapping(NamedTuple):
    """Keys with values, in the order of the file; no key twice."""

    line: int
    column: int
    pairs: tuple[tuple[Scalar, Node], ...]


Node = Scalar | Sequence | Mapping


@dataclass(frozen=True)
class Gap:
    """Where another item of a list can be written."""

    offset: int
    """In characters: behind the last item, in a block list at the beginning of a line (or the end of the text)."""
    indent: int | None
    """Spaces before the dash; None in a [list, with, brackets]."""
    spaced: bool = False
    """Whether there are empty lines between the items."""
    is_first: bool = False
    """Whether there is no item yet."""
    heading: str = ""
    """The line that has to stand before the first one."""


def read(file: str, text: str) -> tuple[Node | None, list[Complaint]]:
    """The tree (None if there is none, or the YAML is broken), and what is wrong with it as YAML."""
    tree = _Tree(file)
    try:
        if root := _quickly(text):
            return root, []
        raw, complaint = _with_care(file, text)
        if complaint:
            return None, [complaint]
        return (tree.node(raw) if raw else None), tree.complaints
    except RecursionError:
        return None, [Complaint(file, 1, 1, f"nested too deeply; {DEEPEST} levels are allowed")]
    except _Refused as e:
        return None, [e.complaint]


def _quickly(text: str) -> Node | None:
    """The root as libyaml reads it; None if it refuses, or if ruamel might read it otherwise or has to complain."""
    try:
        from yaml import YAMLError
        from yaml.cyaml import CParser  # type: ignore[attr-defined]
    except ImportError:  # PyYAML, made where there is no libyaml
        return None
    if ODD.search(text):
        return None
    try:
        return _Events(CParser(text).get_event).document()
    except (YAMLError, _Odd):
        return None


class _Odd(Exception):
    """Not a plain document."""


class _Events:
    """libyaml's events into our nodes. Its own trees end the process where something is nested too deeply."""

    def __init__(self, following: Callable[[], Any]) -> None:
        self._following = following
        self._left = MOST

    def document(self) -> Node:
        """A mapping, alone in its stream. Raises _Odd for all that would need a complaint or more than a look."""
        self._skip("StreamStartEvent")
        self._skip("DocumentStartEvent")
        root = self._node(self._following(), DEEPEST)
        self._skip("DocumentEndEvent")
        self._skip("StreamEndEvent")
        if not isinstance(root, Mapping) or not root.pairs:
            raise _Odd
        return root

    def _skip(self, name: str) -> None:
        if type(self._following()).__name__ != name:
            raise _Odd

    def _node(self, event: Any, levels: int) -> Node:
        kind, mark = type(event).__name__, event.start_mark
        self._left -= 1
        if self._left < 0 or levels < 0 or kind == "AliasEvent" or event.tag or event.anchor:
            raise _Odd
        place = (mark.line + 1, mark.column + 1)
        if kind == "ScalarEvent":
            if UNPRINTABLE.search(event.value):
                raise _Odd
            return Scalar(*place, event.value, bool(event.style))
        inner = self._inner(levels - 1)
        return Mapping(*place, self._pairs(inner)) if kind == "MappingStartEvent" else Sequence(*place, tuple(inner))

    def _inner(self, levels: int) -> Iterator[Node]:
        while not type(event := self._following()).__name__.endswith("EndEvent"):
            yield self._node(event, levels)

    def _pairs(self, inner: Iterator[Node]) -> tuple[tuple[Scalar, Node], ...]:
        pairs: dict[str, tuple[Scalar, Node]] = {}
        for key, value in zip(inner, inner, strict=True):
            if not isinstance(key, Scalar) or key.text in pairs:
                raise _Odd
            pairs[key.text] = (key, _placed(value, key))
        return tuple(pairs.values())


def _placed(value: Node, key: Node) -> Node:
    """They place nothing at the next something; we at its key."""
    if isinstance(value, Scalar) and not value.text and not value.quoted:
        return value._replace(line=key.line, column=key.column)
    return value


def _with_care(file: str, text: str) -> tuple[Any, Complaint | None]:
    """The root as ruamel reads it; None if there is nothing, or what is wrong."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError
    from ruamel.yaml.reader import ReaderError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an anchor used twice is allowed: YAML 1.2, section 7.1
            return YAML(typ="safe", pure=True).compose(text), None
    except MarkedYAMLError as e:
        return None, _syntax(file, text, e)
    except ReaderError as e:
        before = text[: e.position]
        line, column = before.count("\n") + 1, e.position - before.rfind("\n")
        code = f"{ord(text[e.position]):#06x}"
        return None, Complaint(file, line, column, f"an invisible character ({code}) that YAML forbids")


class _Refused(Exception):
    """The tree must not be walked to its end."""

    def __init__(self, complaint: Complaint) -> None:
        self.complaint = complaint


class _Tree:
    """Copies their nodes into ours. Complains about what is wrong in itself, whatever the keys mean."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.complaints: list[Complaint] = []
        self._open: list[int] = []
        self._left = MOST

    def node(self, raw: Any) -> Node:
        self._guard(raw)
        if raw.tag not in TAGS:
            tag = raw.tag.replace("tag:yaml.org,2002:", "!!")
            self._complain(raw, f"no tags such as {tag} are used here; text that begins with ! is put in quotes")
        place = (raw.start_mark.line + 1, raw.start_mark.column + 1)
        if isinstance(raw.value, str):
            if UNPRINTABLE.search(raw.value):
                self._complain(raw, "there is an invisible character in this text that no feed can carry")
            return Scalar(*place, raw.value, quoted=bool(raw.style))
        self._open.append(id(raw))
        keyed = raw.id == "mapping"
        node = Mapping(*place, self._pairs(raw)) if keyed else Sequence(*place, tuple(map(self.node, raw.value)))
        self._open.pop()
        return node

    def _pairs(self, raw: Any) -> tuple[tuple[Scalar, Node], ...]:
        pairs: dict[str, tuple[Scalar, Node]] = {}
        merged: list[Mapping] = []
        for raw_key, raw_value in raw.value:
            key = self.node(raw_key)
            value = _placed(self.node(raw_value), key)
            if raw_key.tag == MERGE:
                merged += self._merged(raw_value, value)
            elif not isinstance(key, Scalar):
                self._complain(raw_key, "a key has to be one word; text that begins with { or [ is put in quotes")
            elif key.text in pairs:
                self._complain(raw_key, f"the key '{key.text}' is here already, in line {pairs[key.text][0].line}")
            else:
                pairs[key.text] = (key, value)
        for key, value in (pair for mapping in merged for pair in mapping.pairs):
            pairs.setdefault(key.text, (key, value))
        return tuple(pairs.values())

    def _merged(self, raw: Any, value: Node) -> Iterable[Mapping]:
        several = value.items if isinstance(value, Sequence) else (value,)
        if not all(isinstance(one, Mapping) for one in several):
            self._complain(raw, "<< takes the keys of an alias such as *defaults, and this has no keys")
        return [one for one in several if isinstance(one, Mapping)]

    def _guard(self, raw: Any) -> None:
        self._left -= 1
        if id(raw) in self._open:
            raise _Refused(self._complaint(raw, "what begins here contains itself, by an alias"))
        if len(self._open) > DEEPEST:
            raise _Refused(self._complaint(raw, f"nested too deeply; {DEEPEST} levels are allowed"))
        if self._left < 0:
            raise _Refused(self._complaint(raw, f"too much for one configuration: over {MOST} values, aliases counted"))

    def _complain(self, raw: Any, text: str) -> None:
        self.complaints.append(self._complaint(raw, text))

    def _complaint(self, raw: Any, text: str) -> Complaint:
        return Complaint(self.file, raw.start_mark.line + 1, raw.start_mark.column + 1, text)


def _syntax(file: str, text: str, error: Any) -> Complaint:
    """ruamel's words for what it met, turned into the operator's words for what to do."""
    mark = error.problem_mark or error.context_mark
    begun = error.context_mark or mark
    lines = text.split("\n")
    line = lines[mark.line] if mark.line < len(lines) else ""
    indent = line[: len(line) - len(line.lstrip())]
    if "\t" in indent:
        return Complaint(file, mark.line + 1, indent.index("\t") + 1, "a tab; YAML is indented with spaces")
    if "mapping values are not allowed" in error.problem and ": " not in line[: mark.column]:
        return Complaint(file, mark.line + 1, len(indent) + 1, "this key does not line up with the keys above it")
    for fragment, place, sentence in SENTENCES:
        if fragment in error.problem:
            since = f"line {begun.line + 1}, column {begun.column + 1}"
            at = begun if place == "begun" else mark
            return Complaint(file, at.line + 1, at.column + 1, sentence.format(since=since, problem=error.problem))
    return Complaint(file, mark.line + 1, mark.column + 1, f"this is no YAML: {error.problem}")


def gap(text: str, key: str) -> Gap | None:
    """
    Behind the last item of the list at a top-level key, or where its first one belongs; None if something else stands
    there, or the list stands elsewhere.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            root = YAML(typ="safe", pure=True).compose(text)
    except YAMLError:
        return None
    if root is None or root.id != "mapping" or root.flow_style:
        return None
    for name, value in root.value:
        if name.value == key and not value.value:
            return _first_gap(text, name, value)
        if name.value == key and value.id == "sequence":
            last = value.value[-1]
            if last.start_mark.index < value.start_mark.index or value.start_mark.index < name.start_mark.index:
                return None  # by an alias
            if value.flow_style:
                return Gap(last.end_mark.index, None)
            indent = value.start_mark.column
            end = _end_of_item(text, _end(last), indent)
            return Gap(end, indent, spaced=re.search(r"\n[ \t]*\r?\n", text[value.start_mark.index : end]) is not None)
        if name.value == key:
            return None
    return Gap(len(text), 2, is_first=True, heading=f"{key}:")


def _first_gap(text: str, name: Any, value: Any) -> Gap | None:
    """Where there is `key: []`, or `key:` and nothing."""
    if value.id == "sequence":
        return Gap(value.start_mark.index + 1, None, is_first=True)
    rest, _, _ = text[name.end_mark.index :].partition("\n")
    if re.fullmatch(r"\s*:\s*(#.*)?", rest):
        return Gap(min(name.end_mark.index + len(rest) + 1, len(text)), 2, is_first=True)
    return None


def _end(node: Any) -> int:
    """Where the text of a node ends. ruamel ends a block where the next thing begins, and places nothing there too."""
    if isinstance(node.value, str) or node.flow_style or not node.value:
        return int(node.end_mark.index)
    if node.id == "sequence":
        return _end(node.value[-1])
    key, value = node.value[-1]
    is_elsewhere = value.start_mark.index < key.start_mark.index or value.start_mark.index == value.end_mark.index
    return int(key.end_mark.index) if is_elsewhere else _end(value)


def _end_of_item(text: str, end: int, indent: int) -> int:
    """The beginning of the line behind an item and behind the comments that are indented as a part of it."""
    end = len(text[:end].rstrip())
    lines = re.findall(r"[^\n]*\n|[^\n]+", text[end:])
    taken = len(lines[0]) if lines else 0
    for line in lines[1:]:
        if not line.lstrip().startswith("#") or len(line) - len(line.lstrip(" ")) <= indent:
            break
        taken += len(line)
    return end + taken
