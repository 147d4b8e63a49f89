"""
A feed's XML made harmless before anybody parses it.

Recovered: HTML entities, bare ampersands, impossible characters and references, an emoji written as two references.
Dropped: DOCTYPE (bombs, external entities), comments, instructions, elements too deep inside each other. Cut:
attributes, names, the number of items; the parser behind takes quadratic time, or a hundred times the memory, for each
of them. What is left takes it some 20 µs a tag, so there is a limit to that as well.
"""

from __future__ import annotations

import re
import xml.parsers.expat as expat
from datetime import UTC, datetime
from html import escape
from html.entities import html5

from ._dates import moment

FEED_ROOTS = frozenset({"rss", "rdf", "feed", "channel"})

_DECLARATION = '<?xml version="1.0" encoding="utf-8"?>\n'
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What XML cannot hold (XML 1.0, 2.2)."""
_DOCTYPE = re.compile(
    r"""(?:\s | <\?.*?\?> | <!--.*?-->)*+ <!DOCTYPE (?:[^\[<>"']++ | "[^"]*+" | '[^']*+')*+
        (?: \[ (?:[^\]"'<]++ | "[^"]*+" | '[^']*+' | <!--.*?(?:-->|\Z) | <)*+ \]\s*+ )? >?""",
    re.DOTALL | re.VERBOSE | re.I,
)
_PIECE = re.compile(
    r"""<!\[CDATA\[.*?(?:\]\]>|\Z)
      | <!--.*?(?:-->|\Z)
      | <\?.*?(?:\?>|\Z)
      | <![^<>]*+>?
      | </?(?:[^\W\d]|:)[^\s<>/"']*+ (?:[^<>"']++ | "[^"]*+" | '[^']*+')*+ >
      | &(?:\#[xX]?)?\w*+;?
      | <""",
    re.DOTALL | re.VERBOSE | re.I,
)
_TAG = re.compile(
    r"""<!\[CDATA\[.*?\]\]>
      | (?P<closes></?) (?:(?:[\w.-]+:)?(?:(?P<item>item|entry)|(?P<label>category|subject))(?=[\s/>]))?
        (?:[^<>"']++|"[^"]*+"|'[^']*+')*+>""",
    re.DOTALL | re.VERBOSE | re.I,
)
_REFERENCE = re.compile(r"&(?:#[xX]?)?\w*+;?")
_NUMBER = re.compile(r"&#(?:[xX](?P<hex>[0-9a-fA-F]+)|(?P<dec>[0-9]+));?")
_PAIR = re.compile(
    r"&#(?:[xX]0*(d[89ab][0-9a-f]{2})|(5[56]\d{3}));&#(?:[xX]0*(d[c-f][0-9a-f]{2})|(5[67]\d{3}));", re.IGNORECASE
)
_ATTRIBUTE = re.compile(r"""\s+[^\s=<>"'/]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s<>"']+))?""")
_NAME = re.compile(
    r"""(?P<open><(?![/!])(?P<tag>(?:[\w.-]++:)?(?:author|creator|contributor|managingeditor|webmaster|publisher|name|email|owner|keywords))
        (?:\s[^<>]*)?(?<!/)>) (?P<text>.*?) (?=</(?P=tag)\s*>|</?(?:[\w.-]+:)?(?:item|entry)[\s/>]|\Z)""",
    re.DOTALL | re.VERBOSE | re.I,
)
_NAME_PART = re.compile(r"<(?:[\w.-]+:)?name(?:\s[^<>]*)?(?<!/)>([^<]+|<!\[CDATA\[[^<>]*\]\]>)</", re.I)
_MAILBOX = re.compile(  # Ann &lt;ann@paper.example&gt;, ann@paper.example (Ann), ann@paper.example
    r"([^<>@&]+)&lt;[^<>@\s]+@[^<>@\s]+&gt;|[^<>@\s]+@[^<>@\s]+\s*\(([^<>()]+)\)|([^<>@\s]+)@[^<>@\s]+"
)
_CDATA = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_ITEM = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<(?P<closes>/?)(?:[\w.-]+:)?(?P<item>item|entry)(?=[\s/>])[^<>]*>?", re.DOTALL | re.I
)
_ITEM_DATE = re.compile(r"<(?:\w+:)?(?:pubDate|published|issued|created|date|updated|modified)\b[^<>]*>([^<]*)<", re.I)
_LEAF = re.compile(
    r"<!\[CDATA\[.*?\]\]>|<(?P<closes>/?)(?P<name>title|link|description|guid|pubDate|author|category|item|channel|rss)>",
    re.DOTALL | re.I,
)
_BRANCHES = frozenset({"item", "channel", "rss"})
_ROOT = re.compile(r"<(?:[\w.-]+:)?([^\W\d][\w.-]*)")
_XML_ITSELF = frozenset({"amp", "lt", "gt", "quot", "apos"})
LONG_TAG, _ATTRIBUTES, _LONGEST_NAME, _LONGEST_TAG_NAME = 4096, 100, 320, 256
"""Characters, attributes, characters, characters."""
_DEEPEST, LABELS, _LONGEST_KEYWORDS = 200, 100, 2000
"""Elements inside each other, labels of an item, characters."""
_MOST_TAGS, _MOST_REFERENCES = 200_000, 400_000
"""A hundred times what a long feed has, and about five seconds' work."""
_LONGEST_NOTED = 4_000_000
"""Characters; whether longer ones are well-formed is not looked at."""
_MOST_BEFORE = 700_000
"""Both together, before the older items are taken out."""
_TOO_MUCH = "there is more markup in it than a feed can have"


class TooMuch(ValueError):
    """More markup than a feed can have. The text is a plain sentence."""


def weigh(text: str) -> None:
    """Raises TooMuch for what nobody should begin to read."""
    if len(text) > _MOST_BEFORE and text.count("<") + text.count("&") > _MOST_BEFORE:
        raise TooMuch(_TOO_MUCH)


def fault(text: str) -> str:
    """Why a text is not read as it stands, in a sentence with the parser's words; empty if it is well-formed XML."""
    if len(text) > _LONGEST_NOTED or text.count("<") > _MOST_TAGS:
        return ""
    parser = expat.ParserCreate("utf-8", " ")  # whatever it declares: it has been decoded
    parser.StartDoctypeDeclHandler = _look_at_doctype
    try:
        parser.Parse(text.encode(errors="replace"), True)
    except expat.ExpatError as e:
        said = expat.ErrorString(e.code)
        return f"not well-formed ({'it ends early' if said == 'no element found' else said}): read loosely"
    except ValueError as e:
        return str(e)
    return ""


def _look_at_doctype(*said: object) -> None:
    """Refuse declarations of its own before they are read: for those of attributes expat takes quadratic time."""
    if said[-1]:
        raise ValueError("declarations of its own (DOCTYPE): not read")


def tidy(text: str, limit: int, tags: int = _MOST_TAGS) -> str:
    """
    Well-formed where it can be, with its `limit` newest items at most. Takes linear time. Raises TooMuch: a tree of
    more than so many tags takes a gigabyte.
    """
    start = text.find("<?xml", 0, 4096)  # a server's own warnings stand before it
    text = FORBIDDEN.sub("", _PAIR.sub(_pair, text[max(start, 0) :]))
    doctype = _DOCTYPE.match(text)
    text = _PIECE.sub(_piece, text[doctype.end() if doctype else 0 :]).lstrip()
    if text.count("<title>") != text.count("</title>"):
        text = _close_leaves(text)
    text = newest(_shallow(text), limit)
    if text.count("<") > tags or text.count("&") > _MOST_REFERENCES:
        raise TooMuch(_TOO_MUCH)
    return _DECLARATION + short_names(text)


def root(text: str) -> str:
    """The local name of the first element of a tidy text, in lower case; empty if there is none."""
    found = _ROOT.match(text.removeprefix(_DECLARATION))
    return found[1].lower() if found else ""


def has_more(text: str, limit: int) -> bool:
    """Whether it has more items than so many: then `newest` leaves some out."""
    return sum(1 for tag in _ITEM.finditer(text) if tag["item"] and not tag["closes"]) > limit


def newest(text: str, limit: int) -> str:
    """Without the items that are older than the `limit` newest; those without a date are the first to go."""
    tags = [tag for tag in _ITEM.finditer(text) if tag["item"]]
    starts = [tag.start() for tag in tags if not tag["closes"]]
    if len(starts) <= limit:
        return text
    ends = [*starts[1:], max(tags[-1].end(), starts[-1])]
    items = [text[start:end] for start, end in zip(starts, ends, strict=True)]
    ranked = sorted(range(len(items)), key=lambda n: _date(items[n]), reverse=True)
    return text[: starts[0]] + "".join(items[n] for n in sorted(ranked[:limit])) + text[ends[-1] :]


def short_names(text: str) -> str:
    """With people's names instead of their mailboxes, and no name longer than `_LONGEST_NAME`."""
    return _NAME.sub(_short_name, text)


def _close_leaves(text: str) -> str:
    """Tag soup: a title or link that somebody forgot to close ends where the next one begins."""
    pieces, leaf, done = [], "", 0
    for tag in _LEAF.finditer(text):
        name = tag["name"]
        if leaf and name and (tag["closes"], name) != ("/", leaf):
            pieces += [text[done : tag.start()], f"</{leaf}>"]
            done, leaf = tag.start(), ""
        if name and name.lower() not in _BRANCHES:
            leaf = "" if tag["closes"] else name
    return "".join([*pieces, text[done:]])


def _shallow(text: str) -> str:
    """
    Without the tags that are too deep inside an item or outside of all, and without all labels but an item's first
    hundred; what they say stays. The parser behind keeps 500 bytes for each open tag, and compares each label with all
    before it.
    """
    depth = labels = 0

    def piece(found: re.Match[str]) -> str:
        nonlocal depth, labels
        if not found["closes"]:  # CDATA
            return found[0]
        if found["item"]:  # an end to whatever somebody forgot to close
            depth = labels = 0
            return found[0]
        if found["label"]:
            labels += found["closes"] == "<"
            return found[0] if labels <= LABELS else ""
        if found["closes"] == "</":
            depth = max(0, depth - 1)
            return found[0] if depth < _DEEPEST else ""
        depth += not found[0].endswith("/>")
        return found[0] if depth <= _DEEPEST else ""

    return _TAG.sub(piece, text)


def _date(item: str) -> datetime:
    said = _ITEM_DATE.search(item)
    return (moment(said[1]) if said else None) or datetime.min.replace(tzinfo=UTC)


def _piece(found: re.Match[str]) -> str:
    piece = found[0]
    if piece.startswith("<!["):
        return piece if piece.endswith("]]>") else f"{piece}]]>"
    if piece.startswith(("<!", "<?")):
        return ""
    if piece == "<":
        return "&lt;"
    if piece.startswith("<"):
        return _REFERENCE.sub(_reference, fewer_attributes(piece) if len(piece) > LONG_TAG else piece)
    return _reference(found)


def _reference(found: re.Match[str]) -> str:
    """A reference that every XML parser understands, or the character, or the ampersand as text."""
    said = found[0]
    number = _NUMBER.fullmatch(said)
    if number:
        return _character(number)
    name = said[1:].removesuffix(";")
    if name in _XML_ITSELF and said.endswith(";"):
        return said
    meant = html5.get(f"{name};") if said.endswith(";") else None
    return escape(meant) if meant else f"&amp;{said[1:]}"


def _character(number: re.Match[str]) -> str:
    digits = (number["hex"] or number["dec"]).lstrip("0") or "0"
    if len(digits) > 7:
        return ""
    code = int(digits, 16 if number["hex"] else 10)
    return f"&#{code};" if code <= 0x10FFFF and not FORBIDDEN.match(chr(code)) else ""


def _pair(found: re.Match[str]) -> str:
    """Two halves of UTF-16 make one character; half of the encoders in the world forget that."""
    high = int(found[1], 16) if found[1] else int(found[2])
    low = int(found[3], 16) if found[3] else int(found[4])
    if not (0xD800 <= high < 0xDC00 <= low < 0xE000):
        return ""
    return chr(0x10000 + (high - 0xD800) * 0x400 + low - 0xDC00)


def fewer_attributes(tag: str) -> str:
    """The tag with its first attributes only."""
    whole = tag.lstrip("</").split(None, 1)[0].rstrip("/>")
    start = len(tag) - len(tag.lstrip("</"))
    found = _ATTRIBUTE.finditer(tag, start + len(whole))
    kept = [attribute[0] for attribute, _ in zip(found, range(_ATTRIBUTES), strict=False)]
    return f"{tag[:start]}{whole[:_LONGEST_TAG_NAME]}{''.join(kept)}{'/' if tag.endswith('/>') else ''}>"


def _escaped(cdata: re.Match[str]) -> str:
    return escape(cdata[1].strip(), quote=False)


def _short_name(found: re.Match[str]) -> str:
    """The name alone: behind us, `ann@paper.example (Ann)` becomes "ple (Ann", because .exam could be a country."""
    longest = _LONGEST_KEYWORDS if found["tag"].lower().endswith("keywords") else _LONGEST_NAME
    if len(found["text"]) <= longest:
        mailbox = _MAILBOX.fullmatch(_CDATA.sub(_escaped, found["text"].strip()))
        return found["open"] + next(filter(None, mailbox.groups())) if mailbox else found[0]
    part = _NAME_PART.search(found["text"])  # Blogger's authors have their portrait beside the name
    plain = re.sub(r"<!\[CDATA\[|\]\]>|<[^<>]*>", "", part[1] if part else found["text"])[:longest]
    return found["open"] + re.sub(r"&[^;]*\Z", "", plain).replace("<", "")
