"""Two readings -> how alike they are, what it makes them, and why."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from ..text import ROOT
from ._headlines import Headlines, headline_conflict, other_subject
from ._limits import DEFAULT, Limits
from ._reading import Reading, distinct, in_common
from ._slots import Conflict, Fillings, fillings
from ._words import folded, spelled

_SHORTEST = 4
"""Letters: shorter words are mostly prepositions."""
_SHOWN = 4
"""So many conflicts are named in a reason."""


@dataclass(frozen=True, kw_only=True)
class Likeness:
    """The verdict on two texts, with its reason."""

    same: bool
    score: float
    """From 0 to 1: the share of the shorter text that is in the longer one, and the bonus for the headline."""
    relation: str
    """`copy`; `excerpt`: a part of the longer text; `update`: with other figures. Empty if not the same."""
    because: str
    """In plain words, for the operator."""
    conflicts: tuple[Conflict, ...] = ()
    """The figures and names that stand in the same place and differ; also of texts that are the same."""


def compare(a: Reading, b: Reading, limits: Limits = DEFAULT) -> Likeness:
    """Whether the two are one text. The order of the two does not matter."""
    if a.is_ideographic != b.is_ideographic or not (a.phrases.size and b.phrases.size):
        return _differ(0.0, "nothing in common")
    common = in_common(a.phrases, b.phrases)
    smaller, larger = sorted((a.phrases.size, b.phrases.size))
    share = common / smaller
    heads = Headlines.of(a, b)
    bonus = limits.headline_bonus * heads.of_both if heads.of_shorter >= limits.headline_alike else 0.0
    score = min(1.0, share + bonus)
    of_shorter = f"{share:.0%} of the shorter text is in the longer one".replace("%", " %")
    if share < limits.floor or score < limits.enough:
        return _differ(score, f"only {of_shorter}")
    if common < limits.phrases and (heads.of_both < limits.one_headline or common < limits.phrases_under_one_headline):
        return _differ(score, f"only {common} phrases in common: too few to tell")
    is_part = common / larger < limits.part
    if heads.of_shorter < limits.headline_in_part:
        leads = sorted((_of_lead(a, b, limits), _of_lead(b, a, limits)))
        if is_part and leads[0] < limits.lead_share and not (share >= limits.whole and _told(a, b, limits)):
            return _differ(score, f"{of_shorter}, but not the beginning of one of them: a digest, or background")
        if leads[1] < limits.lead_share:
            return _differ(score, f"{of_shorter}, but neither beginning: shared background, or the same footer")
    if smaller < limits.short and (because := _only_the_form(a, b, heads, limits)):
        return _differ(score, f"{of_shorter}, but {because}")
    if other := other_subject(a, b):
        return _differ(score, f"{of_shorter}, but each headline and text is about its own: {other}", (other,))
    filled = fillings(a, b)
    if _other_news(filled, limits.name_weight if smaller >= limits.short else 1.0, limits):
        return _differ(score, f"the same form with other {_named(filled.conflicts)}", filled.conflicts)
    if heads.shorter:
        of_shorter += f"; headlines share {heads.common} of {heads.shorter} words"
    if filled.figure_conflicts:
        differing = tuple(c for c in filled.conflicts if c.is_figure)
        return _same(score, "update", f"{of_shorter}; other {_named(differing)}", filled.conflicts)
    return _same(score, "excerpt" if is_part else "copy", of_shorter, filled.conflicts)


def is_stock(reading: Reading, headline: str, limits: Limits = DEFAULT) -> bool:
    """Whether a text that stands, to the word, under this headline too is a form, or what a source always says."""
    if reading.phrases.size >= limits.short:
        return False
    twin = Reading(
        headline, reading.body, reading.codes, reading.phrases_in_order, reading.phrases, reading.marks
    )
    return bool(_only_the_form(reading, twin, Headlines.of(reading, twin), limits))


def _differ(score: float, because: str, conflicts: tuple[Conflict, ...] = ()) -> Likeness:
    return Likeness(same=False, score=score, relation="", because=because, conflicts=conflicts)


def _same(score: float, relation: str, because: str, conflicts: tuple[Conflict, ...]) -> Likeness:
    return Likeness(same=True, score=score, relation=relation, because=because, conflicts=conflicts)


def _of_lead(a: Reading, b: Reading, limits: Limits) -> float:
    """How much of the beginning of `a` is in `b`."""
    # characters say less than words: the beginning has more of them
    lead = distinct(a.phrases_in_order[: limits.lead * 9 // 5 if a.is_ideographic else limits.lead])
    return in_common(lead, b.phrases) / lead.size


def _told(a: Reading, b: Reading, limits: Limits) -> bool:
    """Whether the headline of the longer text says what the shorter one is about; a digest's says something else."""
    short, long = sorted((a, b), key=lambda reading: (reading.phrases.size, reading.codes.tobytes()))
    promised = _roots(spelled(long.title), long.is_ideographic)
    kept = promised & _roots(short.words, short.is_ideographic)
    return len(promised) >= limits.told_words and len(kept) >= limits.told * len(promised)


def _only_the_form(a: Reading, b: Reading, heads: Headlines, limits: Limits) -> str:
    """Why two short texts are only made alike: by a form, or as what a source says under each of its headlines."""
    if conflict := headline_conflict(a.title, b.title):
        return f"the headlines are of one form with other {_named((conflict,))}"
    if heads.of_shorter >= limits.headline_alike or max(a.phrases.size, b.phrases.size) >= limits.short:
        return ""
    said = [_roots(spelled(reading.title), reading.is_ideographic) for reading in (a, b)]
    bodies = [_roots(reading.words, reading.is_ideographic) for reading in (b, a)]
    if all(said) and not any(headline & body for headline, body in zip(said, bodies, strict=True)):
        return "neither headline is about it: a stock text"
    return ""


def _roots(words: list[str], is_ideographic: bool) -> set[str]:
    """What words say, whatever their endings; of ideographs, what pairs say."""
    if is_ideographic:
        return {one + other for one, other in pairwise(words)}
    return {folded(word)[:ROOT] for word in words if len(word) >= _SHORTEST}


def _other_news(filled: Fillings, name_weight: float, limits: Limits) -> bool:
    figures = filled.figure_conflicts
    conflicts = figures + name_weight * (len(filled.conflicts) - figures)
    compared = conflicts + filled.figures_agreed + name_weight * filled.names_agreed
    return conflicts > limits.figure_conflicts + limits.conflict_ratio * compared


def _named(conflicts: tuple[Conflict, ...]) -> str:
    what = "figures" if all(c.is_figure for c in conflicts) else "figures and names"
    if not any(c.is_figure for c in conflicts):
        what = "names"
    shown = ", ".join(map(str, conflicts[:_SHOWN]))
    return f"{what}: {shown}" + (", …" if len(conflicts) > _SHOWN else "")
