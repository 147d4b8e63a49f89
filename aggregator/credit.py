"""
Whom a text itself names as its origin: «сообщает Казинформ», "(Reuters) -", 据新华社报道.

A credit counts where news puts it: in the dateline, the first two sentences and the last one; and if it names an
outlet. That a ministry or its press service has said something is the news itself, and no sign of a copy.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from .outlets import is_office, is_outlet, is_same
from .text import sentences, shorten, words

HEAD, TAIL = 600, 300
"""Characters at the beginning and at the end of a text, in which a credit is looked for."""
SENTENCE = 6
"""Words: what is shorter is a dateline or a line of its own ("Фото: акимат") and is not counted as a sentence."""
SPEECH = 40
"""Characters: what is longer, between quotes, is no name but what somebody said."""
LONGEST = 100
"""Characters of the words that are shown."""


@dataclass(frozen=True, kw_only=True)
class Credit:
    """An outlet that a text names as its origin."""

    name: str
    words: str
    """The very words that say so; one line."""


_QUOTED = re.compile(r"«[^«»]*»|“[^“”]*”|„[^„“”]*[“”]|\"[^\"\n]*\"")


# --- how it is said --------------------------------------------------------------------------------------------------

_UPPER = "A-ZÀ-ÖØ-ÞА-ЯІӘҒҚҢӨҰҮҺ"
_TOKEN = (  # «Дала», Reuters, Zakon.kz, zakon.kz; possessive where it can be, so that no text makes it slow
    rf"""(?:[«“„"][^«»“”„"\n]{{2,{SPEECH}}}[»”“"]|[{_UPPER}][\w&]*+(?:[.-]\w++)*+"""
    r"|[a-z\d-]{2,30}+\.[a-z]{2,6}\b|(?:dpa|epd|taz|n-tv)\b)"
)
_WHAT = (
    "корр|собкор|агентств|информагентств|издани|газет|журнал|портал|сайт|телеканал|радио|еженедельник|"
    "news|newspaper|agency|outlet|website|broadcaster|[Nn]achrichtenagentur|[Zz]eitung|[Mm]agazin|[Ss]ender|"
    "the|der|die|das|dem|den|des"
)
_BEFORE_NAME = rf"(?:(?:[a-zа-яäöüß-]{{1,20}}\s){{0,2}}(?:{_WHAT})[a-zа-я]{{0,10}}\.?\s){{0,2}}"
_AFTER_NAME = (
    r"(?:\s(?:news\sagency|newspaper|news\swebsite|ақпарат|агенттігі\w{0,4}|газеті\w{0,4}|порталы\w{0,4}|сайты\w{0,4}|"
    r"телеарнасы\w{0,4}|тілшісі\w{0,4})){0,3}"
)
_BARE = rf"(?P<name>{_TOKEN}(?:\s(?:of\s|&\s)?{_TOKEN}){{0,3}})(?P<kind>{_AFTER_NAME})"
_NAME = rf"(?P<what>{_BEFORE_NAME}){_BARE}"
_FIRST = rf"(?<!\w)(?P<what>){_BARE}"
_HANZI = r"(?P<what>)(?P<name>[\u4e00-\u9fffA-Za-z《》.·]{2,16}?)(?P<kind>)"

_AT_FIRST = r"\A(?![Фф]ото|ФОТО|[Pp]hoto|[Ff]oto|Bild|[Сс]урет|图)"
_IN_CAPITALS = "АБВ"
"""Stands for them among the signs."""
# The signs of a way to say it, and the way itself; NAME is the outlet. Where none of the signs stands, it is not said.
_DATELINES = (
    ("(", rf"{_AT_FIRST}[^()!?]{{0,40}}\(\s?NAME\s?\)"),  # ALMATY (Reuters) -
    ("/", rf"{_AT_FIRST}[^/!?]{{0,50}}/\s?NAME\s?/"),  # АСТАНА, 22 ноября. /ТАСС/
    # АСТАНА. КАЗИНФОРМ —
    (_IN_CAPITALS, rf"{_AT_FIRST}[{_UPPER}]{{3,}}+[^/()!?]{{0,40}}?[.,–—-]\s?NAME\s?(?:[.–—-]|/|$)"),
)
_SAID = {
    "ru": (
        (
            "ообща ереда ишет информирует ссылкой ссылаясь",
            r"\b(?:[Сс]ообща[ею]т|[Пп]ереда[её]т|передают|[Пп]ишет|информирует|[Сс]о\sссылкой\sна|ссылаясь\sна)\sNAME",
        ),
        (
            "данным информации сообщени материалам",
            r"\b(?:[Пп]о|[Сс]огласно)\s(?:данным|информации|сообщени[юя]м?|материалам)\sNAME",
        ),
        (
            "ообщил",
            r"\b[Сс]ообщил[ао]?\s(?=(?:информ)?(?:агентство|издание|газета|журнал|портал|телеканал|радио)\s)NAME",
        ),
    ),
    "kk": (
        ("хабарла жазады жеткізеді", r"\b(?:хабарла(?:йды|ды|п\sотыр)|жазады|жеткізеді)\sNAME"),
        (
            "хабарла мәлімет сілтеме жаз",
            r"FIRST-?\w{0,4}\s(?:(?:хабарла|мәлімет|сілтеме\sжаса)\w+|жаз(?:ады|уынша|ғандай)\b)",
        ),
    ),
    "en": (
        (
            "ccording reported reports iting uoting reference",
            r"\b(?:[Aa]ccording\sto|reported\sby|reports|[Cc]iting|[Qq]uoting|[Ww]ith\sreference\sto)\sNAME",
        ),
        ("report writes wrote", r",\sNAME\s(?:reports?|reported|writes|wrote)(?=[.,;]|\sciting|$)"),
    ),
    "de": (
        (
            "aut berichte melde Berufung",
            r"\b(?:[Ll]aut|(?:berichte|melde)(?:t|n|te|ten)|[Uu]nter\sBerufung\sauf)\sNAME",
        ),
        ("Angaben Informationen", r"\b[Nn]ach\s(?:Angaben|Informationen)(?:\svon)?\sNAME"),
        (
            "berichtet meldet schreibt schrieb",
            r"\b[Ww]ie\sNAME(?:\s[\w.]+){0,3}?\s(?:berichtete?|meldete?|schreibt|schrieb)",
        ),
        ("zufolge", r"FIRST\szufolge\b"),
    ),
    "zh": (
        ("据 援引 引述", r"(?:据|援引|引述)HANZI(?:\d{1,2}月)?(?:\d{1,2}日)?(?:记者)?(?:报道|消息|电|讯|的)"),
        ("日", r"(?:^|[（(])HANZI(?<=[社网報报])[\u4e00-\u9fff]{0,8}\d{1,2}月\d{1,2}日(?:电|讯)"),
        ("（ (", r"[（(](?=[\u4e00-\u9fff])HANZI[)）]"),
        ("转自", r"转自HANZI(?=[，。；\s]|$)"),
    ),
}
_SAYS_IT_ALL = (  # whatever is named, if it is no office, is where the text was taken from
    (":", r"(?:\A|\n|[.!?(]\s?)(?i:источник|дереккөз|source|quelle)\s?:\sNAME"),
    ("передает передаёт", r"переда[её]т(?:(?<=, .{8})|(?<=ак .{8})|(?<=этом .{8}))\s(?=[«“„\"])NAME"),
    ("来源", r"来源[:：]\s?(?P<what>)(?P<name>[^\s，。）)]{2,20})(?P<kind>)"),
)


class Way(NamedTuple):
    """A way to name the origin of a text."""

    signs: tuple[str, ...]
    said: str
    """A pattern. It is compiled with the first text that has a sign of it: all of them take 50 ms."""
    is_plain: bool
    """Whether it says itself that what it names is the origin ("Source:")."""

    def find(self, text: str) -> Iterator[re.Match[str]]:
        return re.finditer(self.said, text, re.MULTILINE)


def _way(signs: str, said: str, *, is_plain: bool = False) -> Way:
    said = said.replace("NAME", _NAME).replace("FIRST", _FIRST).replace("HANZI", _HANZI)
    return Way(tuple(signs.split()), said, is_plain)


WAYS = (
    *(_way(*said) for ways in _SAID.values() for said in ways),
    *(_way(*said, is_plain=True) for said in _SAYS_IT_ALL),
)
WAYS_AT_FIRST = (*(_way(*said) for said in _DATELINES), *WAYS)
_SIGNS = tuple({sign for way in WAYS_AT_FIRST for sign in way.signs})


def likely(ways: Iterable[Way], text: str) -> list[Way]:
    """Those of which a sign stands in the text: looking for names takes long, and few texts credit anybody."""
    signs = {sign for sign in _SIGNS if sign in text}
    if text.lstrip()[:3].isupper():
        signs.add(_IN_CAPITALS)
    return [way for way in ways if not signs.isdisjoint(way.signs)]


# --- finding it ------------------------------------------------------------------------------------------------------


def credit(text: str, own: Collection[str] = (), outlets: Collection[str] = ()) -> Credit | None:
    """
    The first outlet that the plain text credits, but for `own`, the names of its own outlet. A name that does not tell
    that it is an outlet's counts if it is one of `outlets`. Linear, and deaf to all but the beginning and the end.
    """
    for found, is_plain in _found(text):
        name, said = _bare(found["name"]), f"{found['what']}{found['name']}{found['kind']}"
        if is_office(said) or any(is_same(name, o) for o in own):
            continue
        if is_plain or is_outlet(said) or any(is_same(name, o) for o in outlets):
            return Credit(name=name, words=shorten(" ".join(found.group().split()).strip(" ,.(–—-"), LONGEST))
    return None


def _found(text: str) -> Iterator[tuple[re.Match[str], bool]]:
    """What looks like a credit, in the order of the text, and whether it says so itself."""
    head, tail = text[:HEAD], text[-TAIL:]
    if ways := likely(WAYS_AT_FIRST, head):
        yield from _found_in(_until(_sentences(head), 2), ways)
    if ways := likely(WAYS, tail):
        yield from _found_in(_until(_sentences(tail)[::-1], 1)[::-1], ways)


def _found_in(said: list[str], ways: list[Way]) -> list[tuple[re.Match[str], bool]]:
    place = "\n".join(said)
    matches = ((found, way.is_plain) for way in ways for found in way.find(place))
    return sorted(matches, key=lambda m: m[0].start())


def _until(said: list[str], count: int) -> list[str]:
    """So many sentences, with the short lines before and between them."""
    taken: list[str] = []
    for sentence in said:
        taken.append(sentence)
        count -= len(words(sentence)) >= SENTENCE
        if not count:
            break
    return taken


def _sentences(text: str) -> list[str]:
    return [s for line in _QUOTED.sub(_unless_speech, text).split("\n") for s in sentences(line)]


def _unless_speech(quoted: re.Match[str]) -> str:
    return quoted.group() if len(quoted.group()) <= SPEECH else "…"


def _bare(name: str) -> str:
    """Without quotes, and without what stands before them: МИА «Дала»."""
    return name[name.find("«") + 1 :].strip(" «»“”„\"《》.")
