"""
Words, stems, sentences: what plain text is made of.

    words     what comparing and filing look at: deaf to case, quotes, dashes, soft hyphens, accents and ё
    located   where they stand
    sketch    one fingerprint of all the words: equal sketches are the same text
    stem      the part of a word that its inflected forms share
    origins   the stems by which a word is found: its own, and those of the names that it is made of
    starts    the beginnings that a star stands for
    summary   the first sentences, as many as fit
"""

from __future__ import annotations

import html
import re
import threading
import unicodedata
from collections.abc import Callable, Iterator
from hashlib import blake2b
from itertools import pairwise

# --- words -----------------------------------------------------------------------------------------------------------

CJK = (
    r"\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f"
    r"\U00020000-\U0003ffff"
)
"""Ideographs and kana, for the inside of a character class: they are written without blanks."""
FIRST_IDEOGRAPH = "\u3005"
"""What begins with it or a later letter is one, or hardly ever met."""
ROOT = 5
"""Letters: so many at the beginning the inflected forms of a word share, near enough in every language."""
MARKS = "".join(c for c in map(chr, range(0x900, 0xE00)) if unicodedata.category(c) in ("Mc", "Mn"))
"""Vowels and the like in the scripts of India: Unicode takes them for marks, but they are of the word they stand in."""
_COMMON_LETTERS = "a-z\u00df-\u00f6\u00f8-\u02af\u0430-\u045f\u048a-\u052f"
"""Latin and Cyrillic."""
# Without _COMMON_LETTERS and possessive repetition the same is found, in more than twice the time. What stands between
# words is taken in one go, blanks first: the search would try all kinds of words at each letter of it, a fifth slower.
# Behind the last word it finds an empty one.
_WORD = re.compile(
    rf"[ ,.]*+(?:[^\w{CJK}]++|_)*+([{_COMMON_LETTERS}]++[^\W\d_{CJK}]*+|[^\W\d_{CJK}](?:[^\W\d_{CJK}]|[{MARKS}])*+"
    rf"|\d{{1,3}}(?: \d{{3}})+(?!\d)(?:[.,]\d+)?|\d+(?:[.,:]\d+)*|[{CJK}]|)"
)
_IDEOGRAPH = re.compile(rf"[{CJK}]")
# Soft hyphen, zero-width characters, byte-order mark, bidi controls, and the accents that mark stress; the points and
# vowel signs of Hebrew and Arabic, which hardly any news has, and the stroke that only lengthens a word. Not all
# combining marks: й and ї must survive. U+0307 is what casefold() leaves of the Turkish İ, U+0308 of the Greek ΐ.
_SILENT = re.compile(
    "[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\u0300\u0301\u0307\u0308\u0342"
    "\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8]"
)


def words(text: str) -> list[str]:
    """
    The words of plain text in order: letters in lower case, numbers as one word ("1 500,5" is "1500.5"), Chinese and
    Japanese characters one by one. Punctuation and hyphens vanish: "казахстанско-белорусский" is two words.
    """
    found = _WORD.findall(_folded(_whole(text)))
    return [w if w.isalpha() else w.replace(" ", "").replace(",", ".") for w in found if w]


def located(text: str) -> tuple[str, list[tuple[int, int]]]:
    """The text as it may be shown, and where each of its `words` stands in that; slow, for one paragraph to look at."""
    text = _whole(text)
    origin = [i for i, c in enumerate(text) for _ in _folded(c)]
    found = _WORD.finditer("".join(map(_folded, text)))
    return text, [(origin[w.start(1)], origin[w.end(1) - 1] + 1) for w in found if w[1]]


def _whole(text: str) -> str:
    """`text` with each letter in one piece: no character references, no accents beside their letters."""
    if "&" in text:
        text = _unescaped(text)
    return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)


def _folded(text: str) -> str:
    """`text` as words compare it. `.replace` is 10 times as fast here as `str.translate`, which crawls on Cyrillic."""
    if text.isascii():
        return text.lower()
    text = _SILENT.sub("", text.casefold())
    return text.replace("ё", "е").replace("\xa0", " ").replace("\u202f", " ").replace("\u2009", " ")


def _unescaped(text: str) -> str:
    try:
        return html.unescape(text)
    except ValueError:  # a decimal reference of more than 4,300 digits: int() refuses
        return text


