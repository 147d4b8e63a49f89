"""
What a topic's examples have in common, learned: a small linear model of one topic. Pure.

    read         a text -> its features: the roots of its words, and the letters that its words are made of
    Vocabulary   which features the training texts had, and how rare each is
    train        examples and other texts -> Model       ridge regression in closed form: no steps, no chance
    Model        score(text); because(text): its words that weighed most; to_bytes, from_bytes

A feature is the CRC of its letters, so that nothing has to be looked up or stored as text, and every process computes
the same. docs/learned-topics.md tells how well it works.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from itertools import pairwise
from typing import Self, TypeAlias
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from .errors import LearningError
from .model import ENOUGH_EXAMPLES
from .text import FIRST_IDEOGRAPH, ROOT, words

VERSION = 1
"""Another number: models that were trained before are trained anew."""
ENOUGH_OTHERS = 100
"""Texts that are not examples."""

_RIDGE = 0.1
_LENGTH = 2_000
"""Characters: news says at the beginning what it is about."""
_TITLE = 2
"""The headline counts so many times."""
_SHORTEST, _LONGEST = 3, 5
"""Letters in a row that are a feature; a word begins and ends with a blank."""
_LONGEST_WORD = 60
_MARGIN = 0.02
_DOUBTFUL = 0.25
"""A larger share of an archive is not for one topic."""
_FOUND = 3
"""So many examples have to be found when they are left out: one or two of a dozen are now and then by mere chance."""
_CHUNK = 4_096
"""Columns."""

Text: TypeAlias = tuple[str, str]
"""Title and body, plain."""
Floats: TypeAlias = NDArray[np.floating]
Hashes: TypeAlias = NDArray[np.uint32]
Places: TypeAlias = NDArray[np.intp]
Features: TypeAlias = tuple[Hashes, Floats]
"""Hashes, and how much the text has of each."""
Vector: TypeAlias = tuple[Places, Floats]
"""Places in the vocabulary, and the text's share of each."""


# --- features --------------------------------------------------------------------------------------------------------


def spoken(text: Text) -> list[str]:
    """The words that count."""
    title, body = text
    return words(title[:_LENGTH]) * _TITLE + words(body[:_LENGTH])


def read(said: Sequence[str]) -> tuple[Features, Features]:
    """The features of words in a row: roots (ideographs in pairs too), and letters."""
    pairs = [_hash(a + b) for a, b in pairwise(said) if a >= FIRST_IDEOGRAPH and b >= FIRST_IDEOGRAPH]
    roots = np.array([_hash(root(word)) for word in said] + pairs, np.uint32)
    letters = np.concatenate([_letters(word) for word in said]) if said else roots
    return _counted(roots), _counted(letters)


def root(word: str) -> str:
    """What its inflected forms share, near enough in every language."""
    return word[:ROOT]


def _hash(text: str) -> int:
    return crc32(text.encode("utf-8", "replace"))


@lru_cache(maxsize=1 << 15)
def _letters(word: str) -> Hashes:
    held = f" {word[:_LONGEST_WORD]} "
    groups = [held[i : i + n] for n in range(_SHORTEST, _LONGEST + 1) for i in range(len(held) - n + 1)]
    return np.array([_hash(f"~{group}") for group in groups], np.uint32)


def _counted(hashes: Hashes) -> Features:
    """What is said a tenth time says less than the first time."""
    found, counts = np.unique(hashes, return_counts=True)
    return found, 1 + np.log(counts)


