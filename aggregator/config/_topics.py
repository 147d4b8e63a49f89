"""
`topics:` of config.yaml -> Topics.

    read_topics -> topic -> topic_rule -> rule -> parts -> part
    read_trials    the headlines that the rules are tried with
    read_places    where each topic and each of its terms stands
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from .. import plugins, values
from ..errors import PluginError
from ..model import ALL, Rule, Term, Topic, Trial
from ..rules import PLACES, contradiction, parse_term
from ._like import read_like
from ._section import Complaints, Section, refuse_twins, scalar
from ._yaml import Mapping, Node, Scalar, Sequence

GROUPS = ("any", "all", "none")
NUMBERS = ("at_least", "strength")
MOST = 100
"""How much strength may be asked for, and how many parts."""
ALL_TITLES = {"en": "All stories", "ru": "Все новости", "kk": "Барлық жаңалықтар", "de": "Alle Meldungen"}


def read_topics(top: Section, language: str, taken: str) -> tuple[Topic, ...]:
    """`all` first, the operator's own or one by default; then the others in the order of the file; none is `taken`."""
    sections = top.sections("topics")
    topics = [_topic(section, language) for section in sections]
    refuse_twins(sections)
    for section, topic in zip(sections, topics, strict=True):
        if topic.name and topic.name == taken:
            section.complain("name", f"feeds/{taken}/ is the operator's own ('desk: true'); take another name")
    own = next((t for t in topics if t.name == ALL), Topic(name=ALL, title=_title_of_all(language)))
    return (own, *(t for t in topics if t.name != ALL))


def _topic(section: Section, language: str) -> Topic:
    name = section.need("name", values.slug)
    topic = Topic(
        name=name,
        title=section.maybe("title", values.phrase) or (_title_of_all(language) if name == ALL else name),
        description=section.maybe("description", values.phrase) or "",
        rule=_topic_rule(section, name),
        strength=section.take("strength", values.number(1, MOST)),
        like=read_like(section),
        language=section.maybe("language", values.language),
        formats=section.texts("formats", _format),
        limit=section.take("limit", values.number(1, 500)),
        content=section.take("content", values.one_of("full", "summary")),
        per_source=section.maybe("per_source", values.number(1, 500)),
        at_least_sources=section.take("at_least_sources", values.number(1, 100)),
        languages=section.texts("languages", values.language),
    )
    _refuse_choosing(section, name)
    if "formats" in section.given and not topic.formats:
        section.complain("formats", "nothing would be published; write one format at least, or take the key out")
    section.refuse_unknown(inner=dict.fromkeys((*GROUPS, *NUMBERS), "match"))
    return topic


def _refuse_choosing(section: Section, name: str) -> None:
    """The topic of everything leaves nothing out."""
    for key in ("strength", "like", "at_least_sources", "languages"):
        if name == ALL and key in section.given:
            section.complaints.add(section.key_nodes[key], f"the topic '{ALL}' has every story; it takes no '{key}'")


def read_trials(top: Section) -> tuple[Trial, ...]:
    """What stands under `tests:` of each topic, in the order of the file."""
    return tuple(trial for section in top.sections("topics") for trial in _trials(section))


def _trials(section: Section) -> Iterator[Trial]:
    name = section.maybe("name", values.slug) or ""
    tests = section.inner("tests")
    for key, wanted in (("match", True), ("skip", False)):
        for node, headline in tests.placed_texts(key, values.phrase):
            yield Trial(topic=name, headline=headline, wanted=wanted, line=node.line, column=node.column)
    tests.refuse_unknown()


def read_places(top: Section) -> dict[tuple[str, Term | None], tuple[int, int]]:
    """Line and column of each topic (with None) and of each term in its rule, where it stands first."""
    places: dict[tuple[str, Term | None], tuple[int, int]] = {}
    for section in top.sections("topics"):
        name = section.maybe("name", values.slug) or ""
        places[name, None] = (section.node.line, section.node.column)
        if "match" in section.given:
            for node, term in _terms(section.given["match"]):
                places.setdefault((name, term), (node.line, node.column))
    return places


def _terms(node: Node) -> Iterator[tuple[Node, Term]]:
    if isinstance(node, Scalar):
        with suppress(ValueError):  # which has been complained of
            yield node, parse_term(node.text)
        return
    inner = node.items if isinstance(node, Sequence) else [value for key, value in node.pairs if key.text in GROUPS]
    for part in inner:
        yield from _terms(part)


