"""A story as the rules see it: its words in paragraphs, and what else is known of it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from functools import cached_property

from ..markup import plain
from ..model import Story
from ..text import CJK, words

Fields = Mapping[str, tuple[str, ...]]
"""What a story has besides its words: place (`source`, `label`, ...) -> values."""

IN_TITLE, IN_BEGINNING, FURTHER_DOWN = 3, 2, 1
"""What a mention weighs."""
ENOUGH = 1000
"""What a label, a source and the like weigh: they are no mention, but somebody's word for what this is."""

_PARAGRAPHS_OF_A_BEGINNING = 3
_SHORTEST_BEGINNING = 60
_LONGEST_BEGINNING = 120
"""Words; for paragraphs of one sentence, and for a text that has no paragraphs."""

_BETWEEN_IDEOGRAPHS = re.compile(f"(?<=[{CJK}]) (?=[{CJK}])")

Mention = tuple[int, int]
"""Where a term is met: from this word of the reading to before that one. Plain, for a story has hundreds of them."""

ELSEWHERE: Mention = (-1, 0)
"""In no words: in a field, or by what is absent."""


class Reading:
    """The title is paragraph 0. After each paragraph stands an empty word, so that no phrase reaches across."""

    def __init__(self, title: str, body: str, language: str, story: Story | None = None) -> None:
        self.title = title
        self.body = body
        self.language = language
        self._story = story
        self.paragraphs = [title, *body.split("\n\n")]
        self.words: list[str] = []
        self.starts: list[int] = []
        """The first word of each paragraph."""
        for paragraph in self.paragraphs:
            self.starts.append(len(self.words))
            self.words += words(paragraph)
            self.words.append("")
        self.title_end = self.starts[1]
        self.beginning_end = self._beginning_end()

    @classmethod
    def of(cls, story: Story) -> Reading:
        """The lead's words; the sources, labels, authors and links of everybody who carries the story."""
        lead = story.lead
        return cls(lead.title, plain(lead.content) or lead.summary, lead.language, story)

    @cached_property
    def fields(self) -> Fields:
        """Empty for a bare headline."""
        if self._story is None:
            return {}
        articles = self._story.members
        return {
            "source": tuple(a.source for a in articles),
            "label": tuple(x for a in articles for x in a.labels),
            "author": tuple(x for a in articles for x in a.authors),
            "url": tuple(a.url for a in articles),
            "lang": (self.language,),
        }

    def _beginning_end(self) -> int:
        following = _PARAGRAPHS_OF_A_BEGINNING + 1
        end = self.starts[following] if following < len(self.starts) else len(self.words)
        return self.title_end + min(max(end - self.title_end, _SHORTEST_BEGINNING), _LONGEST_BEGINNING)

    @property
    def is_bare(self) -> bool:
        """A headline and nothing else: one mention is all that can be asked for."""
        return len(self.words) <= self.title_end + 1

    def paragraph_at(self, word: int) -> int:
        """The paragraph that this word stands in; 0 is the title."""
        return bisect_right(self.starts, word) - 1

    def said(self, mention: Mention) -> str:
        """The words of a mention, in lower case."""
        start, end = mention
        if end == start + 1:
            return self.words[start]
        return _BETWEEN_IDEOGRAPHS.sub("", " ".join(self.words[start:end]).strip())

    def weight_at(self, word: int) -> int:
        if word < self.title_end:
            return IN_TITLE if word >= 0 else ENOUGH
        return IN_BEGINNING if word < self.beginning_end else FURTHER_DOWN

    def is_enough(self, mentions: Sequence[Mention], needed: int) -> bool:
        """Whether they weigh so much; the first one alone mostly does, and mostly is alone."""
        if self.weight_at(mentions[0][0]) >= needed:
            return True
        return len(mentions) > 1 and self.weight(mentions) >= needed

    def weight(self, mentions: Sequence[Mention]) -> int:
        """All together; words that several terms meet count once."""
        if len(mentions) == 1:
            return self.weight_at(mentions[0][0])
        total, last = 0, -1
        for start, end in sorted(mentions):
            if start >= last:
                total += self.weight_at(start)
                last = end
        return total
