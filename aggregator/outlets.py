"""
Names of newspapers, agencies and stations, as news writes them.

    is_outlet   a name that tells by itself, or by the words around it, that it is one: «газета "Дала"», Tengrinews.kz
    is_office   a ministry, a press service, a bank: whom every outlet quotes
    is_same     two spellings of one name: «Казинформа», kazinform, "МИА «Казинформ»"
"""

from __future__ import annotations

import re
from functools import lru_cache

from .text import words

OFFICE = (
    # Russian
    r"пресс.?(?:служб|центр|секретар|релиз)|служб|министер|министр|\bмин(?:здрав|фин|юст|обр|труд|энерго|сельхоз|эконом|"
    r"просвещ|обороны|транс|культ|цифр|нац|информ)|"
    r"\b(?:мчс|дчс|мвд|мид|кнб|дп|гу|ао|тоо|оон|воз|мвф|цб|сми|рк|рф)\b|акимат|\bаким|"
    r"департамент|комитет|комисси|управлени|правительств|президент|акорд|сенат|мажилис|парламент(?!ск)|полици|"
    r"прокуратур|\bсуд|посольств|банк|университет|институт|фонд\b|ассоциаци|гидромет|статист|бюро|"
    r"(?<!теле)(?<!радио)компани|ведомств|опрос|исследован|прогноз|штаб|рейтинг|республик|"
    # Kazakh
    r"министрлі|баспасөз|қызмет|әкім|басқарма|үкімет|прокурор|\b(?:тжм|іім|сот|бұұ)\b|"
    # English
    r"ministry|minister|press[ -](?:service|office|secretary|release|conference)|\boffice|department|government|"
    r"committee|commission|police|prosecutor|\bbank|university|institute|embassy|authorit|bureau|akimat|council|"
    r"statistic|spokes|court|united nations|white house|forecast|president|ratings?\b|\bfitch|\bmoody|\bgov\b|akorda|"
    # German
    r"ministeri|polizei|behörde|pressestelle|regierung|amt(?:e?s)?\b|anwalt|bank\b|umfrage|studie|wetterdienst|"
    r"feuerwehr|sprecher|gericht|verband|universität|"
    # Chinese: who is not the press, what ends like it and is not, and "our own"
    r"[部局厅委府院署]|旅行社|合作社|出版社|[预公通海]报|公司|大学|银行|^本"
)
OUTLET = (
    # Russian
    r"агентств|\b[рм]?иа\b|газет|издани|журнал(?!ист)|телеканал|телекомпан|телеради|радио|портал|вестник|новост|"
    r"известия|ведомост|\bправд[аыу]\b|\bвести\b|хабар\b|хабара\b|ньюс|медиа|информ\w{0,2}\b|\w-?инфо\b|\bтв\b|"
    # Kazakh
    r"агенттігі|ақпарат|газеті|телеарна|порталы|басылым|жаңалық|"
    # English
    r"news|\b(?:times|post|press|herald|tribune|gazette|journal|daily|telegraph|guardian|observer|courier|media|"
    r"radio|tv|television|broadcasting|magazine)\b|inform\b|"
    # German
    r"zeitung|nachrichten|\bpresse\b|blatt|rundschau|magazin|anzeiger|\bkurier|rundfunk|"
    # Chinese
    r"[\u4e00-\u9fff][社报報网網台]$|新闻|通讯社|日报|"
    # where it lives
    r"\w\.(?:kz|ru|com|org|net|by|de|uk|cn|kg|uz|ua|info|media|today|asia)\b|"
    # those who are quoted all over the world under a name that tells nothing
    r"\b(?:reuters|рейтер|bloomberg|блумберг|afp|афп|ap|dpa|epd|bbc|би-би-си|cnn|тасс|tass|интерфакс|interfax|казтаг|"
    r"kaztag|белта|belta|синьхуа|xinhua|sputnik|anadolu|анадолу|kyodo|efe|ansa|spiegel|азаттық|азаттык|azattyq|eurasianet|"
    r"politico)"
    r"(?:[аеу]|ом|-\w+|қа|ке|ға|ге)?\b|(?:路透|法新|美联|塔斯|新华)"
)
_GENERIC = frozenset(
    "иа миа агентство агентства информагентство информационное информационного международное газета газеты журнал "
    "журнала издание издания портал портала сайт сайта телеканал телеканала телеграфное www m the a an die der das "
    "dem den nachrichtenagentur zeitung agency".split()
)
"""What may stand before a name and is not the name."""


def is_office(name: str) -> bool:
    return re.search(OFFICE, name.casefold()) is not None


def is_outlet(name: str) -> bool:
    """A name, with the words that say what it is, if there are any. Not an office that only sounds like one."""
    name = name.casefold().strip(" «»“”„\"《》")
    return re.search(OUTLET, name) is not None and bool(_core(name))


def is_same(name: str, other: str) -> bool:
    """Whether one is the other, or begins with all of it ("Reuters", "Reuters: World"), in any form or alphabet."""
    ours, theirs = _core(name), _core(other)
    if not ours or not theirs:
        return False
    return "".join(ours) in _beginnings(theirs) or "".join(theirs) in _beginnings(ours)


def _beginnings(core: tuple[str, ...]) -> set[str]:
    whole = "".join(core)
    return {whole, *(b for n in range(1, len(core)) if len(b := "".join(core[:n])) >= _SHORTEST)}


# --- one spelling ----------------------------------------------------------------------------------------------------

_SHORTEST = 3
_LATIN = {
    ord(cyrillic): latin
    for cyrillic, latin in zip(
        "абвгдежзийклмнопрстуфхцчшщъыьэюяәғқңөұүһі",
        "a b v g d e j z i i k l m n o p r s t u f h ts ch sh sh _ i _ e iu ia a g k n o u u h i".split(),
        strict=True,
    )
}
_SOUNDS = (("_", ""), ("kh", "h"), ("zh", "j"), ("q", "k"), ("x", "ks"), ("c", "k"), ("y", "i"), ("w", "v"))
_ENDING = re.compile(r"(?:ogo|om|(?<!s)[gk][ae]|[ntd]in|[aeiou])$")


@lru_cache(maxsize=1 << 10)
def _core(name: str) -> tuple[str, ...]:
    """The words of a name, in Latin letters and without endings; what only says that it is a newspaper is left out."""
    said = words(name[:200])
    while said and said[0] in _GENERIC:
        said = said[1:]
    return tuple(_plain(word) for word in said)


def _plain(word: str) -> str:
    """Kazinform for Казинформа, Қазинформға and Qazinform; Interfaks for Интерфакс and Interfax."""
    word = word.translate(_LATIN)
    for spelled, sounds in _SOUNDS:
        word = word.replace(spelled, sounds)
    while (shorter := _ENDING.sub("", word)) != word and len(shorter) >= _SHORTEST:
        word = shorter
    return word
