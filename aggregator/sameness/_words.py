"""
The words of a text as sameness compares them, and one number for each.

A word keeps its case until it is looked up: names begin with a capital. What makes two spellings one word (case, ё,
look-alike letters, how a number is written) is worked out once a word and then remembered, so that reading a text costs
one look-up a word.
"""

from __future__ import annotations

import html
import re
import unicodedata
import zlib

from ..text import CJK, FIRST_IDEOGRAPH

NAME = 1 << 32
"""A word of three letters or more that begins with a capital."""
NUMBER = 1 << 33
IDEOGRAPH = 1 << 34
HASH = NAME - 1
"""The bits of a code that tell which word it is."""

_IDEOGRAPH = re.compile(f"[{CJK}]")
# Letters first, as most words are of letters: a tenth to a third less time than with numbers first.
_WORD = re.compile(r"[^\W_](?:(?<!\d)[^\W_]*|\d{0,2}(?: \d{3})+(?!\d)(?:[.,]\d+)?|\d*(?:[.,:]\d+)*)")
_TAG = re.compile(r"<[^<>]{1,300}>")
# Soft hyphen, zero-width characters, byte-order mark, bidi controls, accents that mark stress. й and ї are composed
# before, and survive.
_SILENT = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\u0300\u0301]")
_DIGIT = re.compile(r"\d")
_THOUSANDS = re.compile(r"\d{1,3}(?:[.,]\d{3})+")

_LONGEST = 16_000
"""Characters. What follows in a longer text is not looked at."""
_MOST_WORDS = 1_500
_MOST_REMEMBERED = 1 << 18
"""Words; at some 150 bytes each."""


def spelled(text: str) -> list[str]:
    """The words in order, as they are written: numbers as one word, Chinese and Japanese character by character."""
    text = _clean(text[:_LONGEST])
    if not text.isascii() and _IDEOGRAPH.search(text):
        text = _IDEOGRAPH.sub(r" \g<0> ", text)
    return _WORD.findall(text)[:_MOST_WORDS]


def _clean(text: str) -> str:
    if "&" in text:
        text = _unescaped(_unescaped(text))  # feeds escape twice: &amp;quot;
    if "<" in text:
        text = _TAG.sub(" ", text)
    if text.isascii():
        return text
    if not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", text)
    # `.replace` is 10 times as fast here as `str.translate`, which crawls on Cyrillic
    return _SILENT.sub("", text).replace("\xa0", " ").replace("\u202f", " ").replace("\u2009", " ")


def _unescaped(text: str) -> str:
    try:
        return html.unescape(text)
    except ValueError:  # a decimal reference of more than 4,300 digits: int() refuses
        return text


# --- one number a word -----------------------------------------------------------------------------------------------


class _Codes(dict[str, int]):
    """Word as it is written -> its code: 32 bits of hash, and what kind of word it is."""

    def __missing__(self, word: str) -> int:
        if len(self) >= _MOST_REMEMBERED:
            self.clear()
        code = self[word] = _code(word)
        return code


code_of = _Codes().__getitem__
"""The code of a word: `codes = list(map(code_of, spelled(text)))`. The same in any process."""


def _code(word: str) -> int:
    code = zlib.crc32(folded(word).encode("utf-8", "replace"))
    if not word.isalpha() and _DIGIT.search(word):  # Q4 and 2-ші are figures too
        return code | NUMBER
    if word >= FIRST_IDEOGRAPH and _IDEOGRAPH.match(word):
        return code | IDEOGRAPH
    return code | NAME if word[0].isupper() and len(word) > 2 else code


def folded(word: str) -> str:
    """The one spelling of a word: lower case, е for ё, one alphabet, numbers without the marks of thousands."""
    return _plain_number(word) if word[0].isdigit() else _one_alphabet(word.casefold().replace("ё", "е"))


def _plain_number(word: str) -> str:
    """1 500,50 and 1500.5 are one number, 1,500 and 1.500 too; 12.30 and 12:30 are one time."""
    number = word.replace(" ", "")
    if _THOUSANDS.fullmatch(number):
        return number.replace(",", "").replace(".", "")
    number = number.replace(",", ".").replace(":", ".")
    return number.rstrip("0").rstrip(".") if number.count(".") == 1 else number


# --- look-alikes -----------------------------------------------------------------------------------------------------

# Pairs that look the same in both cases: whole words of them are compared in Cyrillic, in whatever language, so that a
# Latin "c" or "a" between Russian words costs nothing.
_ALWAYS = dict(zip("aceikmoptxyə", "асеікмортхуә", strict=True))
# Pairs that look the same in one case only, or nearly: used in words that mix the alphabets.
_IN_A_MIXTURE = _ALWAYS | dict(zip("hbns", "нвпѕ", strict=True))
_LATIN_BY_CYRILLIC = {ord(c): lat for lat, c in _ALWAYS.items()}
_CYRILLIC_BY_LATIN = {ord(lat): c for lat, c in _ALWAYS.items()}
_CYRILLIC_IN_A_MIXTURE = {ord(lat): c for lat, c in _IN_A_MIXTURE.items()}
_CYRILLIC = re.compile(r"[\u0400-\u052f]")
_LATIN = re.compile(r"[a-zə]")
_ONLY_LOOK_ALIKES = re.compile(f"[{''.join(_ALWAYS)}]+")


def _one_alphabet(word: str) -> str:
    """A word in lower case with the letters of one alphabet only, where look-alikes of another were mixed in."""
    latin = _LATIN.search(word)
    if not latin:
        return word
    if not _CYRILLIC.search(word):
        return word.translate(_CYRILLIC_BY_LATIN) if _ONLY_LOOK_ALIKES.fullmatch(word) else word
    cyrillic = word.translate(_CYRILLIC_IN_A_MIXTURE)
    if not _LATIN.search(cyrillic):
        return cyrillic
    only_latin = word.translate(_LATIN_BY_CYRILLIC)
    return word if _CYRILLIC.search(only_latin) else only_latin