# --- sketch ----------------------------------------------------------------------------------------------------------

_ENOUGH = 12
"""Words: shorter bodies ("Photo", "Read on our site") are told apart by their headlines."""
_TOO_FEW = 8
"""Words: fewer than this say the same by accident."""


def sketch(title: str, body: str) -> str:
    """
    32 hexadecimal digits of the words of the body, or of title and body together if the body is short; empty if even
    those are too few to tell. The same on any machine. Two ideographs count as a word.
    """
    said = words(body)
    if len(said) < 2 * _ENOUGH:  # else they are enough, even if all of them are ideographs
        if _count(said) < _ENOUGH:
            said = words(title) + said
        if _count(said) < _TOO_FEW:
            return ""
    return blake2b(" ".join(said).encode("utf-8", "replace"), digest_size=16).hexdigest()


def _count(said: list[str]) -> float:
    return len(said) - sum(1 for w in said if len(w) == 1 and _IDEOGRAPH.match(w)) / 2


# --- stems -----------------------------------------------------------------------------------------------------------

_SNOWBALL = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek", "en": "english",
    "es": "spanish", "et": "estonian", "eu": "basque", "fi": "finnish", "fr": "french", "ga": "irish", "hi": "hindi",
    "hu": "hungarian", "hy": "armenian", "id": "indonesian", "it": "italian", "lt": "lithuanian", "ne": "nepali",
    "nl": "dutch", "no": "norwegian", "nb": "norwegian", "nn": "norwegian", "pl": "polish", "pt": "portuguese",
    "ro": "romanian", "ru": "russian", "sr": "serbian", "sv": "swedish", "ta": "tamil", "tr": "turkish",
}  # fmt: skip


class _Own(threading.local):
    """A Stemmer keeps state while it works: one a thread."""

    def __init__(self) -> None:
        self.stemmers: dict[str, Callable[[str], str]] = {}


_own = _Own()

# Snowball takes the ends of some nouns for those of verbs (кредит: кред, but кредиты: кредит; Казахстан: казахста, but
# Казахстаном: казахстан; белар), or for a case. So these are stemmed here, by their declension.
_RUSSIAN_NOUN = re.compile(
    r"(?:(..+[ая]н)|(.*(?:кредит|дефицит|профицит|лимит|транзит|аудит|визит|депозит|магнит|саммит|метеорит)"
    r"|бандит|гранит|паразит|динамит|аппетит|режим|диплом|альбом|атом|симптом|перелом|аэродром|об[ъь]ем|прием"
    r"|под[ъь]ем|водоем|обмен|экзамен|феномен|.*(?:ртс|рдс|нес|есс)мен))(?:[аеуоы]|о[ймвю]|а[мх]|ами)?"
    r"|(.*рус)(?:ь|и|ью)"
    r"|(алта|дуба|кита|шанха|музе|хокке|юбиле|трофе|мавзоле|урожа|случа|трамва)(?:[йяюеи]|е[мв]|ям|ями|ях)"
    r"|(.*мобил|профил|фестивал|госпитал)(?:[ьяюеи]|е[мй]|ям|ями|ях)"
)
# A vowel that comes and goes: рынок, рынка; казахстанец, казахстанца. Snowball leaves it where it is.
_FLEETING_VOWEL = re.compile(r"(?<=..[бвгджзклмнпрстфхцчшщ])[ое](?=[кц]$)")
# Kazakh endings, as they pile up on nouns: number, possession, case. Snowball knows no Kazakh. Which consonant an
# ending begins with depends on the sound before it, so "үкіметі" is үкімет + і, and not үкіме + ті.
_KAZAKH = re.compile(
    r"(?<=..)(?:[лд][ае]р|(?<=[бгвдкқпстфхцчшщ])т[ае]р|[нд][ыі]ң|(?<=[бгвдкқпстфхцчшщ])т[ыі]ң|[нд][ае]н"
    r"|(?<=[бгвдкқптфхцчшщ])т[ае]н|[мбп]ен|с[ыі]н(?:[ае]н|[ыі]ң|[ае]|д[ае])?|[ыі]м[ыі]з|[ыі]ң[ыі]з"
    r"|(?<=[ыі])нд[ае]|д[ае]|(?<=[бгвдкқпстфхцчшщ])т[ае]|[гк]е|[ғқ]а)$"
    r"|(?<=...)(?:[нд][ыі]|(?<=[бгвдкқпстфхцчшщ])т[ыі]|(?<=[ыі])н[ае]|с[ыі]|[ыі][нмң]|[ыі])$"
)
# What follows a name in the adjectives made of it. A list of endings finds fewer words than "begins with the stem", and
# hardly ever a wrong one; for more, rules have `слов*`.
_SHORTEST_NAME = 4
_MADE_OF_NAMES = {
    "ru": re.compile(r"(?:[аеиоя]н|[ео]в|и?й)?[сц]к(?:[аиоу]|$)"),
    "uk": re.compile(r"(?:[аеиоія]н|[еоі]в|ій)?[сц]ьк(?:[аеиоіу]|$)"),
    "be": re.compile(r"(?:[аеіоя]н|[ао]ў)?[сц]к(?:[аіоу]|$)"),
    "kk": re.compile(r"[лдт][ыі](?:қ|к|ғ|г)"),
    "en": re.compile(r"(?:i|is|n|ns|ian|ians|ese)$"),
}
# After these German puts an s wherever another word follows, and hardly ever else: Wirtschafts|minister.
_GERMAN_COMPOUND = re.compile(r"(..+?(?:schaft|ung|heit|keit|ion|tät|tum))s...+")
_SHORTEST_BEFORE_A_STAR = 5
_LONGEST_WORD = 60
"""Letters. What is longer is no word, and shall neither fill the memory nor be searched for a thousand endings."""
_KAZAKH_ROOTS = frozenset(
    "аға ана апа ауа бала баға дала дене жаңа команда қала қора сауда сала сана таза теңге".split()
)
"""They end like a case, and are the whole word."""
_DEVOICED = {"б": "п", "г": "к", "ғ": "қ"}


