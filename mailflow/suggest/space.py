"""The vector space: which features are known, how rare each is, and texts as weighted rows.

Each block is weighted tf-idf (1 + log tf, smoothed idf) and scaled to length one *with its unknown
features counted in*: a text full of words never seen is short in every known direction, which is
what tells a message no article fits from one that some article does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from mailflow.suggest.features import BLOCKS, Hashes, features_of_text

Floats = npt.NDArray[np.float32]
Blocks = tuple[Hashes, Hashes, Hashes]


@dataclass(frozen=True, slots=True)
class Block:
    """Known features, ascending, and the idf of each; ``unknown_idf`` for any other."""

    hashes: Hashes
    idf: Floats
    unknown_idf: float


@dataclass(frozen=True, slots=True)
class Row:
    """One text in the space. ``known`` is the share of its stems' squared length that is known, 0..1."""

    columns: npt.NDArray[np.int64]
    values: Floats
    known: float
    words: int


@dataclass(frozen=True, slots=True)
class Space:
    """The blocks stand side by side; block b's squared length is ``shares[b]``, all sum to one."""

    blocks: tuple[Block, ...]
    shares: tuple[float, ...]

    @property
    def offsets(self) -> list[int]:
        sizes = [len(block.hashes) for block in self.blocks]
        return [sum(sizes[:b]) for b in range(len(sizes) + 1)]

    def row(self, features: Blocks) -> Row:
        columns: list[npt.NDArray[np.int64]] = []
        values: list[Floats] = []
        known = 0.0
        for b, (block, offset) in enumerate(zip(self.blocks, self.offsets, strict=False)):
            found, weights, share = _weighted(block, features[b])
            columns.append(found + offset)
            values.append(weights * np.float32(self.shares[b] ** 0.5))
            known = share if b == 0 else known
        return Row(np.concatenate(columns), np.concatenate(values), known, len(features[0]))

    def matrix(self, rows: Sequence[Row]) -> sparse.csr_matrix:
        """The rows as one CSR matrix of float32, shape (rows, features)."""
        starts = np.cumsum([0, *(len(row.columns) for row in rows)])
        columns = np.concatenate([row.columns for row in rows]) if rows else np.empty(0, np.int64)
        values = np.concatenate([row.values for row in rows]) if rows else np.empty(0, np.float32)
        return sparse.csr_matrix((values, columns, starts), shape=(len(rows), self.offsets[-1]))


def _weighted(block: Block, hashes: Hashes) -> tuple[npt.NDArray[np.int64], Floats, float]:
    """Columns and weights of the known features of one block, and their share of the squared length."""
    empty = np.empty(0, np.int64), np.empty(0, np.float32), 0.0
    if not len(hashes):
        return empty
    distinct, counts = np.unique(hashes, return_counts=True)
    tf = (1 + np.log(counts)).astype(np.float32)
    if not len(block.hashes):
        return empty
    places = np.minimum(np.searchsorted(block.hashes, distinct), len(block.hashes) - 1)
    hit = block.hashes[places] == distinct
    weights = tf * np.where(hit, block.idf[places], np.float32(block.unknown_idf))
    squared = float(weights @ weights)
    kept = weights[hit]
    return places[hit], kept / np.float32(squared**0.5), float(kept @ kept) / squared


def learn_space(
    texts: Sequence[Blocks],
    *,
    shares: Sequence[float],
    min_documents: Sequence[int] = (1, 2, 2),
    max_features: Sequence[int] = (60_000, 120_000, 120_000),
) -> Space:
    """The space of these texts. Over ``max_features`` the rarest features go first."""
    blocks = []
    for b in range(BLOCKS):
        distinct = [np.unique(text[b]) for text in texts]
        merged = np.concatenate(distinct) if distinct else np.empty(0, np.uint32)
        hashes, documents = np.unique(merged, return_counts=True)
        keep = documents >= min_documents[b]
        if keep.sum() > max_features[b]:
            least = np.sort(documents)[-max_features[b]]
            keep &= documents > least
        idf = np.log((1 + len(texts)) / (1 + documents[keep])) + 1
        unknown = float(np.log((1 + len(texts)) / 2) + 1)
        blocks.append(Block(hashes[keep], idf.astype(np.float32), unknown))
    return Space(tuple(blocks), tuple(shares))


def rows_of(space: Space, texts: Sequence[str]) -> list[Row]:
    return [space.row(features_of_text(text)) for text in texts]
