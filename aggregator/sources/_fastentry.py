"""
One entry of a well-formed feed, in feedparser's words: the same dictionary, without feedparser.

    feed      a whole document
    read      what an element says, child by child, by the tables below
    ENTRY     name -> what it means in an entry
    FEED      name -> what it means in a feed

The order of the elements counts, because feedparser goes by it: a second description is the content, the first title
stays, the last guid wins. A name that stands in no table is kept by feedparser under itself, and is nothing to us.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from . import _xml
from ._dates import moment
from ._fastnames import name
from ._fasttexts import ATTRIBUTES, Draft, Element, Odd, attributes, construct, inherited, local, pairs, plain, resolved

Meaning = Callable[[Draft, Element], None]


def feed(draft: Draft, root: Element) -> None:
    """Read a whole document into the draft. Raises Odd."""
    kind = name(root.tag)
    if kind not in _ROOTS or not all(kind == "feed" or name(part.tag) in _ROOTS[kind] for part in root):
        raise Odd(kind)
    _enter(draft, root)
    if draft.language and kind != "rdf:rdf":
        draft.feed["language"] = draft.language.replace("_", "-")
    read(draft, root, _ROOTS[kind])


def read(draft: Draft, element: Element, meanings: Mapping[str, Meaning]) -> None:
    """Add to the draft what an element's children say. Raises Odd."""
    outer = draft.base
    draft.depth += 1
    for child in element:
        meanings.get(name(child.tag), _nothing)(draft, child)
        if outer:  # feedparser goes back to a base, and not to none
            draft.base = outer
    draft.depth -= 1


def _channel(draft: Draft, element: Element) -> None:
    language = draft.language
    _enter(draft, element)
    read(draft, element, FEED)
    draft.language = language


def _entry(draft: Draft, element: Element) -> None:
    """An <item> or <entry>."""
    language, draft.said = draft.language, {}
    draft.is_entry, draft.summary_depth, draft.title_is_open, draft.titles, draft.media_titles = True, None, False, 0, 0
    _enter(draft, element)
    read(draft, element, ENTRY)
    if draft.media_titles and not draft.said.get("title"):
        raise Odd("only a title of its media")
    if draft.title_is_open and draft.titles + draft.media_titles > 1:
        raise Odd("titles")
    draft.entries.append(draft.said)
    draft.language, draft.said, draft.is_entry, draft.has_content = language, draft.feed, False, False


def _enter(draft: Draft, element: Element) -> None:
    """Read the attributes of what has parts."""
    for key, value in pairs(element):
        if key == "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about":
            if draft.is_entry:
                draft.said["id"] = value
        elif not inherited(draft, key, value) and local(key) in ATTRIBUTES:
            raise Odd(key)


# --- texts -----------------------------------------------------------------------------------------------------------


def _title(draft: Draft, element: Element) -> None:
    draft.titles += 1
    if not draft.is_entry and "title" in draft.said:
        raise Odd("titles")
    detail = construct(draft, element, "text/plain")
    if not draft.said.get("title"):
        draft.said |= {"title": detail["value"], "title_detail": detail}


def _media_title(draft: Draft, element: Element) -> None:
    """The entry's own title is stronger, wherever it stands; without one, feedparser has rules of its own."""
    draft.media_titles += 1
    construct(draft, element, "text/plain")


def _summary(draft: Draft, element: Element, type_: str = "text/plain", key: str = "summary") -> None:
    if "summary" in draft.said and not draft.has_content:
        _content(draft, element)
        return
    detail = construct(draft, element, type_)
    draft.said["summary_detail"] = detail
    if draft.summary_depth is None or draft.depth <= draft.summary_depth:
        draft.summary_depth = draft.depth
        draft.said[key] = detail["value"]


def _description(draft: Draft, element: Element) -> None:
    _summary(draft, element, "text/html", "summary" if draft.is_entry else "subtitle")


def _content(draft: Draft, element: Element, type_: str = "text/plain") -> None:
    draft.has_content = True
    detail = construct(draft, element, type_)
    draft.said.setdefault("content", []).append(detail)
    draft.said.setdefault("summary", detail["value"])


def _encoded(draft: Draft, element: Element) -> None:
    _content(draft, element, "text/html")


def _word(draft: Draft, element: Element, key: str) -> None:
    """An element that is one short text."""
    if element.keys():
        _check(element)
    draft.said[key] = plain(draft, element)


def _date(draft: Draft, element: Element, key: str) -> None:
    """feedparser knows dates in other languages, too."""
    _word(draft, element, key)
    said = draft.said[key]
    at = draft.said[f"{key}_parsed"] = moment(said)
    if said and at is None:
        raise Odd(said)


# --- links -----------------------------------------------------------------------------------------------------------

_PAGES = ("html", "text/html", "xhtml", "application/xhtml+xml")


def _guid(draft: Draft, element: Element) -> None:
    is_link = attributes(element).get("ispermalink", "true") == "true"
    value = plain(draft, element)
    draft.said["id"] = value = resolved(draft, value) if is_link and value else value
    if is_link:
        draft.said.setdefault("link", value)


