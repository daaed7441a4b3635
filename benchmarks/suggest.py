"""What suggestions cost on one core: training, size, loading, alone, in batches, with many articles.

    python benchmarks/suggest.py            1,000 articles, 10,000 past tickets of 40 words
    python benchmarks/suggest.py --quick    a tenth of it

The texts are made up from a seeded vocabulary with a natural (Zipf) distribution of words.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

WORDS = 40


def vocabulary(rng: random.Random, size: int) -> list[str]:
    parts = [
        "ba",
        "ko",
        "ri",
        "ment",
        "tal",
        "sen",
        "dor",
        "vi",
        "lu",
        "ing",
        "er",
        "po",
        "xa",
        "ti",
        "gra",
        "sh",
    ]
    return sorted({"".join(rng.choices(parts, k=rng.randint(2, 4))) for _ in range(size)})


def text(rng: random.Random, words: list[str], weights: list[float], own: list[str]) -> str:
    return " ".join(rng.choices(words, cum_weights=weights, k=WORDS - 8) + rng.choices(own, k=8))


def train(folder: str, articles: int, tickets: int) -> None:
    """Runs in its own process: time and peak memory of a training."""
    from mailflow.suggest.learn_ranking import LearnArticle, LearnTicket
    from mailflow.suggest.train import learn_model, save_model

    rng = random.Random(1)
    words = vocabulary(rng, 20_000)
    weights = np.cumsum([1 / (k + 3) for k in range(len(words))]).tolist()
    own = [rng.sample(words[500:], 12) for _ in range(articles)]
    made = [
        LearnArticle(f"a{k}", " ".join(own[k][:4]), text(rng, words, weights, own[k]))
        for k in range(articles)
    ]
    labels = ["low", "normal", "high", "urgent"]
    history = [
        LearnTicket(
            " ".join(own[k % articles][:2]),
            text(rng, words, weights, own[k % articles]),
            f"a{k % articles}",
            rng.choice(labels),
        )
        for k in range(tickets)
    ]
    started = time.process_time()
    model = learn_model(made, history, (), own_tickets=True)
    save_model(model, Path(folder), made, history, None)
    seconds = time.process_time() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    queries = [(t.subject, t.body) for t in rng.sample(history, min(640, len(history)))]
    (Path(folder) / "queries.json").write_text(json.dumps(queries), "utf-8")
    print(json.dumps({"seconds": seconds, "peak_mb": peak}))


def measure(articles: int, tickets: int) -> dict[str, float]:
    from mailflow.suggest.model import load_model

    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, __file__, "--train", folder, str(articles), str(tickets)]
        trained = json.loads(
            subprocess.run(command, check=True, capture_output=True, text=True).stdout
        )
        size = sum((Path(folder) / name).stat().st_size for name in ("model.json", "arrays.npz"))
        started = time.process_time()
        model = load_model(Path(folder))
        loading = time.process_time() - started
        queries = [
            (s, b) for s, b in json.loads((Path(folder) / "queries.json").read_text("utf-8"))
        ]
    model.suggest_many(queries[:32])
    alone = []
    for query in queries[:100]:
        started = time.process_time()
        model.suggest(*query)
        alone.append(time.process_time() - started)
    started = time.process_time()
    for k in range(0, len(queries), 32):
        model.suggest_many(queries[k : k + 32])
    batched = (time.process_time() - started) / len(queries)
    return {
        "training, s": trained["seconds"],
        "training, MB at most": trained["peak_mb"],
        "model, MB": size / 1e6,
        "loading, s": loading,
        "alone, ms (median)": float(np.median(alone)) * 1e3,
        "alone, ms (95th percentile)": float(np.quantile(alone, 0.95)) * 1e3,
        "in batches of 32, ms a message": batched * 1e3,
    }


def main() -> None:
    if sys.argv[1:2] == ["--train"]:
        train(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
        return
    scale = 10 if "--quick" in sys.argv else 1
    articles, tickets = 1_000 // scale, 10_000 // scale
    print(f"{articles} articles, {tickets} past tickets, messages of {WORDS} words, one core")
    for name, value in measure(articles, tickets).items():
        print(f"  {name:<32} {value:8.2f}")


if __name__ == "__main__":
    main()
