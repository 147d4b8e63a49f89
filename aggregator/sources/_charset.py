"""
Bytes -> text, by evidence. What the bytes themselves show beats what anybody says of them:

    byte-order mark > zeros of UTF-16 > valid UTF-8 > mostly valid UTF-8 > transport > declaration > letters > UTF-8
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark is the beginning of this one
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARED = re.compile(
    rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]+)|<meta[^>]{0,200}?charset\s*=\s*["']?([\w.:-]+)""", re.I
)
_KNOWN = ("cp", "iso8859", "koi8", "mac-", "gb", "hz", "big5", "euc", "shift_jis", "iso2022", "tis-620", "kz1048")
"""Python also calls idna, punycode, utf-7 and unicode_escape encodings: slow or unsafe, and nobody's feed."""
_UTF8_LETTER = re.compile(rb"[\xC2-\xDF][\x80-\xBF]|[\xE0-\xEF][\x80-\xBF]{2}|[\xF0-\xF4][\x80-\xBF]{3}")
_LOW = bytes(range(128))
_NOT_FOLLOWING = bytes([*range(0x80), *range(0xC0, 0x100)])
_HIGH_PAIR = re.compile(rb"[\x80-\xFF]{2,}")
_PIECE = re.compile(rb"[<\n]?[^<\n]*")
_CYRILLIC = ("cp1251", "koi8-r", "cp866", "iso8859-5")
_KAZAKH = ("kz1048", "ptcp154")
_FREQUENT = frozenset("оеаинтсрвлкмдпу")
_CHINESE = ("gb18030", "big5")
_FREQUENT_HANZI = frozenset(
    "的一是在不了有和人这這中大为為上个個国國我以要他时時来來用们們生到作地于出就分对對成会會可主发發年动動同工也能下过過"
    "子说說产產种種面而方后後多定行学學法所民得经經十三之进進等部度家电電力里如水化高自二理起小现現实實加量都两兩体體制机機"
    "当當使点點从從业業本去把性好应應开開合还還因由其些然前外天政四日那社义義事平形相全表间間样樣与與关關各重新月将將"
)
_CHINESE_SHARE = 0.15
"""Of the commonest characters in a text: they are a third to a half of Chinese; 0.11 of Japanese, none of Cyrillic."""
_CASE_BREAK = re.compile(r"[а-яё][А-ЯЁ]")
_SAMPLE = 20_000


def decode(body: bytes, said: str | None = None) -> str:
    """The text of `body`, without its byte-order mark. `said`: the charset of the transport. Never raises."""
    return read(body, said)[0]


def read(body: bytes, said: str | None = None) -> tuple[str, str]:
    """The same, and the name of its character set."""
    for mark, name in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace"), name
    wide = _wide(body)
    if wide:
        return body.decode(wide, "replace"), wide
    try:
        return body.decode(), "utf-8"
    except UnicodeDecodeError:
        return _not_quite_utf8(body, said)


def remarks(body: bytes, said: str | None, text: str, name: str) -> Iterator[str]:
    """What `read` made of it against what was declared, and what it could not make anything of."""
    declared = said or _declared(body)
    is_the_same = body.isascii() and _codec(declared or "").startswith((*_KNOWN, "utf-8", "ascii"))
    if declared and not is_the_same and _codec(declared) != _codec(name):
        yield f"said to be {declared[:40]}, and read as {name}"
    if not declared and not name.startswith("utf-"):
        yield f"in no character set that is said: read as {name}, by its letters"
    if text.count("\ufffd") > body.count("\ufffd".encode()):
        yield f"not all of it is {name}: what could not be read was replaced"


def _wide(body: bytes) -> str | None:
    """UTF-16 without a mark: every second byte of its markup and spaces is zero."""
    even, odd = body[:_SAMPLE:2].count(0), body[1:_SAMPLE:2].count(0)
    if max(even, odd) < max(2, min(len(body), _SAMPLE) / 20):
        return None
    if even > 4 * odd:
        return "utf-16-be"
    return "utf-16-le" if odd > 4 * even else None