def _link(draft: Draft, element: Element) -> None:
    found = attributes(element)
    if not found:
        _link_as_text(draft, plain(draft, element))
        return
    if len(element) or "href" not in found or "url" in found or "uri" in found:
        raise Odd("link")
    rel = found["rel"] = found.get("rel", "alternate").lower()
    found["href"] = resolved(draft, found["href"])
    draft.said.setdefault("links", []).append(found)
    if rel == "alternate" and found.get("type", "text/html").lower() in _PAGES:
        draft.said["link"] = found["href"]


def _link_as_text(draft: Draft, link: str) -> None:
    link = resolved(draft, link) if link else link
    if "&" in link:  # feedparser takes "?a=1&b;=2" for its own accident
        link = re.sub("&([A-Za-z0-9_]+);", r"&\g<1>", link.replace("&amp;", "&") if draft.is_entry else link)
    draft.said.setdefault("links", []).append({"rel": "alternate", "href": link})
    draft.said["link"] = link


def _enclosure(draft: Draft, element: Element) -> None:
    found = attributes(element)
    if len(element) or "uri" in found or ("href" in found and "url" in found):
        raise Odd("enclosure")
    draft.said.setdefault("links", []).append(found | {"rel": "enclosure"})


def _media_group(draft: Draft, element: Element) -> None:
    _check(element)
    if any(not name(child.tag).startswith("media:") for child in element):
        raise Odd("foreign words inside media")
    read(draft, element, ENTRY if draft.is_entry else FEED)


def _media_content(draft: Draft, element: Element) -> None:
    draft.said.setdefault("media_content", []).append(attributes(element))
    _media_group(draft, element)


def _media_thumbnail(draft: Draft, element: Element) -> None:
    if plain(draft, element):
        raise Odd("a thumbnail by its text")
    draft.said.setdefault("media_thumbnail", []).append(attributes(element))


def _source(draft: Draft, element: Element) -> None:
    """Where an item of RSS is from; in Atom it is a whole feed."""
    draft.title_is_open = True
    if len(element):
        draft.said["source"] = _atom_source(draft, element)
    else:
        said = {"title": plain(draft, element), "href": attributes(element).get("url")}
        draft.said["source"] = {key: value for key, value in said.items() if value}


def _atom_source(draft: Draft, element: Element) -> dict[str, Any]:
    outer, titles = draft.said, draft.titles
    if element.keys() or "".join(part.tail or "" for part in element).strip() or (element.text or "").strip():
        raise Odd("source")
    draft.said, draft.is_entry = {}, False
    read(draft, element, _SOURCE)
    found, draft.said, draft.is_entry, draft.titles = draft.said, outer, True, titles
    if not found.get("link"):  # feedparser takes the author's
        raise Odd("source without a link")
    return {key: found[key] for key in ("title", "link") if key in found}


# --- names and labels ------------------------------------------------------------------------------------------------

_MAILBOX = re.compile(r"[a-zA-Z0-9_.+-]@[a-zA-Z0-9\[-]")


def _author(draft: Draft, element: Element) -> None:
    """A name as text, or its parts."""
    person: dict[str, str] = {}
    draft.said.setdefault("authors", []).append(person)
    if len(element):
        if draft.said.get("author"):
            raise Odd("a name in parts after one that is a text")  # feedparser forgets the first
        draft.said["author"] = ""
        _person(element, person)
        return
    _check(element)
    said = draft.said["author"] = plain(draft, element)
    if "@" in said and _MAILBOX.search(said):
        raise Odd(said)
    if said:
        person["name"] = said


def _owner(draft: Draft, element: Element) -> None:
    """Of a podcast. feedparser gives the last author this name."""
    _person(element, draft.said.setdefault("authors", [{}])[-1])


def _person(element: Element, person: dict[str, str]) -> None:
    _check(element)
    if (element.text or "").strip():
        raise Odd("a text among names")
    for part in element:
        said = name(part.tag)
        if len(part) or (part.tail or "").strip():
            raise Odd("a text among names")
        _check(part)
        if said in ("name", "itunes:name", "email", "itunes:email"):
            person[said.rpartition(":")[2]] = (part.text or "").strip()
        elif said not in ("uri", "url", "homepage") and not (said.startswith("?:") and part.prefix):
            raise Odd(said)


def _category(draft: Draft, element: Element) -> None:
    found = attributes(element)
    _label(draft, found, found.get("scheme", found.get("domain")), plain(draft, element))


def _media_category(draft: Draft, element: Element) -> None:
    found = attributes(element)
    _label(draft, found, found.get("scheme", "http://search.yahoo.com/mrss/category_schema"), plain(draft, element))


def _label(draft: Draft, found: Mapping[str, str], scheme: str | None, said: str) -> None:
    """A label by its attributes, by its text, or by both: then they are two, unless the first has no name yet."""
    labels = draft.said.setdefault("tags", [])
    _add_label(labels, found.get("term"), scheme, found.get("label"))
    if said and labels and not labels[-1]["term"]:
        labels[-1]["term"] = said
    elif said:
        _add_label(labels, said, None, None)


