"""Whether a story is like the examples that a topic has learned from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..model import Topic
from ._reading import Reading

if TYPE_CHECKING:
    from ..learn import Model


def learned(topic: Topic, reading: Reading, model: Model | None) -> list[str] | None:
    """The evidence, or None; before anything has been learned nothing is like them. A bare headline is not asked."""
    if topic.like is None or not reading.fields:
        return []
    text = reading.title, reading.body
    if model is None or (score := model.score(text)) < model.needed:
        return None
    words_met = ", ".join(model.because(text))
    return [f"like its examples: {score:.2f} (needed {model.needed:.2f}), most for {words_met}"]