def _not_quite_utf8(body: bytes, said: str | None) -> tuple[str, str]:
    if _is_mostly_utf8(body):  # with an accident: it costs what it touched, not the whole
        return "".join(map(_piece, _PIECE.findall(body))), "utf-8"
    for name in filter(None, (said, _declared(body))):
        text = _as(name, body)
        if text is not None:
            return text, name
    return _by_letters(body)


def _declared(body: bytes) -> str | None:
    """What the document says of itself; None if it says nothing."""
    found = _DECLARED.search(body[:2048])
    return (found[1] or found[2]).decode("ascii") if found else None


def _is_mostly_utf8(body: bytes) -> bool:
    """More letters of UTF-8 than bytes that belong to none."""
    high, following = _how_many_high(body), len(body.translate(None, _NOT_FOLLOWING))
    if 3 * following <= high:  # there cannot be so many, and to look for them takes ten times as long
        return False
    letters = _UTF8_LETTER.findall(body)
    return len(letters) > high - sum(map(len, letters))


def _how_many_high(body: bytes) -> int:
    return len(body.translate(None, _LOW))


def _piece(piece: bytes) -> str:
    """One line or element of a text in UTF-8. A whole sentence in another encoding was pasted in, and is readable."""
    try:
        return piece.decode()
    except UnicodeDecodeError:
        pasted = _how_many_high(piece) > 8 and not _UTF8_LETTER.search(piece)
        return _by_letters(piece)[0] if pasted else piece.decode(errors="replace")


def _codec(name: str) -> str:
    """What Python calls it; of names that mean nothing, the name. Of UTF-16, the order of bytes is no part of it."""
    try:
        return re.sub("-[lb]e$", "", codecs.lookup(name).name)
    except (LookupError, ValueError):
        return name


def _as(name: str, body: bytes) -> str | None:
    codec = _codec(name)
    try:
        return body.decode(codec) if codec.startswith(_KNOWN) else None
    except (LookupError, ValueError):
        return None


def _by_letters(body: bytes) -> tuple[str, str]:
    """
    Cyrillic letters and Chinese characters stand together, accented Latin letters stand alone; which of them, the
    frequent ones tell.
    """
    together = sum(map(len, _HIGH_PAIR.findall(body)))
    if together * 2 <= _how_many_high(body):
        return body.decode("cp1252", "replace"), "windows-1252"
    share, chinese = max((_chinese(name, body), name) for name in _CHINESE)
    if share >= _CHINESE_SHARE:
        return body.decode(chinese, "replace"), chinese
    sample = b"".join(_HIGH_PAIR.findall(body)[:2000])[:_SAMPLE]
    best = max(_CYRILLIC, key=lambda name: _likeness(sample.decode(name, "replace")))
    name = best if _likeness(sample.decode(best, "replace")) > 0 else "utf-8"
    if name == "cp1251" and _is_kazakh(body[:_SAMPLE].decode(name, "replace")):
        name = max(_KAZAKH, key=lambda name: _kazakh_letters(body[:_SAMPLE].decode(name, "replace")))
    return body.decode(name, "replace"), name


def _is_kazakh(text: str) -> bool:
    """Whether it is no text of windows-1251: қ stands where that has a letter of Macedonian, which has no ы."""
    letters = text.lower()
    return "ќ" in letters and "ы" in letters


def _kazakh_letters(text: str) -> int:
    return sum(letter in "әғқңөұүһі" for letter in text.lower())


def _chinese(name: str, body: bytes) -> float:
    """Which share of the text, read as this, are the commonest characters of Chinese; 0 if it cannot be read so."""
    try:
        text = codecs.getincrementaldecoder(name)().decode(body[:_SAMPLE])  # which may end within a character
    except UnicodeDecodeError:
        return 0.0
    return sum(c in _FREQUENT_HANZI for c in text) / max(1, sum(not c.isascii() for c in text))


def _likeness(text: str) -> float:
    """How much this looks like Russian: frequent letters for it, capitals inside words and odd signs against."""
    frequent = sum(c in _FREQUENT for c in text.lower())
    odd = sum(not c.isalpha() for c in text)
    return frequent + 0.1 * sum(c.islower() for c in text) - odd - 3 * len(_CASE_BREAK.findall(text))
