"""The evaluation as one HTML file: tables and three drawings, no script, nothing loaded from anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from mailflow.suggest.lexicon import SCALE
from mailflow.suggest.measure import ArticleMeasures, Doubles, PriorityMeasures

SIDE = 280
EDGE = 56
_HEAD = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Evaluation of the suggestion model</title>
<style>:root{color-scheme:light dark;--ink:#222;--paper:#fff}
@media(prefers-color-scheme:dark){:root{--ink:#ddd;--paper:#181a1b}}
body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:var(--ink);background:var(--paper)}
table{border-collapse:collapse;margin:1rem 0}td,th{padding:.25rem .8rem;border-bottom:1px solid #ddd;text-align:left}
figure{display:inline-block;margin:1rem 1rem 1rem 0}figcaption{opacity:.75}svg text{fill:var(--ink);font:11px system-ui,sans-serif}</style>
"""


def report(
    title: str,
    articles: ArticleMeasures | None,
    confidence: Doubles,
    right: Doubles,
    fits: Doubles,
    priority: PriorityMeasures | None,
) -> str:
    """The page. ``confidence``, ``right`` and ``fits`` (an article fits) per message."""
    parts = [_HEAD, f"<h1>{escape(title)}</h1>"]
    if articles is not None:
        inside = fits > 0
        parts += ["<h2>Articles</h2>", _table(article_lines(articles))]
        parts.append(
            _figure(
                _reliability(confidence[inside], right[inside]),
                "Reliability: of the articles named with this confidence, how many were right",
            )
        )
        parts.append(
            _figure(
                _coverage_curve(confidence, right),
                "Precision against coverage, messages no article fits counted in",
            )
        )
    if priority is not None:
        parts += ["<h2>Priority</h2>", _table(priority_lines(priority))]
        parts.append(
            _figure(_confusion(priority), "Confusion: truth in rows, suggestion in columns")
        )
    return "\n".join(parts) + "</html>\n"


def article_lines(m: ArticleMeasures) -> list[tuple[str, str]]:
    lines = [
        ("accuracy@1", str(m.first)),
        ("recall@3", str(m.in_three)),
        ("MRR", f"{m.reciprocal_rank:.3f}"),
        ("ECE", f"{m.calibration_error:.3f}"),
        (
            "AUROC against no article fits",
            "no such messages" if m.auroc is None else f"{m.auroc:.3f}",
        ),
    ]
    for target, interval in m.coverage.items():
        lines.append((f"coverage at target {target:.0%}", str(interval)))
        precision = m.precision[target]
        lines.append(
            (f"precision at target {target:.0%}", str(precision) if precision.of else "silent")
        )
    return lines


def priority_lines(m: PriorityMeasures) -> list[tuple[str, str]]:
    return [
        ("accuracy", str(m.accuracy)),
        ("macro-F1", f"{m.macro_f1:.3f}"),
        ("weighted kappa", f"{m.weighted_kappa:.3f}"),
        ("not abstained", str(m.spoken)),
        ("right when not abstained", str(m.right_when_spoken)),
    ]


def _table(lines: Sequence[tuple[str, str]]) -> str:
    rows = "".join(f"<tr><th>{escape(a)}</th><td>{escape(b)}</td></tr>" for a, b in lines)
    return f"<table>{rows}</table>"


def _figure(svg: str, caption: str) -> str:
    return f"<figure>{svg}<figcaption>{escape(caption)}</figcaption></figure>"


def _svg(content: str) -> str:
    size = SIDE + 2 * EDGE
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="{size}" height="{size}" role="img">{content}</svg>'


def _at(x: float, y: float) -> str:
    return f"{EDGE + x * SIDE:.1f},{EDGE + (1 - y) * SIDE:.1f}"


def _axes(along: str, up: str) -> str:
    frame = (
        f'<rect x="{EDGE}" y="{EDGE}" width="{SIDE}" height="{SIDE}" fill="none" stroke="#999"/>'
    )
    marks = []
    for k in range(0, 11, 2):
        there = EDGE + k / 10 * SIDE
        marks.append(
            f'<text x="{there:.0f}" y="{EDGE + SIDE + 16}" text-anchor="middle">{k / 10:.1f}</text>'
        )
        marks.append(
            f'<text x="{EDGE - 6}" y="{EDGE + SIDE - k / 10 * SIDE + 4:.0f}" text-anchor="end">{k / 10:.1f}</text>'
        )
    middle = EDGE + SIDE / 2
    marks.append(
        f'<text x="{middle:.0f}" y="{EDGE + SIDE + 34}" text-anchor="middle">{along}</text>'
    )
    marks.append(f'<text x="{EDGE}" y="{EDGE - 8}">{up}</text>')
    return frame + "".join(marks)


def _reliability(confidence: Doubles, right: Doubles, bins: int = 10) -> str:
    place = np.clip((confidence * bins).astype(int), 0, bins - 1)
    dots = []
    for b in range(bins):
        of = place == b
        if of.any():
            x, y = _at(float(confidence[of].mean()), float(right[of].mean())).split(",")
            size = 2 + 8 * float(of.mean()) ** 0.5
            dots.append(
                f'<circle cx="{x}" cy="{y}" r="{size:.1f}" fill="#2a6fb0" fill-opacity=".8"/>'
            )
    diagonal = f'<polyline points="{_at(0, 0)} {_at(1, 1)}" stroke="#bbb" fill="none" stroke-dasharray="4"/>'
    return _svg(_axes("confidence", "right") + diagonal + "".join(dots))


def _coverage_curve(confidence: Doubles, right: Doubles) -> str:
    order = np.argsort(-confidence, kind="stable")
    count = np.arange(1, len(order) + 1)
    precision = np.cumsum(right[order]) / count
    every = np.unique(np.linspace(0, max(0, len(order) - 1), 200).astype(int))
    points = " ".join(_at(count[i] / len(order), float(precision[i])) for i in every if len(order))
    return _svg(
        f'{_axes("coverage", "precision")}<polyline points="{points}" stroke="#2a6fb0" fill="none" stroke-width="2"/>'
    )


def _confusion(measures: PriorityMeasures) -> str:
    cell = SIDE / len(SCALE)
    parts = []
    for i, row in enumerate(measures.confusion):
        parts.append(
            f'<text x="{EDGE - 4}" y="{EDGE + (i + 0.5) * cell:.0f}" text-anchor="end">{SCALE[i]}</text>'
        )
        parts.append(
            f'<text x="{EDGE + (i + 0.5) * cell:.0f}" y="{EDGE - 6}" text-anchor="middle">{SCALE[i]}</text>'
        )
        for j, count in enumerate(row):
            shade = count / max(1, sum(row))
            x, y = EDGE + j * cell, EDGE + i * cell
            parts.append(
                f'<rect x="{x:.0f}" y="{y:.0f}" width="{cell:.0f}" height="{cell:.0f}" fill="#2a6fb0" fill-opacity="{shade:.2f}" stroke="#ddd"/>'
            )
            ink = ' style="fill:#fff"' if shade > 0.65 else ""
            parts.append(
                f'<text x="{x + cell / 2:.0f}" y="{y + cell / 2:.0f}" text-anchor="middle"{ink}>{count}</text>'
            )
    return _svg("".join(parts))
