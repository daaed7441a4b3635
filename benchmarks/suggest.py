"""What suggestions are worth and what they cost, every line beside its bar.

    python benchmarks/suggest.py                     both
    python benchmarks/suggest.py cost [--quick]      1,000 articles and 10,000 past tickets of 40 words,
                                                     then 100,000 articles; quick: a tenth of the first
    python benchmarks/suggest.py quality [FOLDER]    on open data sets (default ../shared/datasets);
                                                     --embeddings=DIR learns with them, --only=SET

Cost is processor time on one core. The texts are made up from a seeded vocabulary with a natural
(Zipf) distribution of words. Quality learns from the training splits and reads the test splits once;
intervals are Clopper and Pearson's, or the middle 95 % of 1,000 bootstrap draws. A baseline (tf-idf
centroids, threshold on the cosine) stands beside each set.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

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
PARTS = [
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
    "able",
    "con",
    "pre",
    "ost",
    "ul",
    "ne",
    "mi",
    "ex",
]


def vocabulary(rng: random.Random, size: int) -> list[str]:
    return sorted({"".join(rng.choices(PARTS, k=rng.randint(2, 4))) for _ in range(size)})


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
    asked = [(t.subject, t.body) for t in rng.sample(history, min(640, len(history)))]
    asked = asked or [(a.title, a.body) for a in made[:320]]
    started = time.process_time()
    model = learn_model(made, history, (), own_tickets=True)
    save_model(model, Path(folder), made, history, None)
    seconds = time.process_time() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    (Path(folder) / "queries.json").write_text(json.dumps(asked), "utf-8")
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


BARS = {
    "training, s": 180.0,
    "training, MB at most": 1_500.0,
    "model, MB": 60.0,
    "loading, s": 1.5,
    "alone, ms (median)": 10.0,
    "in batches of 32, ms a message": 1.0,
}


def speed() -> str:
    """How fast this machine is now: a loop of Python and a product of matrices."""
    one = np.random.default_rng(0).random((1_200, 1_200), dtype=np.float32)
    started = time.process_time()
    _ = one @ one
    product = 2 * 1.2**3 / (time.process_time() - started)
    started = time.process_time()
    sum(k & 3 for k in range(1_000_000))
    return f"one million steps of Python {time.process_time() - started:.3f} s, matrices {product:.0f} GFLOP/s"


def cost(*, quick: bool) -> None:
    scale = 10 if quick else 1
    articles, tickets = 1_000 // scale, 10_000 // scale
    print(f"{articles} articles, {tickets} past tickets, messages of {WORDS} words, one core")
    print(f"  (this machine: {speed()})")
    for name, value in measure(articles, tickets).items():
        print(f"  {name:<32} {value:8.2f}" + (f"   at most {BARS[name]:g}" if name in BARS else ""))
    if quick:
        return
    print("100,000 articles, no past ticket")
    for name, value in measure(100_000, 0).items():
        bar = "   at most 15" if name == "alone, ms (median)" else ""
        print(f"  {name:<32} {value:8.2f}{bar}")


def main() -> None:
    if sys.argv[1:2] == ["--train"]:
        train(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
        return
    wanted = [a for a in sys.argv[1:] if a in ("cost", "quality")] or ["cost", "quality"]
    if "cost" in wanted:
        cost(quick="--quick" in sys.argv)
    if "quality" in wanted:
        from suggest_quality import quality

        folders = [Path(a) for a in sys.argv[1:] if Path(a).is_dir()]
        quality(folders[0] if folders else Path(__file__).parents[1].parent / "shared" / "datasets")


if __name__ == "__main__":
    main()