@dataclass(frozen=True)
class Vocabulary:
    """
    The features that two training texts have, or more, and how rare each is: the less common, the more it counts. What
    only one has would say much, as it is rare, and know nothing.
    """

    hashes: Hashes
    """In order."""
    rarity: Floats
    unknown: float
    """
    The rarity of everything else: it says nothing, and makes what is known count for less. Without it the few words
    that a text in another language shares by chance would be all of it: 48 of 400 were taken for what they are not.
    """

    @classmethod
    def of(cls, texts: Sequence[tuple[Features, Features]]) -> Self:
        hashes, counts = np.unique(np.concatenate([found for text in texts for found, _ in text]), return_counts=True)
        unknown = float(np.log(1 + len(texts))) + 1
        common = counts > 1
        return cls(hashes[common], (unknown - np.log(1 + counts[common])).astype(np.float32), unknown)

    def find(self, hashes: Hashes) -> tuple[Places, NDArray[np.bool_]]:
        """Where they stand, and which of them do."""
        places = np.minimum(np.searchsorted(self.hashes, hashes), len(self.hashes) - 1)
        return places, self.hashes[places] == hashes

    def vector(self, text: tuple[Features, Features]) -> Vector:
        """Of length 1 (less what is unknown), of which roots and letters have half each."""
        found: list[Places] = []
        shares: list[Floats] = []
        for hashes, amounts in text:
            places, known = self.find(hashes)
            weighed = amounts * np.where(known, self.rarity[places], self.unknown)
            length = np.sqrt(2 * np.square(weighed).sum())
            found.append(places[known])
            shares.append(weighed[known] / length)
        return np.concatenate(found), np.concatenate(shares)


# --- the model -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Model:
    """What was learned of one topic. Other texts score about 0; the more like the examples, the nearer to 1."""

    vocabulary: Vocabulary
    weights: Floats
    """Of each feature of the vocabulary."""
    bias: float
    needed: float
    """From this score on, a text is like the examples."""
    known: float
    """The share of the examples that are found when each is left out in its turn."""

    @property
    def digest(self) -> str:
        """Changes when it could say something else."""
        parts = (self.vocabulary.hashes, self.vocabulary.rarity, self.weights, np.array([self.bias, self.needed]))
        return sha256(b"".join(part.tobytes() for part in parts)).hexdigest()[:16]

    def score(self, text: Text) -> float:
        """0 for a text without words."""
        said = spoken(text)
        if not said:
            return 0.0
        places, shares = self.vocabulary.vector(read(said))
        return float(self.weights[places] @ shares) + self.bias

    def because(self, text: Text, limit: int = 3) -> list[str]:
        """The words of this text that speak most for the topic, as they stand there, one of each root."""
        said = spoken(text)
        forms = {root(word): word for word in reversed(said) if len(word) >= _SHORTEST or word >= FIRST_IDEOGRAPH}
        if not forms:
            return []
        speaking = np.zeros_like(self.weights)
        places, shares = self.vocabulary.vector(read(said))
        speaking[places] = self.weights[places] * shares
        weight = {word: self._weight(word, speaking) for word in forms.values()}
        return sorted((w for w in weight if weight[w] > 0), key=lambda w: (-weight[w], w))[:limit]

    def _weight(self, word: str, speaking: Floats) -> float:
        hashes = np.concatenate([found for found, _ in read([word])])
        places, known = self.vocabulary.find(hashes)
        return round(float(speaking[places[known]].sum()), 9)

    def to_bytes(self) -> bytes:
        """Some hundred kilobytes; equal models are equal bytes."""
        file, v = io.BytesIO(), self.vocabulary
        numbers = np.array([v.unknown, self.bias, self.needed, self.known])
        np.savez_compressed(file, hashes=v.hashes, rarity=v.rarity, weights=self.weights, numbers=numbers)
        return file.getvalue()

    @classmethod
    def from_bytes(cls, body: bytes) -> Self:
        """The other way round."""
        with np.load(io.BytesIO(body), allow_pickle=False) as file:
            unknown, bias, needed, known = file["numbers"].tolist()
            vocabulary = Vocabulary(file["hashes"], file["rarity"], unknown)
            return cls(vocabulary, file["weights"], bias, needed, known)


# --- training --------------------------------------------------------------------------------------------------------


