"""How alike a text is to the rows of each article: votes of its neighbours, and the nearest row of all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mailflow.suggest.space import Floats, Integers

NEIGHBOURS = 30
SHARPNESS = 14.0  # a neighbour's vote is exp(SHARPNESS * cosine)


@dataclass(frozen=True, slots=True)
class Groups:
    """Rows ordered by line, -1 for those of none: which ``lines`` occur, and where each starts."""

    line_of: Integers  # each row's
    lines: Integers
    starts: Integers


def groups_of(line_of: Integers) -> Groups:
    start = int(np.searchsorted(line_of, 0))
    lines, first = np.unique(line_of[start:], return_index=True)
    return Groups(line_of, lines, start + first)


def votes(cosines: Floats, groups: Groups, count: int) -> Floats:
    """The share of the nearest rows each line has, shape (texts, count)."""
    texts, rows = cosines.shape
    found = np.zeros((texts, count + 1), dtype=np.float32)  # the last column: no article fits
    if rows:
        k = min(NEIGHBOURS, rows)
        near = np.argpartition(cosines, rows - k, axis=1)[:, rows - k :]
        strength = np.exp(SHARPNESS * (np.take_along_axis(cosines, near, axis=1) - 1))
        strength /= strength.sum(axis=1, keepdims=True) + 1e-4  # all far off: no vote counts much
        np.add.at(found, (np.arange(texts)[:, None], groups.line_of[near]), strength)
    return found[:, :count]


def nearest(cosines: Floats, groups: Groups, count: int) -> Floats:
    """The cosine of each line's nearest row, shape (texts, count)."""
    best = np.zeros((cosines.shape[0], count), dtype=np.float32)
    starts = groups.starts
    if len(starts) == cosines.shape[1]:  # a row each, as articles have
        best[:, groups.lines] = cosines
    elif len(starts):
        first = starts[0]
        best[:, groups.lines] = np.maximum.reduceat(cosines[:, first:], starts - first, axis=1)
    return best
