"""A model's parts to facts and arrays and back. Reading checks every shape that serving relies on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

import numpy as np
from scipy import sparse

from mailflow.desk.ticket import Article
from mailflow.suggest.accept import Accept
from mailflow.suggest.embeddings import Embeddings, Meaning
from mailflow.suggest.features import BLOCKS
from mailflow.suggest.files import Array
from mailflow.suggest.index import index_of
from mailflow.suggest.learn_margins import Margins
from mailflow.suggest.priority import SIGNS as PRIORITY_SIGNS
from mailflow.suggest.priority import STEPS, PriorityModel
from mailflow.suggest.ranking import (
    SIGNS,
    Ranking,
    default_weights,
    lines_of,
    whole_vocabulary,
)
from mailflow.suggest.regression import regression_of
from mailflow.suggest.space import Block, Space

Facts = dict[str, Any]


def pack_space(space: Space, name: str) -> tuple[Facts, dict[str, Array]]:
    arrays: dict[str, Array] = {}
    for b, block in enumerate(space.blocks):
        arrays[f"{name}.hashes{b}"] = block.hashes
        arrays[f"{name}.idf{b}"] = block.idf
    return {"shares": list(space.shares), "unknown": [b.unknown_idf for b in space.blocks]}, arrays


def unpack_space(facts: Facts, arrays: Mapping[str, Array], name: str) -> Space:
    blocks = []
    for b in range(BLOCKS):
        hashes = _array(arrays, f"{name}.hashes{b}", "u", 1).astype(np.uint32)
        idf = _array(arrays, f"{name}.idf{b}", "f", 1).astype(np.float32)
        _require(
            len(hashes) == len(idf) and bool((np.diff(hashes.astype(np.int64)) > 0).all()), name
        )
        blocks.append(Block(hashes, idf, float(facts["unknown"][b])))
    return Space(tuple(blocks), _numbers(facts["shares"], BLOCKS))


def pack_ranking(ranking: Ranking) -> tuple[Facts, dict[str, Array]]:
    facts, arrays = pack_space(ranking.space, "ranking")
    arrays |= _pack_rows(ranking.rows, "rows") | _pack_rows(ranking.far_rows, "far")
    arrays |= {
        "row_class": ranking.row_class.astype(np.int32),
        "far_class": ranking.far_class.astype(np.int32),
        "columns": ranking.columns.astype(np.int32),
        "alpha": np.ascontiguousarray(ranking.regression.alpha, dtype=np.float16),
    }
    if ranking.margins is not None:
        arrays |= _pack_margins(ranking.margins)
    if (meaning := ranking.meaning) is not None:
        arrays["meaning.rows"] = meaning.rows.astype(np.float16)
        arrays["meaning.far"] = meaning.far_rows.astype(np.float16)
        known = meaning.embeddings
        facts["embeddings"] = {"folder": str(known.folder), "sha256": known.sha256}
    facts |= {
        "articles": [[a.id, a.title, a.body] for a in ranking.articles],
        "tickets": ranking.tickets,
        "notes": list(ranking.row_notes),
        "weights": list(ranking.weights),
    }
    return facts, arrays


def _pack_rows(rows: sparse.csr_matrix, name: str) -> dict[str, Array]:
    """Values lie in 0..1 and are kept to 16 bits; columns ascend and are kept as steps, which pack well."""
    rows = rows.copy()
    rows.sort_indices()
    steps = np.diff(rows.indices, prepend=0).astype(np.int32)
    starts = rows.indptr[:-1][np.diff(rows.indptr) > 0]
    steps[starts] = rows.indices[starts]
    return {
        f"{name}.values": (rows.data * 65535).round().astype(np.uint16),
        f"{name}.columns": steps,
        f"{name}.starts": rows.indptr.astype(np.int64),
    }


def _unpack_rows(arrays: Mapping[str, Array], name: str, width: int) -> sparse.csr_matrix:
    starts = _array(arrays, f"{name}.starts", "i", 1).astype(np.int64)
    steps = _array(arrays, f"{name}.columns", "i", 1).astype(np.int64)
    values = _array(arrays, f"{name}.values", "u", 1).astype(np.float32) / np.float32(65535)
    _require(len(starts) > 0 and starts[0] == 0, name)
    _require(starts[-1] == len(steps) == len(values), name)
    _require(bool((np.diff(starts) >= 0).all()), name)
    _require(not len(steps) or (steps.min() >= 0 and steps.max() < max(1, width)), "columns")
    columns = np.cumsum(steps)
    before = np.concatenate([[0], columns])[starts[:-1]]
    columns -= np.repeat(before, np.diff(starts))
    _require(not len(columns) or columns.max() < width, "columns")
    shape = (len(starts) - 1, width)
    return sparse.csr_matrix((values, columns.astype(np.int32), starts.astype(np.int32)), shape)


def unpack_ranking(
    facts: Facts, arrays: Mapping[str, Array], embeddings: Embeddings | None
) -> Ranking:
    """``embeddings``: those that the facts name."""
    space = unpack_space(facts, arrays, "ranking")
    articles = tuple(Article(str(i), str(title), str(body)) for i, title, body in facts["articles"])
    rows = _unpack_rows(arrays, "rows", space.offsets[-1])
    far_rows = _unpack_rows(arrays, "far", space.offsets[-1])
    classes = _array(arrays, "row_class", "i", 1).astype(np.int64)
    far_class = _array(arrays, "far_class", "i", 1).astype(np.int64)
    columns = _array(arrays, "columns", "i", 1).astype(np.int64)
    alpha = _array(arrays, "alpha", "f", 2).astype(np.float32)
    tickets = int(facts["tickets"])
    _require(rows.shape[0] == len(classes) == len(alpha), "rows")
    _require(far_rows.shape[0] == len(far_class), "far")
    _require(alpha.shape[1] == len(columns) and 0 <= tickets <= len(classes), "articles")
    everyone = np.sort(np.concatenate([columns, far_class]))
    _require(len(articles) > 0 and np.array_equal(everyone, np.arange(len(articles))), "articles")
    for ascending in (columns, far_class):
        _require(bool((np.diff(ascending) > 0).all()), "articles")
    _require(bool(np.isin(classes, np.append(columns, -1)).all()), "classes")
    for part in (classes[:tickets], classes[tickets:]):
        _require(bool((np.diff(part) >= 0).all()), "order")
    notes = tuple(str(note) for note in facts["notes"])
    _require(len(notes) == tickets, "notes")
    meaning = (
        _unpack_meaning(arrays, embeddings, len(classes), len(far_class)) if embeddings else None
    )
    ranking = Ranking(
        space=space,
        articles=articles,
        rows=rows,
        row_class=classes,
        tickets=tickets,
        row_notes=notes,
        regression=regression_of(alpha, lines_of(classes, columns)),
        columns=columns,
        weights=_numbers(facts["weights"], len(default_weights(meaning))),
        index=index_of(rows),
        far_rows=far_rows,
        far_class=far_class,
        far=index_of(far_rows, exact=False) if len(far_class) else None,
        margins=_unpack_margins(arrays, space.offsets[-1], len(columns)),
        meaning=meaning,
    )
    return replace(ranking, vocabulary=whole_vocabulary(ranking))


def _unpack_meaning(
    arrays: Mapping[str, Array], embeddings: Embeddings, rows: int, far: int
) -> Meaning:
    vectors = [
        _array(arrays, f"meaning.{part}", "f", 2).astype(np.float32) for part in ("rows", "far")
    ]
    for found, count in zip(vectors, (rows, far), strict=True):
        _require(found.shape == (count, embeddings.dimensions), "meaning")
    return Meaning(embeddings, *vectors)


def _pack_margins(margins: Margins) -> dict[str, Array]:
    largest = float(np.abs(margins.weights.data).max(initial=1e-9))
    return {
        "margins.largest": np.array([largest], dtype=np.float32),
        "margins.values": (margins.weights.data / largest * 32767).round().astype(np.int16),
        "margins.columns": margins.weights.indices.astype(np.uint16),
        "margins.starts": margins.weights.indptr.astype(np.int64),
        "margins.intercept": margins.intercept.astype(np.float32),
    }


def _unpack_margins(arrays: Mapping[str, Array], features: int, articles: int) -> Margins | None:
    if "margins.values" not in arrays:
        return None
    largest = _array(arrays, "margins.largest", "f", 1)
    intercept = _array(arrays, "margins.intercept", "f", 1).astype(np.float32)
    starts = _array(arrays, "margins.starts", "i", 1).astype(np.int64)
    columns = _array(arrays, "margins.columns", "u", 1).astype(np.int32)
    values = _array(arrays, "margins.values", "i", 1)
    _require(len(largest) == 1 and len(intercept) == articles, "margins")
    _require(len(starts) == features + 1 and bool((np.diff(starts) >= 0).all()), "margins")
    _require(starts[0] == 0 and starts[-1] == len(columns) == len(values), "margins")
    _require(not len(columns) or columns.max() < articles, "margins")
    weights = values.astype(np.float32) * np.float32(float(largest[0]) / 32767)
    shape = (features, articles)
    return Margins(sparse.csr_matrix((weights, columns, starts.astype(np.int32)), shape), intercept)


def pack_grammar(grammar: frozenset[int]) -> dict[str, Array]:
    return {"grammar": np.array(sorted(grammar), dtype=np.uint32)}


def unpack_grammar(arrays: Mapping[str, Array]) -> frozenset[int]:
    """Nothing in a model of before it."""
    return frozenset(_array(arrays, "grammar", "u", 1).tolist() if "grammar" in arrays else ())


def pack_accept(accept: Accept) -> Facts:
    return {
        field.name: list(value)
        if isinstance(value := getattr(accept, field.name), tuple)
        else value
        for field in fields(accept)
    }


def unpack_accept(facts: Facts) -> Accept:
    scores = _numbers(facts["scores"])
    return Accept(
        centre=_numbers(facts["centre"], SIGNS),
        scale=_numbers(facts["scale"], SIGNS),
        weights=_numbers(facts["weights"], SIGNS),
        intercept=float(facts["intercept"]),
        slope=float(facts["slope"]),
        offset=float(facts["offset"]),
        scores=scores,
        precision=_numbers(facts["precision"], len(scores)),
        strict=_numbers(facts["strict"], len(scores)),
        own_tickets=facts["own_tickets"] is True,
    )


def pack_priority(model: PriorityModel) -> tuple[Facts, dict[str, Array]]:
    facts, arrays = pack_space(model.space, "priority")
    arrays["priority.weights"] = model.weights.astype(np.float16)
    arrays["priority.signs"] = model.sign_weights.astype(np.float32)
    facts |= {
        "intercept": list(model.intercept),
        "bias": list(model.bias),
        "tickets": model.tickets,
        "speak_from": model.speak_from,
    }
    return facts, arrays


def unpack_priority(facts: Facts, arrays: Mapping[str, Array]) -> PriorityModel:
    space = unpack_space(facts, arrays, "priority")
    weights = _array(arrays, "priority.weights", "f", 2).astype(np.float32)
    signs = _array(arrays, "priority.signs", "f", 2).astype(np.float32)
    _require(weights.shape == (space.offsets[-1], STEPS), "priority")
    _require(signs.shape == (PRIORITY_SIGNS, STEPS), "priority")
    return PriorityModel(
        space=space,
        weights=weights,
        sign_weights=signs,
        intercept=_numbers(facts["intercept"], STEPS),
        bias=_numbers(facts["bias"], STEPS + 1),
        tickets=int(facts["tickets"]),
        speak_from=float(facts["speak_from"]),
    )


def _array(arrays: Mapping[str, Array], name: str, kind: str, dimensions: int) -> Array:
    array = arrays[name]
    _require(array.dtype.kind == kind and array.ndim == dimensions, name)
    return array


def _numbers(values: object, count: int | None = None) -> tuple[float, ...]:
    if not isinstance(values, list) or (count is not None and len(values) != count):
        raise ValueError("a list of numbers has another length than it should")
    numbers = tuple(float(value) for value in values)
    _require(all(abs(n) < 1e12 for n in numbers), "numbers")
    return numbers


def _require(condition: bool, what: str) -> None:
    if not condition:
        raise ValueError(f"{what}: not what was written")
