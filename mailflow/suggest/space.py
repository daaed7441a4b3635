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
from functools import cached_property
from itertools import chain

import numpy as np
import numpy.typing as npt
from scipy import sparse

from mailflow.suggest.features import (
    BLOCKS,
    STEMS,
    Features,
    Hashes,
    Keys,
    features_of,
    keys_of,
    squared_lengths,
)

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Slots = tuple[npt.NDArray[np.int32], Keys]
Columns = npt.NDArray[np.int32]
WALKED = 25_000.0  # rows met through the features of one block, on average of a text
_SLOT_BITS, _REST_BITS = 16, np.uint64(16)  # of a hash
_STEPS = 12  # within a slot; a crowded one is searched by halves
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


@dataclass(frozen=True)
class Space:
    """The blocks stand side by side; block b's squared length is ``shares[b]``, all sum to one."""

    blocks: tuple[Block, ...]
    shares: tuple[float, ...]

    @property
    def offsets(self) -> list[int]:
        sizes = [len(block.hashes) for block in self.blocks]
        return [sum(sizes[:b]) for b in range(len(sizes) + 1)]

    @property
    def stems(self) -> Hashes:
        """The features of the first columns."""
        return self.blocks[STEMS].hashes

    @cached_property
    def keys(self) -> Keys:
        """Of every column, ascending."""
        return np.concatenate([keys_of(b, block.hashes) for b, block in enumerate(self.blocks)])

    @cached_property
    def idf(self) -> Floats:
        return np.concatenate([block.idf for block in self.blocks])

    @cached_property
    def _slots(self) -> Slots:
        """For each block and first bits of a hash the first key that may be it; the keys with an end."""
        firsts = np.arange(BLOCKS << _SLOT_BITS, dtype=np.uint64) << _REST_BITS
        ended = np.append(self.keys, np.uint64(2**64 - 1))
        return np.searchsorted(self.keys, firsts).astype(np.int32), ended

    def rows(self, features: Features) -> Rows:
        """The rows of these texts. What the space does not know counts for the lengths alone."""
        texts = features.texts
        places = self._places(features.keys)
        known = np.flatnonzero(self._slots[1][places] == features.keys)
        places, owners, keys = places[known], features.owners[known], features.keys[known]
        bare = features.weights[known]
        weights = bare * self.idf[places]
        seen = squared_lengths(keys, owners, weights, texts)
        unknown = features.squared - squared_lengths(keys, owners, bare, texts)
        of_unknown = np.array([block.unknown_idf for block in self.blocks]) ** 2
        squared = np.maximum(seen + np.maximum(unknown, 0) * of_unknown, 1e-12)
        scale = np.sqrt(np.array(self.shares) / squared)
        values = weights * scale[owners, (keys >> np.uint64(32)).astype(np.int64)]
        heavy = values > 0
        matrix = _by_text(owners[heavy], places[heavy], values[heavy], (texts, len(self.idf)))
        return Rows(matrix, seen[:, STEMS] / squared[:, STEMS], features.words)

    def _places(self, keys: Keys) -> Columns:
        """Where each key stands, or the next one does; hashes are spread evenly, so few lie in a slot."""
        slots, ended = self._slots
        places = slots[(keys >> _REST_BITS).astype(np.int64)]
        behind = np.flatnonzero(ended[places] < keys)
        for _ in range(_STEPS):
            places[behind] += 1
            behind = behind[ended[places[behind]] < keys[behind]]
            if not len(behind):
                return places
        places[behind] = np.searchsorted(self.keys, keys[behind])
        return places


def _by_text(
    owner: Integers, columns: Columns, values: Doubles, shape: tuple[int, int]
) -> sparse.csr_matrix:
    order = np.argsort(owner.astype(np.min_scalar_type(shape[0])), kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=shape[0]))])
    parts = values[order].astype(np.float32), columns[order]
    return sparse.csr_matrix((*parts, starts.astype(np.int32)), shape)


def leading(rows: sparse.csr_matrix, columns: int) -> tuple[Integers, Integers, Floats]:
    """Row, column and value of everything in the first columns."""
    owners = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
    those = rows.indices < columns
    return owners[those], rows.indices[those], rows.data[those]


def met_in(
    rows: sparse.csr_matrix, members: Sequence[Integers], owners: Integers, columns: Integers
) -> Floats:
    """What stands in each text's members, rows, at its ``columns``, summed. ``owners`` are the texts
    of the columns; both ascend."""
    if not len(columns):
        return np.empty(0, dtype=np.float32)
    taken = rows[np.concatenate(members).astype(np.int64)]
    texts = np.repeat(np.arange(len(members)), [len(m) for m in members])
    reached = taken.indices <= columns.max()
    width = np.int64(rows.shape[1])
    met = np.repeat(texts, np.diff(taken.indptr))[reached] * width + taken.indices[reached]
    wanted = owners * width + columns
    places = np.minimum(np.searchsorted(wanted, met), len(wanted) - 1)
    hit = wanted[places] == met
    found = np.bincount(places[hit], taken.data[reached][hit], minlength=len(wanted))
    return found.astype(np.float32)


def learn_space(
    texts: Sequence[Sequence[str]],
    *,
    shares: Sequence[float],
    min_documents: Sequence[int] = (1, 2, 2, 2),
    max_features: Sequence[int] = (60_000, 80_000, 80_000, 120_000),
    most_documents: Sequence[float] = (math.inf, 2_000, 1_500, 1_000),
    light_texts: Sequence[Sequence[str]] = (),
    quiet: Sequence[Hashes] = (),
    worth: float = 1.0,
) -> Space:
    """The space of these texts, given as words. Over ``max_features`` the rarest features go first.

    Features that stand in more than ``most_documents`` texts get no weight, lest they cost most.
    Of ``light_texts`` stems and ordered pairs alone are read. The ``quiet`` features, by block, have
    this share of the weight that others as rare have.
    """
    gathered: list[list[Hashes]] = [[] for _ in range(BLOCKS)]
    for features in chain(in_sweeps(texts), in_sweeps(light_texts, light=True)):
        for b in range(BLOCKS):
            if shares[b]:
                gathered[b].append(features.keys[features.block(b)].astype(np.uint32))
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
        if quiet:
            idf[np.isin(hashes[keep], quiet[b])] *= worth
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