def train(yes: Sequence[Text], no: Sequence[Text], others: Sequence[Text]) -> Model:
    """
    `no` are texts that the topic must not have, `others` any news: some of it may be for the topic, nobody has looked.
    The same texts in the same order are the same model. Raises LearningError.
    """
    different = len({tuple(spoken(text)) for text in yes} - {()})
    if different < ENOUGH_EXAMPLES:
        raise LearningError(f"{ENOUGH_EXAMPLES} different examples at least are needed, and there are {different}")
    there = len(no) + len(others)
    if there < ENOUGH_OTHERS:
        raise LearningError(f"{ENOUGH_OTHERS} other stories at least are needed to tell from, and there are {there}")
    model = fit(yes, no, others)
    if round(model.known * len(yes)) < _FOUND:
        raise LearningError("the examples have too little in common: left out themselves, they are not found")
    return model


def fit(yes: Sequence[Text], no: Sequence[Text], others: Sequence[Text]) -> Model:
    """The same, however few there are."""
    texts = [read(spoken(text)) for text in (*yes, *no, *others)]
    labels = np.array([1.0] * len(yes) + [0.0] * (len(texts) - len(yes)))
    vocabulary = Vocabulary.of(texts)
    if not len(vocabulary.hashes):
        raise LearningError("no two of these texts have anything in common")
    vectors = [vocabulary.vector(text) for text in texts]
    products = _products(vectors, len(vocabulary.hashes))
    kept = _undoubted(products, labels, len(yes) + len(no))
    shares, left_out = _solve(products[np.ix_(kept, kept)], labels[kept])
    needed = _needed(left_out, labels[kept])
    weights = np.zeros(len(vocabulary.hashes))
    for share, at in zip(shares, kept, strict=True):
        places, values = vectors[at]
        weights[places] += share * values
    known = float(np.mean(left_out[: len(yes)] >= needed))
    return Model(vocabulary, weights.astype(np.float32), float(shares.sum()), needed, known)


def _products(vectors: Sequence[Vector], size: int) -> Floats:
    """How alike each is to each (K). Some columns at a time, so that no matrix is large."""
    columns = np.concatenate([places for places, _ in vectors])
    values = np.concatenate([shares for _, shares in vectors])
    rows = np.repeat(np.arange(len(vectors)), [len(places) for places, _ in vectors])
    order = np.argsort(columns, kind="stable")
    columns, values, rows = columns[order], values[order], rows[order]
    products = np.zeros((len(vectors), len(vectors)))
    for start in range(0, size, _CHUNK):
        part = slice(*np.searchsorted(columns, (start, start + _CHUNK)))
        some = np.zeros((len(vectors), _CHUNK))
        some[rows[part], columns[part] - start] = values[part]
        products += some @ some.T
    return products


def _solve(products: Floats, labels: Floats) -> tuple[Floats, Floats]:
    """
    Each text's part in the weights, and the score that it would have if it had not been learned from. Both sides count
    the same, however many they are. Ridge regression in the dual, with the bias as a feature that every text has:
    (K + 1 + diag(ridge / weight))^-1 labels; to leave one out needs no other inverse (Rifkin and Lippert, 2007).
    """
    few = labels.sum()
    weight = len(labels) / 2 / np.where(labels > 0, few, len(labels) - few)
    inverse = np.linalg.inv(products + 1 + np.diag(_RIDGE / weight))
    shares = inverse @ labels
    return shares, labels - shares / np.diag(inverse)


def _undoubted(products: Floats, labels: Floats, sure: int) -> NDArray[np.intp]:
    """
    The texts to learn from. Others that look like the examples may well be for the topic: nobody has said that they are
    not, and to learn so would be wrong.
    """
    _, left_out = _solve(products, labels)
    doubtful = left_out >= np.median(left_out[labels > 0])
    doubtful[:sure] = False
    if doubtful.sum() > _DOUBTFUL * (len(labels) - sure):
        doubtful[:] = False  # these examples are not told from other news at all
    return np.flatnonzero(~doubtful)


def _needed(left_out: Floats, labels: Floats) -> float:
    """
    More than any text has that is no example, when it is left out itself, and then half the way up to the next example:
    rather too little than wrong news.
    """
    top = max(float(left_out[labels == 0].max()), 0.0)
    above = [score for score in left_out[labels > 0].tolist() if score > top]
    half_way = (top + min(above)) / 2 if above else top
    return round(max(half_way, top + _MARGIN), 4)
