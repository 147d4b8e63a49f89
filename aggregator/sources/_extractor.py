"""The only door to trafilatura: a web page -> the HTML of its text, without what stands around it."""

from __future__ import annotations

import logging
import re

from ._html import LONGEST, shorn

MOST_TAGS, LONGEST_SHORN = 15_000, 500_000
"""It takes quadratic time in both: 4 s at the worst with so many. Articles have a tenth of that."""


def main_text(page: str, url: str) -> str:
    """What an article on a page at `url` says, as HTML with absolute links; empty if nothing is recognised."""
    page = shorn(page[:LONGEST])
    if len(page) > LONGEST_SHORN or page.count("<") > MOST_TAGS:
        return ""
    import trafilatura  # 300 ms, for those who have a page to read
    from lxml.etree import LxmlError

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # it tells of every page without a text
    try:
        html = trafilatura.extract(
            page, url=url, output_format="html", include_links=True, include_formatting=True, include_images=True,
            include_comments=False,
        )  # fmt: skip
    except (LxmlError, ValueError, TypeError, AttributeError, LookupError, RecursionError, AssertionError, MemoryError):
        return ""  # by no rule: it walks trees that a broken page has bent
    return re.sub(r"\s*</?(?:html|body)\s*/?>\s*", "", html or "")