def stem(word: str, language: str) -> str:
    """
    What the inflected forms of a word share, where we know how: Snowball, and a light rule for Kazakh; else the word
    itself. `word` is one of `words`; `language` a BCP 47 tag, of which the first part counts.
    """
    return _stem(word, language.partition("-")[0]) if len(word) <= _LONGEST_WORD else word


def _stem(word: str, language: str) -> str:
    if language == "kk":
        return _kazakh_stem(word)
    if language == "ru":
        return _russian_stem(_usual(word, language))
    algorithm = _SNOWBALL.get(language)
    return _stemmer(algorithm)(word) if algorithm else word


def _russian_stem(word: str) -> str:
    if noun := _RUSSIAN_NOUN.fullmatch(word):
        return noun[noun.lastindex or 0]
    root: str = _stemmer("russian")(word)
    return _FLEETING_VOWEL.sub("", root) if root.endswith(("к", "ц")) else root


def _usual(word: str, language: str) -> str:
    """The country is Беларусь in Russian, the adjective mostly белорусский: one spelling for both."""
    return f"беларус{word[7:]}" if language == "ru" and word.startswith("белорус") else word


def origins(word: str, language: str) -> list[str]:
    """
    The stems by which rules find this word: its own; those of the names that it is made of; and of what a German
    compound begins with, where that can be told. Its own first.
    """
    if len(word) > _LONGEST_WORD:
        return [word]
    language = language.partition("-")[0]
    own = _stem(word, language)
    made = _MADE_OF_NAMES.get(language)
    if made and made.search(word, _SHORTEST_NAME):
        whole = _usual(word, language)
        return [own, *(whole[:n] for n in range(_SHORTEST_NAME, len(whole)) if derived(whole, whole[:n], language))]
    if language == "de" and (compound := _GERMAN_COMPOUND.fullmatch(word)):
        return [own, stem(compound[1], language)]
    return [own]


def derived(word: str, root: str, language: str) -> bool:
    """
    Whether `word`, which begins with the stem `root`, is made of it in a way that news keeps to names: казахстанский,
    минско-, Kazakhstani, қазақстандық. Not everything that begins so: газета is no газ, and футболка no футбол.
    """
    made = _MADE_OF_NAMES.get(language.partition("-")[0])
    return made is not None and len(root) >= _SHORTEST_NAME and bool(made.match(word, len(root)))


