"""
Whether a rule holds, how strongly, and what decided. A part of a rule is supported by mentions:

    term    by its own
    any     by those of its parts together
    all     by those of its weakest part: a chain is as strong as its weakest link
    none    by nothing; a single mention is against it
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

from ..model import Rule, Term
from ._mentions import Mentions
from ._reading import ELSEWHERE, Mention, Reading

Support = Sequence[Mention]
_FULL: Support = (ELSEWHERE,)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Branch:
    """A rule with numbers for its terms."""

    all: tuple[Branch | int, ...]
    terms: tuple[tuple[int, int], ...]
    """Those of `any`, each with its place in it, from 1."""
    rules: tuple[tuple[int, Branch], ...]
    """The other parts of `any`, likewise."""
    none: tuple[Branch | int, ...]
    at_least: int
    strength: int | None

    @property
    def is_choice(self) -> bool:
        """Nothing but terms of which some have to be found, as most rules are."""
        return bool(self.terms) and not (self.all or self.rules or self.none)


def numbered(rule: Rule, numbers: Mapping[Term, int]) -> Branch:
    """The same rule, as it is judged."""

    def part(of: Rule | Term) -> Branch | int:
        return numbers[of] if isinstance(of, Term) else numbered(of, numbers)

    choice = [(place, part(p)) for place, p in enumerate(rule.any, 1)]
    return Branch(
        all=tuple(map(part, rule.all)),
        terms=tuple((place, p) for place, p in choice if isinstance(p, int)),
        rules=tuple((place, p) for place, p in choice if isinstance(p, Branch)),
        none=tuple(map(part, rule.none)),
        at_least=rule.at_least,
        strength=rule.strength,
    )


Grounds = list[tuple[str, int]]
"""The terms that decided, each with its branch: `all 1, any 2`."""


class Judge:
    """Of one story, whose mentions are known."""

    def __init__(self, reading: Reading, mentions: Mentions) -> None:
        self.reading = reading
        self.mentions = mentions
        self._is_bare = reading.is_bare

    def needs(self, strength: int) -> int:
        """What has to speak for it. A bare headline has no more to say than it says."""
        return 1 if self._is_bare else strength

    def strength(self, branch: Branch) -> int:
        """What speaks for the rule; 0 if it does not hold at all."""
        support = self._support(branch)
        return 0 if support is None else self.reading.weight(support)

    def against(self, branch: Branch) -> Grounds | None:
        """Why `none` does not hold, if it does not."""
        found = (self.grounds(part, 1, f"none {i}") for i, part in enumerate(branch.none, 1))
        return next((grounds for grounds in found if grounds is not None), None)

    def grounds(self, part: Branch | int, needed: int, path: str = "") -> Grounds | None:
        """
        What a rule of this strength rests on: all of `all`, of `any` as many as it takes, in the order of the rule.
        None if it does not hold, or too little speaks for it.
        """
        if isinstance(part, int):
            mentions = self.mentions.get(part)
            return [(path, part)] if mentions and self.reading.is_enough(mentions, needed) else None
        if part.strength:
            needed = self.needs(part.strength)
        before = f"{path}, " if path else ""
        if part.none and any(self._support(p) is not None for p in part.none):
            return None
        found: Grounds = []
        for number, inner in enumerate(part.all, 1):
            grounds = self.grounds(inner, needed, f"{before}all {number}")
            if grounds is None:
                return None
            found += grounds
        if not (part.terms or part.rules):
            return found
        chosen = self._chosen(part, needed, before)
        return None if chosen is None else found + chosen

    def enough(self, supports: Iterable[Support], at_least: int, needed: int) -> int:
        """How many of them it takes, in their order; 0 if all together are not enough."""
        together: Support = ()
        for count, support in enumerate(supports, 1):
            together = [*together, *support] if together else support
            if count >= at_least and self.reading.is_enough(together, needed):
                return count
        return 0

    def _chosen(self, branch: Branch, needed: int, before: str) -> Grounds | None:
        """So many of `any` that they are enough together."""
        held = self._held(branch)
        count = self.enough((support for _, _, support in held), branch.at_least, needed)
        found: Grounds = []
        for place, inner, _ in held[:count]:
            path = f"{before}any {place}"
            found += [(path, inner)] if isinstance(inner, int) else self.grounds(inner, 1, path) or ()
        return found if count else None

    def _held(self, branch: Branch) -> list[tuple[int, Branch | int, Support]]:
        """The parts of `any` that hold, each with its place, in the order of the rule."""
        mentions = self.mentions
        held: list[tuple[int, Branch | int, Support]] = [(p, t, mentions[t]) for p, t in branch.terms if t in mentions]
        if branch.rules:
            supported = ((place, rule, self._support(rule)) for place, rule in branch.rules)
            held += ((place, rule, support) for place, rule, support in supported if support is not None)
            held.sort(key=itemgetter(0))
        return held

    def _support(self, part: Branch | int) -> Support | None:
        if isinstance(part, int):
            return self.mentions.get(part)
        if part.none and any(self._support(p) is not None for p in part.none):
            return None
        groups = []
        for needed in part.all:
            support = self._support(needed)
            if support is None:
                return None
            groups.append(support)
        if part.terms or part.rules:
            held = [support for _, _, support in self._held(part)]
            if len(held) < part.at_least:
                return None
            groups.append([mention for support in held for mention in support])
        return self._judged(part, groups)

    def _judged(self, branch: Branch, groups: list[Support]) -> Support | None:
        """A rule that says what it needs is judged by itself: it holds fully, or not."""
        weakest = min(groups, key=self.reading.weight) if len(groups) > 1 else next(iter(groups), _FULL)
        if branch.strength is None:
            return weakest
        return _FULL if self.reading.weight(weakest) >= self.needs(branch.strength) else None
