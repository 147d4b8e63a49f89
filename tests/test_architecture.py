"""The tables in docs/architecture.md are the architecture; this keeps page and code the same."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "aggregator"
PAGE = (ROOT / "docs/architecture.md").read_text()


def rows(columns: int) -> list[list[str]]:
    """The cells of every table line with so many columns, headings and rulers left out."""
    lines = re.findall(r"^\|(.+)\|$", PAGE, re.M)
    cells = [[c.strip() for c in line.split("|")] for line in lines]
    return [c for c in cells if len(c) == columns and c[0] not in ("module", "package") and "---" not in c[0]]


def permissions() -> dict[str, set[str]]:
    table = {}
    for names, _, allowed in rows(3):
        for name in names.split(", "):
            table[name] = set(allowed.replace(",", " ").split())
    return table


def doors() -> dict[str, set[str]]:
    return {package.strip("`"): set(re.findall(r"`([^`]+)`", door)) for package, door in rows(2)}


def place(path: Path, known: set[str]) -> str:
    """The file, or the folder if that is a door as a whole."""
    where = path.relative_to(PACKAGE).as_posix()
    return next((door for door in known if door.endswith("/") and where.startswith(door)), where)


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room(path: Path) -> str:
    """`sources/feed.py` is in the room `sources`; `collect.py` is a room of its own."""
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def our_imports(path: Path) -> Iterator[str]:
    """The rooms that a module of ours imports from."""
    depth = len(path.relative_to(PACKAGE).parts)
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level == depth:
            yield from [node.module.split(".")[0]] if node.module else [a.name for a in node.names]


def foreign_imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (a.name.split(".")[0] for a in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield node.module.split(".")[0]


def test_every_import_is_in_the_table_and_every_permission_is_used() -> None:
    used: dict[str, set[str]] = {}
    for path in modules():
        if room(path) != "__init__":
            used.setdefault(room(path), set()).update(set(our_imports(path)) - {room(path), "__version__"})
    assert used == permissions()


def test_the_table_is_in_the_order_of_the_arrows() -> None:
    above: set[str] = set()
    for name, allowed in permissions().items():
        assert allowed <= above, f"{name} imports {sorted(allowed - above)}, which stand below it"
        above.add(name)


def test_each_foreign_package_has_one_door() -> None:
    used: dict[str, set[str]] = {}
    for path in modules():
        for package in set(foreign_imports(path)) - sys.stdlib_module_names - {"aggregator"}:
            used.setdefault(package, set()).add(place(path, doors().get(package, set())))
    assert used == doors()


def test_only_the_clock_and_its_friends_look_at_the_time() -> None:
    for path in modules():
        if room(path) not in ("jobs", "schedule", "cli"):
            assert not re.search(r"\bdatetime\.(now|utcnow|today)\(|\btime\.time\(", path.read_text()), path


def test_only_the_stores_know_sql() -> None:
    for path in modules():
        if room(path) != "stores":
            assert not re.search(r"\b(SELECT .+ FROM|INSERT INTO|DELETE FROM)\b", path.read_text()), path


def test_every_page_that_the_docs_link_to_is_there() -> None:
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        for target in re.findall(r"\]\((?!https?:|mailto:|#)([^)#]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.relative_to(ROOT)} links to {target}"


def test_one_word_has_one_meaning() -> None:
    """As the glossary says of itself."""
    told = re.findall(r"^\| ([^|]+) \|", (ROOT / "docs/glossary.md").read_text(), re.M)
    words = [word for word in told if word not in ("---", "noun", "verb", "name")]
    assert len(words) > 50
    assert sorted({word for word in words if words.count(word) > 1}) == []
