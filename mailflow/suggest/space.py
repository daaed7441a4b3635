"""The vector space of tf-idf weights: each text a sparse row of length one.

tf is 1 + log(count) and idf is log((1 + n) / (1 + df)) + 1 (Manning, Raghavan, Schütze 2008, 6.2-6.4);
each block of features is normalised on its own and takes a fixed share of the cosine, so that the
many character n-grams cannot drown the few words. A text's norm counts the features the space does
not know, so that a text it knows little of is near to nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import numpy.typing as npt
from scipy import sparse

from mailflow.suggest.features import BLOCKS, Features, Found, Hashes, features_of

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
WALKED = 45_000.0  # rows met through the features of one block, on average of a text
AT_ONCE = 1_000  # texts hashed in one sweep when learning: bounds memory


@dataclass(frozen=True, slots=True)
class Block:
    """Known features, ascending, and the idf of each; ``unknown_idf`` for any other."""

    hashes: Hashes
    idf: Floats
    unknown_idf: float


@dataclass(frozen=True, slots=True)
class Rows:
    """Texts in the space. ``matrix`` is CSR, float32, shape (texts, features), columns ascending.

    ``known`` is the share of each text's stems (squared length) that is known, 0..1; ``words`` how many.
    """

    matrix: sparse.csr_matrix
    known: Doubles
    words: Integers

    def row(self, k: int) -> tuple[Integers, Floats]:
        """Columns and values of one text."""
        part = slice(self.matrix.indptr[k], self.matrix.indptr[k + 1])
        return self.matrix.indices[part], self.matrix.data[part]


@dataclass(frozen=True, slots=True)
class Space:
    """The blocks stand side by side; block b's squared length is ``shares[b]``, all sum to one."""

    blocks: tuple[Block, ...]
    shares: tuple[float, ...]

    @property
    def offsets(self) -> list[int]:
        sizes = [len(block.hashes) for block in self.blocks]
        return [sum(sizes[:b]) for b in range(len(sizes) + 1)]

    def rows(self, features: Features) -> Rows:
        """The rows of these texts."""
        offsets, known = self.offsets, np.zeros(features.texts)
        owners, columns, values = [], [], []
        for b, block in enumerate(self.blocks):
            if not self.shares[b]:
                continue
            owner, place, weight, share = _weighted(block, features.blocks[b], features.texts)
            owners.append(owner)
            columns.append(place + offsets[b])
            values.append(weight * np.float32(self.shares[b] ** 0.5))
            known = share if b == 0 else known
        owner = np.concatenate(owners)
        order = np.argsort(owner, kind="stable")
        starts = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=features.texts))])
        matrix = sparse.csr_matrix(
            (
                np.concatenate(values)[order],
                np.concatenate(columns)[order].astype(np.int32),
                starts.astype(np.int32),
            ),
            shape=(features.texts, offsets[-1]),
        )
        return Rows(matrix, known, features.words)


def _weighted(block: Block, found: Found, texts: int) -> tuple[Integers, Integers, Floats, Doubles]:
    """Of the known features of one block: text, column, weight; and each text's known share."""
    owner, hashes, counts = _distinct(found)
    if not len(owner) or not len(block.hashes):
        none = np.empty(0, np.int64)
        return none, none, np.empty(0, np.float32), np.zeros(texts)
    places = np.minimum(np.searchsorted(block.hashes, hashes), len(block.hashes) - 1)
    hit = block.hashes[places] == hashes
    weights = (1 + np.log(counts)) * np.where(hit, block.idf[places], block.unknown_idf)
    hit &= weights > 0
    squared = np.bincount(owner, weights**2, minlength=texts)
    seen = np.bincount(owner[hit], weights[hit] ** 2, minlength=texts)
    lengths = np.sqrt(np.maximum(squared, 1e-12))
    unit = (weights[hit] / lengths[owner[hit]]).astype(np.float32)
    return owner[hit], places[hit], unit, seen / np.maximum(squared, 1e-12)


def _distinct(found: Found) -> tuple[Integers, Hashes, Integers]:
    """Each text's features once, ascending, with how often they stand in it."""
    owner, hashes = found
    keys, counts = np.unique(
        (owner.astype(np.uint64) << np.uint64(32)) | hashes, return_counts=True
    )
    return (keys >> np.uint64(32)).astype(np.int64), keys.astype(np.uint32), counts


def learn_space(
    texts: Sequence[Sequence[str]],
    *,
    shares: Sequence[float],
    min_documents: Sequence[int] = (1, 2, 2, 2),
    max_features: Sequence[int] = (60_000, 80_000, 80_000, 120_000),
    most_documents: Sequence[float] = (math.inf, 2_000, 1_500, 1_000),
    light_texts: Sequence[Sequence[str]] = (),
) -> Space:
    """The space of these texts, given as words. Over ``max_features`` the rarest features go first.

    Features that stand in more than ``most_documents`` texts get no weight, lest they cost most.
    Of ``light_texts`` stems and ordered pairs alone are read.
    """
    gathered: list[list[Hashes]] = [[] for _ in range(BLOCKS)]
    for features in chain(in_sweeps(texts), in_sweeps(light_texts, light=True)):
        for b in range(BLOCKS):
            if shares[b]:
                gathered[b].append(_distinct(features.blocks[b])[1])
    counts = [len(texts) + len(light_texts)] * 2 + [len(texts)] * 2
    blocks = []
    for b in range(BLOCKS):
        merged = np.concatenate(gathered[b]) if gathered[b] else np.empty(0, np.uint32)
        gathered[b] = []
        hashes, documents = np.unique(merged, return_counts=True)
        keep = documents >= min_documents[b]
        if keep.sum() > max_features[b]:
            least = np.sort(documents)[-max_features[b]]
            keep &= documents > least
        idf = np.log((1 + counts[b]) / (1 + documents[keep])) + 1
        idf[_dear(documents[keep], counts[b], most_documents[b])] = 0
        unknown = float(np.log((1 + counts[b]) / 2) + 1)
        blocks.append(Block(hashes[keep], idf.astype(np.float32), unknown))
    return Space(tuple(blocks), tuple(shares))


def _dear(documents: Integers, texts: int, most: float) -> npt.NDArray[np.bool_]:
    """The features that tell little and cost most: in too many texts, or beyond the budget of rows
    that a text like these walks through, commonest first."""
    dear: npt.NDArray[np.bool_] = documents > most
    if most < math.inf:
        order = np.argsort(documents, kind="stable")
        walked = np.cumsum(documents[order].astype(np.float64) ** 2) / max(1, texts)
        dear[order[walked > WALKED]] = True
    return dear


def in_sweeps(texts: Sequence[Sequence[str]], *, light: bool = False) -> Iterable[Features]:
    for start in range(0, len(texts), AT_ONCE):
        yield features_of(texts[start : start + AT_ONCE], light=light)


def rows_of(space: Space, texts: Sequence[Sequence[str]], *, light: bool = False) -> Rows:
    """The rows of any number of texts given as words, in sweeps."""
    parts = [space.rows(features) for features in in_sweeps(texts, light=light)]
    if not parts:
        return space.rows(features_of([]))
    return Rows(
        sparse.vstack([part.matrix for part in parts], format="csr"),
        np.concatenate([part.known for part in parts]),
        np.concatenate([part.words for part in parts]),
    )
