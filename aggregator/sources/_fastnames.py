"""
What the elements of a feed are called, whoever chose the prefixes: `{http://purl.org/dc/elements/1.1/}creator` is
`dc:creator`. The names are feedparser's; so are the oddities in how it finds them, which send a document away.
"""

from __future__ import annotations

import re
from functools import lru_cache

ATOM = "http://www.w3.org/2005/Atom"
XHTML = "{http://www.w3.org/1999/xhtml}"
XML = "{http://www.w3.org/XML/1998/namespace}"
_RSS_10 = "http://purl.org/rss/1.0/"
_RSS_090 = "http://my.netscape.com/rdf/simple/0.9/"

_PREFIXES = {
    "": "",
    ATOM: "",
    _RSS_10: "",
    _RSS_090: "",
    "http://purl.org/atom/ns#": "",
    "http://blogs.law.harvard.edu/tech/rss": "",
    "http://backend.userland.com/rss": "",
    "http://backend.userland.com/rss2": "",
    "http://www.w3.org/XML/1998/namespace": "xml",
    "http://www.w3.org/1999/xhtml": "xhtml",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://purl.org/dc/terms/": "dcterms",
    "http://purl.org/rss/1.0/modules/content/": "content",
    "http://search.yahoo.com/mrss/": "media",
    "http://search.yahoo.com/mrss": "media",
    "http://www.rssboard.org/media-rss": "media",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "http://www.itunes.com/DTDs/Podcast-1.0.dtd": "itunes",
    "http://www.itunes.com/DTDs/PodCast-1.0.dtd": "itunes",
    "http://rssnamespace.org/feedburner/ext/1.0": "feedburner",
    "http://webns.net/mvcb/": "admin",
    "http://www.georss.org/georss": "georss",
    "http://www.opengis.net/gml": "gml",
    "http://podlove.org/simple-chapters": "psc",
    "http://web.resource.org/cc/": "cc",
    "http://creativecommons.org/ns#license": "cc",
    "http://backend.userland.com/creativeCommonsRssModule": "creativecommons",
    "http://cyber.law.harvard.edu/rss/creativeCommonsRssModule.html": "creativecommons",
}
"""Those under which feedparser knows an element, spelt as they are spelt. Other namespaces mean nothing to it."""
_SPELLINGS = {uri.lower() for uri in _PREFIXES} | {
    "http://example.com/newformat#", "http://example.com/necho", "http://purl.org/echo/", "uri/of/echo/namespace#",
    "http://purl.org/pie/", "http://purl.org/rss/1.0/modules/rss091#", "http://example.com/dtds/podcast-1.0.dtd",
}  # fmt: skip
# A foreign prefix like one of these would make `published:parsed` out of what is none of ours.
_TAKEN = {*_PREFIXES.values()} - {""} | {
    "author", "created", "date", "description", "expired", "publisher", "published", "subtitle", "summary", "title",
    "updated", "validity",
}  # fmt: skip
_BY_PREFIX = frozenset({"http://www.rssboard.org/media-rss"})
"""feedparser does not know these; it takes the prefix for what they are."""
_DECLARATION = re.compile(r"""xmlns(?::([^\s=:]{1,100}))?\s*=\s*(?:"([^"]*)"|'([^']*)')""")


def declared(text: str) -> dict[tuple[str, str], None]:
    """Every prefix and namespace that a document declares, or seems to declare inside its texts, in its order."""
    return dict.fromkeys((prefix, double or single) for prefix, double, single in _DECLARATION.findall(text))


def are_plain(names: dict[tuple[str, str], None]) -> bool:
    """Whether the prefixes are no riddle: feedparser, who goes by both, reads in them what an XML parser reads."""
    meant: dict[str, str] = {}
    for prefix, uri in names:
        own = _PREFIXES.get(uri)
        is_misspelt = own is None and (uri.lower() in _SPELLINGS or "backend.userland.com/rss" in uri.lower())
        is_another = prefix != own and (prefix.lower() in _TAKEN or uri in _BY_PREFIX)
        if is_misspelt or is_another or (prefix and not uri) or not prefix.isascii():
            return False
        if prefix and meant.setdefault(prefix.lower(), uri) != uri:
            return False
    return True


def is_atom(root: str, names: dict[tuple[str, str], None]) -> bool:
    """Whether feedparser takes it for Atom: by its root if that is <rss>, else by the namespace declared first."""
    marks = [uri for prefix, uri in names if uri in (ATOM, _RSS_10) or (uri == _RSS_090 and not prefix)]
    return root != "rss" and (marks[0] == ATOM if marks else root == "feed")


@lru_cache(maxsize=4096)
def name(tag: str) -> str:
    """`dc:creator`, in lower case. RSS and Atom themselves have no prefix, what feedparser does not know has `?`."""
    uri, _, local = tag.rpartition("}")
    prefix = _PREFIXES.get(uri[1:])
    if prefix is None:
        return f"?:{local.lower()}"
    return f"{prefix}:{local.lower()}" if prefix else local.lower()