def _add_label(labels: list[dict[str, str | None]], term: str | None, scheme: str | None, label: str | None) -> None:
    if (term or scheme or label) and len(labels) < _xml.LABELS:
        said = {"term": term, "scheme": scheme, "label": label}
        if said not in labels:
            labels.append(said)


def _keywords(draft: Draft, element: Element) -> None:
    if element.keys():
        raise Odd("keywords")
    scheme = "http://www.itunes.com/" if name(element.tag).startswith("itunes") else None
    for word in plain(draft, element).split(","):
        if word.strip():
            _add_label(draft.said.setdefault("tags", []), word.strip(), scheme, None)


# --- the rest --------------------------------------------------------------------------------------------------------

# feedparser has a method for these that needs something around them, or writes where we read.
_ODD_BEGINNINGS = ("georss:", "gml:", "psc:", "xml:")


def _nothing(draft: Draft, element: Element) -> None:
    """An element that an item has no use for, with everything in it. Raises Odd if there may be something in it."""
    meanings = ENTRY if draft.is_entry else FEED
    for part in element.iter() if len(element) else (element,):
        said = name(part.tag)
        if part is not element and meanings.get(said, _nothing) is not _nothing:
            raise Odd(said)
        if said.startswith(_ODD_BEGINNINGS) or not said.isascii() or said.endswith((":item", ":entry")):
            raise Odd(said)
        if said[0] == "?" and part.prefix is None and said[2:] in meanings:  # for feedparser it has no namespace
            raise Odd(said)
        if part.keys():
            _check(part)


def _check(element: Element) -> None:
    """Raises Odd for a base, which feedparser would carry over to what follows."""
    for key in element.keys():  # noqa: SIM118
        if local(key) == "base":
            raise Odd(key)


def _picture(draft: Draft, element: Element) -> None:  # noqa: ARG001
    """The feed's own picture or search field: it has a title and a link that are none of the feed."""
    for part in element.iter():
        _check(part)
        if part is not element and name(part.tag) not in _OF_A_PICTURE:
            raise Odd(part.tag)


def _picture_of_an_entry(draft: Draft, element: Element) -> None:
    """feedparser loses sight of the entry's title here."""
    draft.title_is_open = True
    if any(part.keys() or name(part.tag) not in ("url", "width", "height", "link") for part in element):
        raise Odd("image")
    _picture(draft, element)


_OF_A_PICTURE = frozenset("title link url width height description name".split())


def _odd(draft: Draft, element: Element) -> None:  # noqa: ARG001
    raise Odd(element.tag)


_published, _created, _updated = (partial(_date, key=key) for key in ("published", "created", "updated"))
_language = partial(_word, key="language")

ENTRY: dict[str, Meaning] = {
    "title": _title, "dc:title": _title, "media:title": _media_title,
    "description": _description, "dc:description": _description, "media:description": _description,
    "summary": _summary, "itunes:summary": _summary, "content": _content, "content:encoded": _encoded,
    "id": _guid, "guid": _guid, "link": _link, "feedburner:origlink": partial(_word, key="feedburner_origlink"),
    "enclosure": _enclosure, "media:content": _media_content, "media:thumbnail": _media_thumbnail,
    "media:group": _media_group, "source": _source, "image": _picture_of_an_entry,
    "author": _author, "managingeditor": _author, "itunes:author": _author, "dc:creator": _author, "dc:author": _author,
    "category": _category, "keywords": _category, "dc:subject": _category, "media:category": _media_category,
    "media:keywords": _keywords, "itunes:keywords": _keywords, "language": _language, "dc:language": _language,
    "pubdate": _published, "published": _published, "issued": _published, "dcterms:issued": _published,
    "created": _created, "dcterms:created": _created, "updated": _updated, "modified": _updated,
    "lastbuilddate": _updated, "dc:date": _updated, "dcterms:modified": _updated,
    # feedparser's other words, and names under which it would write over what it has read
    **dict.fromkeys(
        "rss channel feed item entry textinput abstract body fullitem tags newlocation where geom georssgeom date"
        " feedburner:browserfriendly itunes:owner itunes:category itunes:link xhtml:body authors links href"
        " media_content media_thumbnail feedburner_origlink title_detail summary_detail description_detail"
        " published_parsed created_parsed updated_parsed date_parsed".split(), _odd
    ),
}  # fmt: skip
FEED: dict[str, Meaning] = ENTRY | {
    "image": _picture, "textinput": _picture, "itunes:owner": _owner, "itunes:category": _nothing, "media:title": _odd,
    "item": _entry, "entry": _entry, "source": _odd,
}  # fmt: skip
_SOURCE: dict[str, Meaning] = {
    **dict.fromkeys(ENTRY, _odd),
    "title": _title, "id": _guid, "link": _link, "author": _author, "category": _category, "updated": _updated,
}  # fmt: skip
_ROOTS: dict[str, Mapping[str, Meaning]] = {
    "feed": FEED,
    "rss": {"channel": _channel},
    "rdf:rdf": {"channel": _channel, "item": _entry, "image": _picture, "textinput": _picture},
}
