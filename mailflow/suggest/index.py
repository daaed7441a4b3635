"""Cosines of a text to every row, from an index by feature: a dense head and a sparse tail.

The features that stand in very many rows are few and cost nearly everything when walked as lists;
they lie in a dense matrix that a batch multiplies in one step. All the others are lists. With more
rows than the head may hold, the commonest features, which tell least, are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import sparse

from mailflow.suggest.space import Floats, Integers

HEAD = 2_000  # features in the dense head, at most
HEAD_NUMBERS = 25_000_000  # 100 MB
DENSE_FROM = 40  # a line of the head costs a text as much as a list of √(40 rows) now and then
POSTINGS = 2_500  # of one feature, at most, where there is no head
CHUNK = 256


@dataclass(frozen=True, slots=True)
class Index:
    """``head`` (common features, rows), ``place`` the line of each feature in it or -1;
    ``tail`` (features, rows)."""

    place: Integers
    head: Floats
    tail: sparse.csr_matrix

    def cosines(self, texts: sparse.csr_matrix) -> Floats:
        """To every row, dense, shape (texts, rows)."""
        found = self._walked(texts)
        if not len(self.head):
            return found
        lines = self.place[texts.indices]
        common = lines >= 0
        if texts.shape[0] == 1:  # only the lines of the head that this text needs
            found[0] += texts.data[common] @ self.head[lines[common]]
            return found
        owner = np.repeat(np.arange(texts.shape[0]), np.diff(texts.indptr))[common]
        wanted = np.zeros((texts.shape[0], len(self.head)), dtype=np.float32)
        wanted[owner, lines[common]] = texts.data[common]
        found += wanted @ self.head
        return found

    def _walked(self, texts: sparse.csr_matrix) -> Floats:
        """What the lists add, text by text: the product of two sparse matrices takes twice as long."""
        found = np.zeros((texts.shape[0], self.tail.shape[1]), dtype=np.float32)
        for k, (start, stop) in enumerate(pairwise(texts.indptr)):
            if stop > start:
                found[k] = self.tail[texts.indices[start:stop]].T @ texts.data[start:stop]
        return found

    def in_chunks(self, texts: sparse.csr_matrix) -> Iterator[tuple[slice, Floats]]:
        for start in range(0, texts.shape[0], CHUNK):
            part = slice(start, min(start + CHUNK, texts.shape[0]))
            yield part, self.cosines(texts[part])


def index_of(rows: sparse.csr_matrix, *, exact: bool = True) -> Index:
    """The index of CSR rows. Not ``exact``: common features are left out instead of held dense."""
    count, features = rows.shape
    standing = np.bincount(rows.indices, minlength=features)
    by_feature = rows.T.tocsr()
    nowhere = np.full(features, -1, dtype=np.int64)
    if not exact:
        keep = standing <= POSTINGS
        tail = sparse.diags(keep.astype(np.float32)) @ by_feature
        tail.eliminate_zeros()
        return Index(nowhere, np.empty((0, count), np.float32), tail.tocsr())
    most = min(HEAD, HEAD_NUMBERS // max(1, count), features)
    common = np.sort(np.argsort(-standing, kind="stable")[:most])
    common = common[standing[common].astype(float) ** 2 > DENSE_FROM * count]
    head = by_feature[common].toarray()
    rest = np.ones(features, dtype=np.float32)
    rest[common] = 0
    tail = (sparse.diags(rest) @ by_feature).tocsr()
    tail.eliminate_zeros()
    nowhere[common] = np.arange(len(common))
    return Index(nowhere, np.ascontiguousarray(head), tail)
