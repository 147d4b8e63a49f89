"""Every threshold of sameness, in one place."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Limits:
    """
    Chosen on one half of the benchmark's data and reported on the other (docs/sameness.md). A *phrase* is three words
    in a row (six characters of Chinese or Japanese); shares are of distinct phrases.
    """

    # --- which stories are worth comparing ---
    crowd: int = 32
    """A mark that so many stories have is a stock phrase, and says nothing."""
    hits: int = 2
    """Marks in common, at the least; one is enough for a text that has at most `few_marks`."""
    few_marks: int = 4
    weight: float = 0.8
    """Their summed weight at the least: a mark that n stories have weighs 1 / (1 + √n)."""
    tries: int = 5
    """So many stories are compared, the heaviest first."""
    certain: float = 0.6
    """From this score on, no further story is tried."""

    # --- how much of one text is in the other ---
    floor: float = 0.25
    """Less of the shorter text in the longer one is never the same, whatever the headlines say."""
    enough: float = 0.36
    """The share of the shorter text, with the bonus for its headline, from which texts are the same."""
    headline_alike: float = 0.6
    """Share of the shorter headline's words in the longer one from which headlines count for something."""
    headline_bonus: float = 0.25
    """What equal headlines add to the share."""
    phrases: int = 12
    """So many phrases in common at the least: fewer are in common by accident."""
    phrases_under_one_headline: int = 4
    """The same, for texts with nearly the same headline."""
    one_headline: float = 0.8
    """From this likeness on (words in both / words in either) it is nearly the same headline."""

    # --- a digest is not a copy of what it quotes ---
    part: float = 0.6
    """Below this share of the longer text, the shorter one is an excerpt, or an item of a digest."""
    lead: int = 40
    """Phrases: the beginning of a text."""
    lead_share: float = 0.2
    """So much of the beginning of each text has to be in the other, for a part under another headline to be a copy."""
    whole: float = 0.85
    """From this share on, the shorter text is in the longer one as a whole. Then it is an excerpt all the same ..."""
    told: float = 0.5
    """... if so many words of the longer text's headline are in the shorter text: a digest has another headline."""
    told_words: int = 4
    """Words of four letters or more: a headline of fewer does not count."""
    headline_in_part: float = 0.5
    """From this share of headline words in common it is not another headline."""

    # --- the same form with other figures and names is other news ---
    figure_conflicts: float = 0.2
    """So many conflicts are always forgiven ..."""
    conflict_ratio: float = 0.22
    """... and so many for each figure or name that was compared."""
    name_weight: float = 0.3
    """What a name counts, where a figure counts 1: names are inflected, abbreviated and transliterated."""
    short: int = 40
    """In a text of fewer phrases a name counts 1: of "The slides of NAME's call for the quarter", it is the news."""


DEFAULT = Limits()
