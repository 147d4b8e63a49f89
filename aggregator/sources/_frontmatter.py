"""
What stands above an article saved as text, as `key: value`: between `---` lines, or bare on its first lines; or as TOML
between `+++` lines.

Bare lines count only with keys that we know, because a headline may have a colon too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ._dates import moment

_NAMES = {
    "title": "title headline заголовок название тақырып тақырыбы titel titre título",
    "published": "date published published_at pubdate дата опубликовано күні датасы datum",
    "updated": "updated updated_at modified lastmod обновлено изменено жаңартылды",
    "author": "author authors by byline creator автор авторы авторлар autor auteur",
    "url": "url link permalink canonical ссылка адрес сілтеме",
    "tags": "tags tag keywords categories category labels теги тег метки рубрика рубрики тегтер айдар schlagworte",
    "publisher": "publisher source site источник издание издатель сайт дереккөз quelle",
    "language": "language lang язык тіл тілі sprache",
    "summary": "summary description excerpt lead описание анонс лид аңдатпа",
    "guid": "guid id",
}
_MEANING = {name: key for key, names in _NAMES.items() for name in names.split()}
_LINE = re.compile(r"([^\W\d][\w -]{0,30}?)\s*:(?:\s+(.*)|)")
_ITEM = re.compile(r"\s*-\s+(.*)")
_MOST_LINES = 200


@dataclass(frozen=True)
class FrontMatter:
    """The fields by our own names for them, and the text below."""

    fields: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Each with at least one word; only lists have more."""
    text: str = ""

    def one(self, key: str) -> str | None:
        """The field as one text; None if it is not there."""
        return " ".join(self.fields.get(key, ())) or None

    def many(self, key: str) -> tuple[str, ...]:
        """The field as a list, also when it was written with commas."""
        values = self.fields.get(key, ())
        parts = re.split(r"[,;]", values[0]) if len(values) == 1 else values
        return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))


def split(text: str) -> FrontMatter:
    """Take the fields off the top of a text. Newlines have to be `\\n`."""
    text = text.lstrip("\n")
    lines = text.split("\n", _MOST_LINES)
    return _fenced(lines) or _toml(lines) or _bare(lines) or FrontMatter({}, text)


def _toml(lines: list[str]) -> FrontMatter | None:
    """Fields of a table within, as Zola's `[taxonomies]` and `[extra]`, count like those above it."""
    ends = [n for n, line in enumerate(lines) if n and line.rstrip() == "+++"]
    if lines[0].rstrip() != "+++" or not ends:
        return None
    import tomllib  # 5 ms, for those who write so

    try:
        top = tomllib.loads("\n".join(lines[1 : ends[0]]))
    except tomllib.TOMLDecodeError:
        return None
    fields: dict[str, list[str]] = {}
    for table in (top, *(inner for inner in top.values() if isinstance(inner, dict))):
        for name, value in table.items():
            if not isinstance(value, dict):
                said = value if isinstance(value, list) else [value]
                fields.setdefault(_MEANING.get(name.lower(), f"{name}:"), [str(one) for one in said])
    return _front(fields, lines[ends[0] + 1 :]) if fields else None


def _fenced(lines: list[str]) -> FrontMatter | None:
    ends = [n for n, line in enumerate(lines) if n and line.rstrip() in ("---", "...")]
    if lines[0].rstrip() != "---" or not ends:
        return None
    fields: dict[str, list[str]] = {}
    values: list[str] = []
    for line in lines[1 : ends[0]]:
        item, named = _ITEM.fullmatch(line), _LINE.fullmatch(line.rstrip())
        if named:
            values = fields.setdefault(_MEANING.get(named[1].lower(), f"{named[1]}:"), [])
            values += _values(named[2] or "")
        elif item:
            values.append(_bare_word(item[1]))
        elif line[:1].isspace() and line.strip():  # a long value goes on
            values[-1:] = [" ".join([*values[-1:], line.strip()])]
        elif line.strip() and not line.startswith("#"):
            return None
    return _front(fields, lines[ends[0] + 1 :]) if fields else None


def _bare(lines: list[str]) -> FrontMatter | None:
    fields: dict[str, list[str]] = {}
    below = 0
    for line in lines:
        named = _LINE.fullmatch(line.strip())
        key = _MEANING.get(named[1].lower()) if named else None
        if not named or not key or not named[2] or key in fields:
            break
        fields[key] = _values(named[2])
        below += 1
    return _front(fields, lines[below:]) if _is_front_matter(fields) else None


def _is_front_matter(fields: Mapping[str, Sequence[str]]) -> bool:
    """One line alone has to prove itself: «Источник: премьер уходит» is a headline."""
    if len(fields) != 1:
        return len(fields) > 1
    [(key, values)] = fields.items()
    dated = key in ("published", "updated") and moment(values[0]) is not None
    return key == "title" or dated or (key == "url" and _is_address(values[0]))


def _front(fields: Mapping[str, list[str]], below: Sequence[str]) -> FrontMatter:
    known = {key: values for key, values in fields.items() if any(values)}
    source = known.get("publisher", [""])[0]
    if _is_address(source):  # «Источник: https://…» says where, not who
        known["url"] = known.get("url") or known["publisher"]
        del known["publisher"]
    return FrontMatter(known, "\n".join(below).strip("\n"))


def _values(said: str) -> list[str]:
    said = said.strip()
    if said.startswith("[") and said.endswith("]"):
        return [_bare_word(part) for part in said[1:-1].split(",") if part.strip()]
    return [_bare_word(said)] if said else []


def _bare_word(said: str) -> str:
    said = said.strip()
    quoted = len(said) > 1 and said[0] == said[-1] and said[0] in "'\""
    return said[1:-1] if quoted else said


def _is_address(said: str) -> bool:
    return re.match(r"https?://\S+\Z", said, re.I) is not None
