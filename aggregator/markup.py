"""
HTML made safe, HTML made plain, plain text made HTML.

    clean        somebody's HTML -> HTML that may stand on our page
    plain        HTML -> text with a blank line between paragraphs
    plain_line   a headline, a name, a label -> one line of text
    paragraphs   text -> HTML
    legible      any string -> one that XML and a terminal can bear

Everything here takes time linear in its input. html.parser is not used: the one of Python 3.11 is quadratic on unclosed
comments and tags (CVE-2025-6069).
"""

from __future__ import annotations

import html as entities
import re
from functools import lru_cache
from typing import Literal

import nh3

_LONGEST = 1_000_000
"""Characters of HTML; the rest is cut off."""

# --- characters ------------------------------------------------------------------------------------------------------

# What XML 1.0 forbids (section 2.2), the C1 controls (terminals obey U+009B), and what turns the direction of reading.
_ILLEGIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u202a-\u202e\u2066-\u2069]")
_ENDLESS_REFERENCE = re.compile(r"&#0*[0-9]{8,};?")


def legible(text: str) -> str:
    """`text` without control characters, lone surrogates and bidi overrides; the same object if there are none."""
    return _ILLEGIBLE.sub("", text) if _ILLEGIBLE.search(text) else text


def _unescaped(text: str) -> str:
    """Character references read. html.unescape raises ValueError from 4,300 digits on; 8 are more than there are."""
    return entities.unescape(_ENDLESS_REFERENCE.sub("", text)) if "&" in text else text


# --- the tokens of HTML ----------------------------------------------------------------------------------------------

