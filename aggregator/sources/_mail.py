"""A letter (.eml, RFC 5322) -> one Item: newsletters and press releases that were mailed."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from email.errors import MessageError
from email.message import EmailMessage
from email.utils import parseaddr

from ..errors import ParseError
from ..model import Item
from ._charset import decode
from ._dates import moment

_MALFORMED = (MessageError, ValueError, LookupError, AttributeError, TypeError, AssertionError, RecursionError)
"""What the standard library raises on headers and parts that break their RFC."""
_LONGEST_TITLE, _LONGEST_TEXT = 1_000, 1_000_000
_LONGEST_HEADER = 10_000


def item(body: bytes, source: str) -> Item:
    """The letter: its subject, sender, date and text, HTML preferred. Raises ParseError for what is no letter."""
    try:
        letter = message_from_bytes(body, EmailMessage, policy=policy.default.clone(max_line_length=None))
        return _item(letter, source)
    except _MALFORMED as e:
        raise ParseError(source, f"the letter is too broken to be read ({type(e).__name__})") from e


def _item(letter: EmailMessage, source: str) -> Item:
    subject, sender, said = (_header(letter, name) for name in ("subject", "from", "date"))
    if not (subject or sender or said):
        raise ParseError(source, "this is no letter: it has neither subject nor sender nor date")
    name, address = parseaddr(sender)
    mailing_list = _header(letter, "list-id").partition("<")[0].strip(' "')
    text, is_html = _text(letter)
    return Item(
        guid=_header(letter, "message-id").strip("<> ") or None,
        title=subject[:_LONGEST_TITLE] or None,
        content=text[:_LONGEST_TEXT] or None,
        is_html=is_html,
        authors=tuple(filter(None, [name or address])),
        published_at=moment(said),
        date_said=said or None,
        language=_header(letter, "content-language").split(",")[0].strip() or None,
        publisher=mailing_list or name or None,
    )


def _header(letter: EmailMessage, name: str) -> str:
    """One line, decoded; empty if it is missing or cannot be read."""
    raw = next((value for key, value in letter.raw_items() if key.lower() == name), "")
    if len(raw) > _LONGEST_HEADER:
        return ""
    if any("\udc80" <= c <= "\udcff" for c in raw):  # eight-bit letters where RFC 5322 has seven
        return " ".join(decode(raw.encode("utf-8", "surrogateescape")).split())
    try:
        return " ".join(str(letter[name] or "").split())
    except _MALFORMED:
        return " ".join(raw.split())


def _text(letter: EmailMessage) -> tuple[str, bool]:
    """The text, and whether it is HTML."""
    part = letter.get_body(("html", "plain"))
    if part is None:
        return "", False
    payload = part.get_payload(decode=True)
    text = decode(payload if isinstance(payload, bytes) else b"", part.get_content_charset())
    text = re.sub(r"\r\n?", "\n", text.replace("\x00", "")).strip()
    return text, part.get_content_subtype() == "html"
