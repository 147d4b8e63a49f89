"""What outlets do to a text. Every edit takes a random.Random, so that the same seed gives the same copies."""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from .bases import Text, vocabulary


@dataclass(frozen=True)
class Desk:
    """Who edits: in which language, with which other texts at hand, and by which throws of the dice."""

    language: str
    others: list[Text]
    draw: random.Random


Edit = Callable[[Text, Desk], Text]

_SENTENCE = re.compile(r"(?<=[.!?…»”])\s+(?=[^a-zа-яәғқңөұүһі])|(?<=[。！？])")
_FURNITURE = {
    "ru": (
        "Читайте также:",
        "Подписывайтесь на наш канал, чтобы первыми узнавать новости.",
        "Нашли ошибку? Выделите её и нажмите Ctrl+Enter.",
        "Редакция",
        "Фото: пресс-служба",
        "{n} ноября 2026, {h}:{m}. Автор: редакция. Просмотров: {v}",
    ),
    "kk": (
        "Сондай-ақ оқыңыз:",
        "Жаңалықтарды бірінші болып білу үшін арнамызға жазылыңыз.",
        "Қате таптыңыз ба? Белгілеп, бізге жіберіңіз.",
        "Редакция",
        "Сурет: баспасөз қызметі",
        "{n} қараша 2026, {h}:{m}. Қаралды: {v}",
    ),
    "en": (
        "Read also:",
        "Sign up to our newsletter to get the stories of the day.",
        "Found a mistake? Let us know.",
        "Staff reporter",
        "Picture: press office",
        "Published {n} November 2026 at {h}:{m}. {v} views",
    ),
    "de": (
        "Lesen Sie auch:",
        "Abonnieren Sie unseren Newsletter und bleiben Sie informiert.",
        "Fehler gefunden? Schreiben Sie uns.",
        "Redaktion",
        "Foto: Pressestelle",
        "Veröffentlicht am {n}. November 2026 um {h}.{m} Uhr, {v} Aufrufe",
    ),
    "zh": (
        "相关阅读：",
        "关注我们的公众号，获取最新资讯。",
        "发现错误？请联系我们。",
        "本报记者",
        "图片：新闻处",
        "2026年11月{n}日{h}时{m}分，阅读{v}次",
    ),
}
_SPELLINGS = (
    ("«", "&laquo;"), ("»", "&raquo;"), ("—", "-"), (" - ", " — "), ("ё", "е"), ("“", '"'), ("’", "'"), ("'", "’"),
)  # fmt: skip
_NAME = re.compile(r"(?<=[а-яё,«] )[А-ЯЁ][а-яё]{3,}")
_CYRILLIC = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"
_LATIN = "a b v g d e yo zh z i y k l m n o p r s t u f kh ts ch sh shch _ y _ e yu ya".split()
_IN_LATIN = {ord(c): lat.strip("_") for c, lat in zip(_CYRILLIC, _LATIN, strict=True)}


def sentences(body: str) -> list[str]:
    return [s for s in _SENTENCE.split(body) if s and s.strip()]


def together(parts: list[str], language: str) -> str:
    return ("" if language == "zh" else " ").join(parts)


# --- one thing at a time ---------------------------------------------------------------------------------------------


def typography(text: Text, desk: Desk) -> Text:
    title, body = text
    for old, new in _SPELLINGS:
        if desk.draw.random() < 0.6:
            body = body.replace(old, new)
    body = unicodedata.normalize("NFD", body) if desk.draw.random() < 0.3 else body
    if desk.language != "zh":
        body = re.sub(r"\w{9,}", lambda m: m[0][:5] + "\u00ad" + m[0][5:] if desk.draw.random() < 0.3 else m[0], body)
        body = re.sub(r" (?=\d)", "\xa0" if desk.draw.random() < 0.5 else " ", body)
    if desk.language in ("ru", "kk"):
        body = re.sub("[аеоср]", lambda m: "aeocp"["аеоср".index(m[0])] if desk.draw.random() < 0.02 else m[0], body)
    joint = desk.draw.choice(("<br>", "<br/>\n", "\n\n", "&lt;br&gt; "))
    return title.upper() if desk.draw.random() < 0.3 else title, joint.join(sentences(body))


def wrapper(text: Text, desk: Desk) -> Text:
    _, _, _, author, picture, line = _FURNITURE[desk.language]
    number = desk.draw.randint
    stamp = line.format(n=number(1, 30), h=number(0, 23), m=number(10, 59), v=number(100, 99999))
    top = desk.draw.sample([stamp, author, picture], desk.draw.randint(1, 3))
    return text[0], "\n".join([*top, text[1], footer(desk)])


def footer(desk: Desk) -> str:
    """Up to five related links, and what an outlet asks of its readers."""
    related, subscribe, mistake, *_ = _FURNITURE[desk.language]
    links = [desk.draw.choice(desk.others)[0] for _ in range(desk.draw.randint(1, 5))]
    return "\n".join([related, *links, *desk.draw.sample([subscribe, mistake], desk.draw.randint(1, 2))])


def glued(text: Text, desk: Desk) -> Text:
    site = desk.draw.choice(vocabulary(desk.language)).upper()
    tagline = f"{desk.draw.choice(vocabulary(desk.language)).capitalize()} {site.lower()}"
    top = f"{site}\n{tagline}\n\n{text[0]}\n\n" if desk.draw.random() < 0.5 else ""
    return text[0], f"{top}{text[0]}{text[1]}"