_RAW = "script|style|iframe|noembed|noframes|noscript|textarea|title|xmp"
"""What stands in these is no markup. (In noscript it is none for whoever runs scripts, and nh3 reads it so.)"""
_ATTRIBUTES = r"""(?>[\s/]+|=?[^\s/>=]+(?>\s*=\s*(?>"[^"]*"|'[^']*'|[^\s"'>][^\s>]*|(?=>)))?)*+"""
# As a browser splits it (HTML 13.2.5). A tag that never ends is the end of the document, and so is an open comment:
# that is what browsers do, and it keeps the search from starting again at each "<".
_TOKEN = re.compile(
    rf"""
      <!--(?:-?>|.*?(?:--!?>|\Z))
    | <(?P<raw>{_RAW})(?=[\s/>]){_ATTRIBUTES}(?:>.*?(?:</(?P=raw)(?=[\s/>])[^>]*>|\Z)|.*\Z)
    | <(?P<end>/?)(?P<name>[a-z][^\s/>]*){_ATTRIBUTES}(?:>|(?P<unended>.*\Z))
    | <[!?/][^>]*(?:>|\Z)
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)

# --- safe ------------------------------------------------------------------------------------------------------------

_TAG_NAMES = (
    "a abbr article aside audio b blockquote br caption cite code col colgroup dd del details dfn div dl dt em "
    "figcaption figure footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li mark ol p picture pre q rp rt ruby s "
    "samp section small source strike strong sub summary sup table tbody td tfoot th thead time tr tt u ul var "
    "video wbr"
)
_TAGS = frozenset(_TAG_NAMES.split())
_WITH_CONTENT = frozenset(
    (*_RAW.split("|"), "applet", "button", "canvas", "dialog", "math", "object", "select", "svg", "template")
)
# No srcset, cite or data-*: nh3 does not look at the schemes in them.
_ATTRIBUTES_KEPT = {
    "*": {"dir", "lang", "title"},
    "a": {"href"},
    "audio": {"controls", "src"},
    "col": {"span"},
    "colgroup": {"span"},
    "img": {"alt", "height", "src", "width"},
    "ol": {"reversed", "start"},
    "source": {"src", "type"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "time": {"datetime"},
    "video": {"controls", "height", "poster", "src", "width"},
}
_SERIALISED_MEDIUM = re.compile(r'<(?:img|source)((?: [a-z]+(?:="[^"]*")?)*)>')
_TINY = re.compile(r' (?:width|height)="[01](?:px)?"')


def clean(html: str, base: str) -> str:
    """
    Safe HTML: an allow-list of tags and attributes, http, https and mailto only, links absolute against `base` (dropped
    if `base` is no http(s) URL), no pictures of one pixel. At most the first 1,000,000 characters are read; what is
    nested so deeply that no human wrote it comes back as its text alone.
    """
    html = legible(html[:_LONGEST])
    if "<" not in html and "&" not in html:
        return html.replace(">", "&gt;").strip()
    if _is_too_deep(html):
        return paragraphs(plain(html))
    cleaned = _cleaner(base).clean(html)
    if "<img" in cleaned or "<source" in cleaned:
        cleaned = _SERIALISED_MEDIUM.sub(_if_visible, cleaned)
    if "&#" in html:  # only numbers can make what was legible illegible
        cleaned = legible(cleaned)
    return cleaned.replace("&nbsp;", "\xa0").strip()  # the one entity of its output that XML does not know


@lru_cache(maxsize=64)
def _cleaner(base: str) -> nh3.Cleaner:
    """Made once a base: making one costs 40 µs, a quarter of what cleaning an article does. Threads may share it."""
    if base.lower().startswith(("http://", "https://")):
        try:
            return _new_cleaner(("rewrite_with_base", base))
        except ValueError:  # a base that nh3 cannot read
            pass
    return _new_cleaner("deny")


def _new_cleaner(relative: Literal["deny"] | tuple[Literal["rewrite_with_base"], str]) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=_TAGS,
        clean_content_tags=_WITH_CONTENT,
        attributes=_ATTRIBUTES_KEPT,
        url_schemes={"http", "https", "mailto"},
        url_relative=relative,
        link_rel="noopener nofollow",
    )


def _if_visible(medium: re.Match[str]) -> str:
    """Nothing for a tracking pixel, and for an image whose address did not pass."""
    attributes = medium.group(1)
    return "" if _TINY.search(attributes) or ' src="' not in attributes else medium.group()


# --- depth -----------------------------------------------------------------------------------------------------------

_DEEPEST = 200
_ODD = re.compile(r"<(?:svg|math|template|select|frameset|plaintext|!\[CDATA\[)", re.IGNORECASE)
_MOST_TAGS_IF_ODD = 4000
# Never closed or closed by the next of their kind: alone they do not nest.
_FLAT_NAMES = (
    "area base br col embed hr img input link meta param source track wbr "
    "p li dd dt tr td th thead tbody tfoot caption colgroup option optgroup rb rp rt html head body"
)
_FLAT = frozenset(_FLAT_NAMES.split())
_NESTING = re.compile(rf"<(?!(?:{'|'.join(_FLAT_NAMES.split())})[\s/>])[a-z]", re.IGNORECASE)


def _is_too_deep(html: str) -> bool:
    """
    Whether tags nest deeper than `_DEEPEST`. The parser in nh3 is quadratic in depth: 50,000 nested <div> take 7 s.

    Counts too much rather than too little: an end tag counts only if it closes the innermost tag. Inside SVG and the
    like other rules hold, with which the count could be fooled, so there the number of tags is bounded instead.
    """
    if html.count("<") <= _DEEPEST:
        return False
    if _ODD.search(html):
        return html.count("<") > _MOST_TAGS_IF_ODD
    if len(_NESTING.findall(html)) <= _DEEPEST:  # a tenth of the work of what follows, and enough for most
        return False
    opened: list[str] = []
    for token in _TOKEN.finditer(html):
        name = (token["name"] or "").lower()
        if not name or name in _FLAT:
            continue
        if not token["end"]:
            opened.append(name)
        elif opened and opened[-1] == name:
            opened.pop()
        if len(opened) > _DEEPEST:
            return True
    return False


# --- plain -----------------------------------------------------------------------------------------------------------

_BLOCK_NAMES = (
    "address article aside blockquote body center caption dd details dialog dir div dl dt fieldset figcaption figure "
    "footer form h1 h2 h3 h4 h5 h6 header hr legend li main nav ol optgroup option p pre section select summary "
    "table tbody tfoot thead tr ul video audio"
)
_BLOCKS = frozenset(_BLOCK_NAMES.split())
_INLINE_NAMES = (
    "a abbr acronym b base bdi bdo big br button canvas cite code data del dfn em embed font i iframe img input ins "
    "kbd label link map mark math meta noscript object picture q s samp script small source span strike strong "
    "style sub sup svg td template textarea th time title tt u var wbr html head "
    "applet basefont bgsound blink frame frameset marquee nobr noframes"
)
_INLINE = frozenset(_INLINE_NAMES.split())
_WHITE_SPACE = {**dict.fromkeys(_BLOCKS, "\n\n"), "br": "\n", "td": " ", "th": " "}


def plain(html: str) -> str:
    """The text of HTML: a blank line between blocks, a new line for <br>, scripts left out, white space folded."""
    return _plain_again(html) if len(html) < _SHORT else _plain(html)


_SHORT = 16_384
"""Characters. Of shorter texts the last few hundred are remembered: most are asked for again, to compare, to file."""


@lru_cache(maxsize=256)
def _plain_again(html: str) -> str:
    return _plain(html)


def _plain(html: str) -> str:
    text = html[:_LONGEST].replace("\n", " ")
    text = _unescaped(_TOKEN.sub(_as_white_space, text) if "<" in text else text)
    folded = "\n".join([" ".join(line.split()) if line else "" for line in text.split("\n")])
    while "\n\n\n" in folded:  # each round takes a third of it; a regular expression takes ten times as long
        folded = folded.replace("\n\n\n", "\n\n")
    return legible(folded.strip())


def _as_white_space(token: re.Match[str]) -> str:
    return _WHITE_SPACE.get((token["name"] or "").lower(), "")


def plain_line(html: str) -> str:
    """
    One line of text, of a headline or a name in HTML or in plain text. Only the tags of HTML go, "a < b" stays. Read
    until nothing changes, at most four times: headlines come escaped twice (`&amp;lt;b&amp;gt;`), and nobody means it.
    """
    line = html[:_LONGEST]
    if "<" not in line and "&" not in line:
        return " ".join(legible(line).split())
    for _ in range(4):
        before, line = line, _unescaped(_TOKEN.sub(_without_tag, line))
        if line == before:
            break
    else:
        line = line.replace("<", "")
    return " ".join(legible(line).split())


def _without_tag(token: re.Match[str]) -> str:
    """Nothing, or a blank, for what is a tag of HTML; else the token itself."""
    if token["raw"] or token.group().startswith("<!--"):
        return ""
    name = (token["name"] or "").lower()
    if token["unended"] is not None or name not in _BLOCKS | _INLINE:
        return token.group()
    return " " if name in _BLOCKS or name == "br" else ""


def paragraphs(text: str) -> str:
    """Plain text -> HTML: a <p> for each paragraph (blank lines between them), a <br> for each other new line."""
    found = (p.strip() for p in re.split(r"\n\s*\n", legible(text[:_LONGEST]).replace("\r\n", "\n")))
    return "".join(f"<p>{entities.escape(p, quote=False).replace(chr(10), '<br>')}</p>" for p in found if p)