def _title_of_all(language: str) -> str:
    return ALL_TITLES.get(language.partition("-")[0], ALL_TITLES["en"])


def _format(name: str) -> str:
    known = plugins.names("formats")
    if values.DOTTED.fullmatch(name):
        try:
            plugins.load("formats", name)
        except (PluginError, ImportError) as e:
            raise ValueError(f"the module '{name}' cannot be loaded; the formats are {', '.join(known)}") from e
    elif name not in known:
        raise ValueError(f"unknown format '{name}'; there are {', '.join(known)}")
    return name


def _topic_rule(section: Section, name: str) -> Rule | None:
    if name == ALL:
        if "match" in section.given:
            section.complaints.add(section.key_nodes["match"], f"the topic '{ALL}' has every story; it takes no rule")
        return None
    if "match" not in section.given:
        if "like" in section.given:
            return None
        if not section.is_misspelt("match") and not any(group in section.given for group in GROUPS):
            section.complain("match", "'match' is missing: what is the topic about?")
        return None
    before = len(section.complaints.found)
    rule = _rule(section.given["match"], section.complaints)
    if len(section.complaints.found) == before and (reason := contradiction(rule)):
        section.complain("match", reason)
    return rule


def _rule(node: Node, complaints: Complaints) -> Rule:
    """A list is `any`; so is a single term."""
    if not isinstance(node, Mapping):
        return Rule(any=_parts(node, complaints))
    groups: dict[str, tuple[Rule | Term, ...]] = {}
    numbers: dict[str, int | None] = {}
    for key, value in node.pairs:
        if key.text in GROUPS:
            groups[key.text] = _parts(value, complaints)
        elif key.text in NUMBERS:
            numbers[key.text] = _number(value, complaints)
        else:
            _refuse(key, value, complaints)
        if key.text == "any" and value == Sequence(value.line, value.column, ()):
            complaints.add(value, "nothing can match: 'any' has nothing in it")
    at_least = numbers.get("at_least") or 1
    _refuse_too_many(node, at_least, len(groups.get("any", ())), complaints)
    found = [groups.get(name, ()) for name in GROUPS]
    return Rule(any=found[0], all=found[1], none=found[2], at_least=at_least, strength=numbers.get("strength"))


def _refuse(key: Scalar, value: Node, complaints: Complaints) -> None:
    if key.text in PLACES and isinstance(value, Scalar):
        complaints.add(key, f"no space after the colon of a place: '{key.text}:{value.text}'")
        return
    if key.text in PLACES:
        complaints.add(key, f"a place stands before each term: [{key.text}:this, {key.text}:that]")
        return
    meant = values.closest(key.text, (*GROUPS, *NUMBERS))
    hint = f", did you mean '{meant}'?" if meant else "; a rule has any, all and none, at_least and strength"
    complaints.add(key, f"unknown key '{key.text}'{hint}")


def _number(node: Node, complaints: Complaints) -> int | None:
    try:
        return values.number(1, MOST)(scalar(node))
    except ValueError as e:
        complaints.add(node, str(e))
        return None


def _refuse_too_many(node: Mapping, at_least: int, parts: int, complaints: Complaints) -> None:
    value = next((value for key, value in node.pairs if key.text == "at_least"), None)
    if value and not parts:
        complaints.add(value, "'at_least' counts the parts of 'any', and there is none")
    elif value and at_least > parts:
        complaints.add(value, f"nothing can match: at least {at_least} are wanted, and 'any' has {parts}")


def _parts(node: Node, complaints: Complaints) -> tuple[Rule | Term, ...]:
    """The terms and rules of a list; one alone needs no list."""
    items = node.items if isinstance(node, Sequence) else (node,)
    parts = (_part(item, complaints) for item in items)
    return tuple(part for part in parts if part is not None)


def _part(node: Node, complaints: Complaints) -> Rule | Term | None:
    if not isinstance(node, Scalar):
        return _rule(node, complaints)
    if "," in node.text and not node.quoted and not node.text.endswith("/"):
        complaints.add(node, f"several terms stand in brackets: [{node.text}]; one term with a comma stands in quotes")
        return None
    try:
        return parse_term(node.text)
    except ValueError as e:
        complaints.add(node, str(e))
        return None