def lead(text: Text, desk: Desk) -> Text:
    length = desk.draw.randint(300, 600) // (3 if desk.language == "zh" else 1)
    return text[0], text[1][:length] + desk.draw.choice(("", "…", "... [Read more]"))


def wrapped_lead(text: Text, desk: Desk) -> Text:
    return wrapper(lead(text, desk), desk)


def dropped(text: Text, desk: Desk, share: float = 0.0) -> Text:
    parts = sentences(text[1])
    gone = set(desk.draw.sample(range(len(parts)), int(len(parts) * (share or desk.draw.uniform(0.15, 0.4)))))
    return text[0], together([s for i, s in enumerate(parts) if i not in gone], desk.language)


def reworded(text: Text, desk: Desk, share: float = 0.05) -> Text:
    """Words replaced, left out, put in; figures written otherwise. Names stay."""
    pieces = list(text[1]) if desk.language == "zh" else text[1].split(" ")
    spare = list("".join(vocabulary("zh")))
    if desk.language != "zh":
        spare = [word for t in desk.others[:20] for word in t[1].split() if word.islower()] or ["и"]
    out: list[str] = []
    for piece in pieces:
        plain = piece.islower() or (desk.language == "zh" and piece.isalpha())
        if desk.draw.random() >= share or not (plain or piece.isdigit()):
            out.append(piece)
        elif piece.isdigit():
            out.append(f"{piece[:-3]} {piece[-3:]}" if len(piece) > 4 else piece)
        elif (what := desk.draw.random()) < 0.5:
            out.append(desk.draw.choice(spare))
        elif what < 0.75:
            out += [piece, desk.draw.choice(spare)]
    return text[0], ("" if desk.language == "zh" else " ").join(out)


def reworded_12(text: Text, desk: Desk) -> Text:
    return reworded(text, desk, 0.12)


def background(text: Text, desk: Desk) -> Text:
    added, size = "", desk.draw.uniform(0.3, 0.8) * len(text[1])
    while len(added) < size:
        added += " " + desk.draw.choice(desk.others)[1]
    return text[0], text[1] + added[: int(size)]


def middle(text: Text, desk: Desk) -> Text:
    parts = sentences(text[1])
    keep = max(4, len(parts) // 2)
    start = desk.draw.randint(1, max(1, len(parts) - keep))
    return text[0], together(parts[start : start + keep], desk.language)


def transliterated(text: Text, desk: Desk) -> Text:
    """Names of Russian and Kazakh texts in Latin letters, all or half of them."""
    share = desk.draw.choice((0.5, 1.0))
    names = set(_NAME.findall(text[1]))
    chosen = {n for n in sorted(names) if desk.draw.random() < share}

    def spelled(found: re.Match[str]) -> str:
        name = found[0]
        return name.lower().translate(_IN_LATIN).capitalize() if name in chosen else name

    return text[0], _NAME.sub(spelled, text[1])


def retitled(text: Text, desk: Desk) -> Text:
    words = list(text[0]) if desk.language == "zh" else text[0].split()
    kept = desk.draw.sample(words, min(len(words), desk.draw.randint(0, 2)))
    new = list(desk.draw.choice(desk.others)[0]) if desk.language == "zh" else desk.draw.choice(desk.others)[0].split()
    return ("" if desk.language == "zh" else " ").join([*new[:5], *kept]), text[1]


# --- several at once -------------------------------------------------------------------------------------------------


def combined(text: Text, desk: Desk) -> Text:
    for edit in desk.draw.sample([typography, wrapper, glued, dropped, reworded, retitled], 3):
        text = edit(text, desk)
    return text


def heavy(text: Text, desk: Desk) -> Text:
    text = dropped(text, desk, 0.35)
    return wrapper(reworded(text, desk, 0.15), desk)


EDITS: dict[str, Edit] = {
    "typography": typography,
    "wrapper": wrapper,
    "headline glued": glued,
    "lead only": lead,
    "lead + wrapper": wrapped_lead,
    "sentences dropped": dropped,
    "5 % reworded": reworded,
    "12 % reworded": reworded_12,
    "background appended": background,
    "names transliterated": transliterated,
    "retitled": retitled,
    "combined": combined,
    "middle excerpt": middle,
    "heavy": heavy,
}
_RETITLED_TOO = 0.35


def copy(kind: str, text: Text, desk: Desk) -> Text:
    """The text after an edit; every third copy gets a new headline besides."""
    edited = EDITS[kind](text, desk)
    if kind != "typography" and desk.draw.random() < _RETITLED_TOO:
        return retitled(edited, desk)[0], edited[1]
    return edited


def other_figures(text: Text, draw: random.Random) -> Text | None:
    """The text with one or two figures changed; None if there are none."""
    found = list(re.finditer(r"(?<![\d.,:])\d{1,4}(?![\d.,:]*\d)", text[1]))
    if not found:
        return None
    body = text[1]
    for m in sorted(draw.sample(found, min(len(found), draw.randint(1, 2))), key=lambda m: -m.start()):
        body = body[: m.start()] + str(int(m[0]) + draw.randint(1, 9)) + body[m.end() :]
    return text[0], body