def starts(beginning: str, language: str) -> tuple[str, ...]:
    """What `beginning*` stands for: itself, and in Russian к for ч before -еский: экономик*, экономический."""
    russian = language.partition("-")[0] == "ru" and beginning.endswith("ик")
    if russian and len(beginning) >= _SHORTEST_BEFORE_A_STAR:
        return beginning, f"{beginning[:-1]}ческ"
    return (beginning,)


def _stemmer(algorithm: str) -> Callable[[str], str]:
    if known := _own.stemmers.get(algorithm):
        return known
    from Stemmer import Stemmer

    # Its own memory of 10,000 words costs more than it saves.
    made: Callable[[str], str] = Stemmer(algorithm, 0).stemWord
    _own.stemmers[algorithm] = made
    return made


def _kazakh_stem(word: str) -> str:
    """Endings off until none is left, so that a form and its shorter form end alike; кітабы and кітап do too."""
    while word not in _KAZAKH_ROOTS and (shorter := _KAZAKH.sub("", word, count=1)) != word:
        word = shorter
    return word[:-1] + _DEVOICED.get(word[-1:], word[-1:])


# --- sentences -------------------------------------------------------------------------------------------------------

_BLANK_LINE = re.compile(r"\n\s*\n")
_STOP = re.compile(r"[.!?…]+[»”\"'’)\]]*(?=\s|$)|[。！？]+[」』”’）]*")
_LAST_WORD = re.compile(r"[^\W\d_]+$")
# A full stop after these is never the end: a name or a number follows.
_TITLES_AND_THE_LIKE = (
    "г гг им ул пр просп пер пос обл респ проф акад доц тов гр св см ср рис стр гл ст тел ген полк адм ред "
    "е к н ж ғ қ mr mrs ms dr prof gen sen rep gov capt lt col sgt st no vs fig jr"
)
_BEFORE_NAMES = frozenset(_TITLES_AND_THE_LIKE.split())


def summary(text: str, limit: int = 400) -> str:
    """
    The first sentences that fit into `limit` characters, as one line; if the first is too long, its beginning, cut at
    a word and closed with an ellipsis. `text` is plain, with paragraphs at blank lines.
    """
    line, end = "", 0
    for paragraph in _BLANK_LINE.split(text[: 10 * limit]):
        start = len(line) + 1 if line else 0
        line = f"{line} {' '.join(paragraph.split())}".strip()
        end = max((start + e for e in _sentence_ends(line[start:]) if start + e <= limit), default=end)
        if len(line) > limit:
            # "Астана." alone, before a long sentence, is a dateline and no summary
            return line[:end] if end > min(limit, 160) // 4 else shorten(line, limit)
    return line


def shorten(line: str, limit: int) -> str:
    """At most `limit` characters of a line; what is cut is cut at a word, where there are words, and ends in "…"."""
    if len(line) <= limit:
        return line
    beginning = line[:limit]  # one more than there is room for: it may be the blank after the last word
    space = beginning.rfind(" ")
    cut = beginning[:space] if space > limit // 2 else beginning[: limit - 1]
    return cut.rstrip(" ,;:.—–-«“(") + "…"


def sentences(line: str) -> list[str]:
    """The sentences of a line, in order; the last one need not end."""
    return [said for a, b in sentence_bounds(line) if (said := line[a:b].strip())]


def sentence_bounds(line: str) -> list[tuple[int, int]]:
    """Where each sentence of a line begins and ends."""
    return list(pairwise(sorted({0, *_sentence_ends(line)})))


def _sentence_ends(line: str) -> Iterator[int]:
    for stop in _STOP.finditer(line):
        if _is_end(line, stop):
            yield stop.end()
    yield len(line)


def _is_end(line: str, stop: re.Match[str]) -> bool:
    """Whether a sentence ends here: not after «С.» and «г.», not where the next word goes on in lower case."""
    after = line[stop.end() :][:20].lstrip(" «“\"'(—–-")
    if after[:1].islower():
        return False
    if not stop.group().startswith(".") or stop.group().startswith(".."):
        return True
    last = _LAST_WORD.search(line, max(0, stop.start() - 20), stop.start())
    if last is None:
        return True
    initial = len(last.group()) == 1 and last.group().isupper()
    return not initial and last.group().lower() not in _BEFORE_NAMES
