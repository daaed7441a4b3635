"""Read a great many mutated mails and count what goes wrong.

    python tests/fuzz/fuzz_parse.py --count 1000000 [--seed 1] [--processes 2] [--seconds 2]

The mails it starts from are the hostile ones of ``tests/hostile.py`` and, where they lie beside the
repository, those below ``../shared/corpora``. Ends with status 1 after any exception, fault of our
own reading (a ``…-failed:`` defect), unclean string or mail over the time limit; such mails are
written to ``--keep`` to be looked at.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from mailflow.mail.inspection import inspection_record
from mailflow.mail.message import RawMessage
from mailflow.mail.parse import parse_message
from tests.hostile import hostile_mails
from tests.mutate import mutated

CORPORA = Path(__file__).resolve().parents[3] / "shared" / "corpora"
BATCH = 1_000
SHORT = 700  # octets of most mails mutated: a head and the first lines of a body


def seeds() -> list[bytes]:
    own = [octets for _, octets in hostile_mails(huge=False) if len(octets) < 20_000]
    real = [file.read_bytes() for file in sorted(CORPORA.rglob("*.eml"))]
    return own + [octets for octets in real if len(octets) < 50_000]


SEEDS = seeds()


def fault_in(octets: bytes, seconds: float) -> str | None:
    """What is wrong with how the mail was read, in a word, or None."""
    begun = time.process_time()
    try:
        message = parse_message(RawMessage(octets))
        written = json.dumps(inspection_record(message, "x"), ensure_ascii=False)
        written.encode("utf-8")
    except Exception as fault:
        return f"raised {type(fault).__name__}"
    if time.process_time() - begun > seconds:
        return "slow"
    failed = [one for one in message.defects if "-failed:" in one]
    if failed:
        return failed[0]
    return "NUL" if "\\u0000" in written.replace("\\\\", "") else None


def run_batch(seed: int, count: int, seconds: float) -> tuple[int, list[tuple[str, bytes]]]:
    faults = []
    for octets in mutated(SEEDS, count, seed, short=SHORT):
        fault = fault_in(octets, seconds)
        if fault:
            faults.append((fault, octets))
    return count, faults


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("--count", type=int, default=20_000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--processes", type=int, default=2)
    options.add_argument("--seconds", type=float, default=2.0)
    options.add_argument("--keep", type=Path, default=Path("fuzz-faults"))
    given = options.parse_args()
    faults: Counter[str] = Counter()
    done = 0
    begun = time.monotonic()
    with ProcessPoolExecutor(given.processes) as pool:
        batches = [
            pool.submit(
                run_batch,
                given.seed * 1_000_003 + start,
                min(BATCH, given.count - start),
                given.seconds,
            )
            for start in range(0, given.count, BATCH)
        ]
        for batch in as_completed(batches):
            count, found = batch.result()
            done += count
            if done % 50_000 == 0:
                print(f"{done} so far, faults: {dict(faults) or 'none'}", flush=True)
            for fault, octets in found:
                faults[fault] += 1
                if faults[fault] <= 20:
                    given.keep.mkdir(exist_ok=True)
                    name = fault.replace(" ", "-").replace(":", "-")
                    (given.keep / f"{name}-{faults[fault]}.eml").write_bytes(octets)
    spent = time.monotonic() - begun
    print(
        f"{done} mutated mails from {len(SEEDS)}, seed {given.seed}, {spent:.0f} s, {done / spent:.0f}/s"
    )
    print("faults:", dict(faults) or "none")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
