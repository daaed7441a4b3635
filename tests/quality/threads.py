"""How well an import finds the conversations of real mailing lists.

The truth: the connected component over Message-ID, In-Reply-To and References, read here with regular
expressions of its own. Measured as they are, and with both fields taken from a seeded 30 % of the
messages while the subject window is on: pairwise F1 of the tickets, over all pairs of messages.

python -m tests.quality.threads [--show] [FOLDER…]
"""

from __future__ import annotations

import io
import json
import random
import re
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from mailflow.cli.main import run
from tests.quality.corpora import CORPORA

WINDOW_DAYS = 30
SEEDS = range(5)
_FIELD = rb"^%s:[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*\r?\n"
_THREAD_FIELDS = [
    re.compile(_FIELD % name, re.I | re.M) for name in (b"In-Reply-To", b"References")
]
_OWN = re.compile(_FIELD % b"Message-ID", re.I | re.M)
_ID = re.compile(rb"<([^<>]+)>")
CONFIG = """\
[support]
address = "support@desk.example"
[mailbox]
host = "127.0.0.1"
username = "support"
[smtp]
host = "127.0.0.1"
[suggestions]
enabled = false
"""


def split(octets: bytes) -> tuple[bytes, bytes]:
    head, mark, body = (
        re.split(rb"(\r?\n\r?\n)", octets, maxsplit=1)
        if b"\n\n" in octets or (b"\r\n\r\n" in octets)
        else (octets, b"", b"")
    )
    return head + b"\n", mark + body


def ids(octets: bytes) -> tuple[str, list[str]]:
    head, _ = split(octets)
    own = [i for field in _OWN.findall(head) for i in _ID.findall(field)][:1]
    named = [i for rx in _THREAD_FIELDS for field in rx.findall(head) for i in _ID.findall(field)]
    text = [re.sub(rb"\s+", b"", i).decode("latin-1") for i in (*own, *named)]
    return (text[0], text[1:]) if own else ("", text)


def components(mails: Mapping[str, bytes]) -> dict[str, str]:
    """By file: a name of its component."""
    near: dict[str, set[str]] = defaultdict(set)
    for name, octets in mails.items():
        own, named = ids(octets)
        for one in filter(None, (own, *named)):
            near[f"file {name}"].add(one)
            near[one].add(f"file {name}")
    found: dict[str, str] = {}
    for name in mails:
        waiting = [f"file {name}"]
        while waiting:
            node = waiting.pop()
            if node not in found:
                found[node] = name
                waiting += near[node]
    return {name: found[f"file {name}"] for name in mails}


def without_thread_fields(octets: bytes) -> bytes:
    head, body = split(octets)
    for rx in _THREAD_FIELDS:
        head = rx.sub(b"", head)
    return head[:-1] + body


def tickets(mails: Mapping[str, bytes], window: int) -> dict[str, int | None]:
    """By file: its ticket, as `mailflow import --json` says."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "config.toml").write_text(CONFIG)
        (folder / "mail").mkdir()
        for file, octets in mails.items():
            (folder / "mail" / file).write_bytes(octets)
        words = ["import", str(folder / "mail"), "--json", "--trust-references"]
        words += ["--config", str(folder / "config.toml")]
        words += ["--set", f"threading.subject_window_days={window}"]
        with redirect_stdout(io.StringIO()) as printed, redirect_stderr(io.StringIO()) as told:
            code = run(words)
        if code:
            raise SystemExit(f"exit code {code}\n{told.getvalue()}")
        lines = [json.loads(line) for line in printed.getvalue().splitlines()]
    return {Path(line["file"]).name: line["ticket"] for line in lines}


def pairwise(truth: Mapping[str, str], found: Mapping[str, int | None]) -> tuple[float, ...]:
    """Precision, recall, F1. A message without a ticket is with nobody."""

    def pairs(groups: Iterable[object]) -> int:
        return sum(n * (n - 1) // 2 for n in Counter(groups).values())

    put = {name: found[name] if found.get(name) is not None else name for name in truth}
    both = pairs((truth[name], put[name]) for name in truth)
    of_truth, of_found = pairs(truth.values()), pairs(put.values())
    precision = both / of_found if of_found else 1.0
    recall = both / of_truth if of_truth else 1.0
    total = precision + recall
    return precision, recall, 2 * precision * recall / total if total else 0.0


def measure(name: str, mails: Mapping[str, bytes], *, show: bool) -> bool:
    truth = components(mails)
    conversations = len(set(truth.values()))
    print(f"{name}: {len(mails)} messages, {conversations} conversations")
    found = tickets(mails, 0)
    whole = pairwise(truth, found)
    missing = sum(found.get(one) is None for one in mails)
    print(
        "  as they are      precision {:.4f} recall {:.4f} F1 {:.4f}  (wanted 0.99)".format(*whole)
    )
    print(f"  without a ticket: {missing}")
    scores = []
    for seed in SEEDS:
        chance = random.Random(seed)
        lost = {one for one in sorted(mails) if chance.random() < 0.3}
        cut = {n: without_thread_fields(o) if n in lost else o for n, o in mails.items()}
        found = tickets(cut, WINDOW_DAYS)
        score = pairwise(truth, found)
        scores.append(score[2])
        print(f"  30 %% cut, seed {seed}  precision %.4f recall %.4f F1 %.4f" % score)
        if show:
            tell(truth, found, cut, lost)
    least = min(scores)
    print(f"  least F1 of 30 % cut: {least:.4f}  (wanted 0.95)")
    return whole[2] >= 0.99 and least >= 0.95


def tell(
    truth: Mapping[str, str],
    found: Mapping[str, int | None],
    mails: Mapping[str, bytes],
    lost: set[str],
) -> None:
    """What stands apart from its conversation, or with another one."""
    for key in sorted(set(truth.values())):
        members = [name for name in truth if truth[name] == key]
        if len({found[name] for name in members}) > 1:
            for name in members:
                match = re.search(rb"^Subject:[^\r\n]*", mails[name], re.I | re.M)
                subject = match[0].decode("latin-1") if match else ""
                print(f"    {found[name]} {'cut' if name in lost else '   '} {subject} ({name})")
            print()


def main() -> int:
    words = [word for word in sys.argv[1:] if word != "--show"]
    folders = [Path(word) for word in words] or sorted(CORPORA.glob("threads-*"))
    if not folders:
        print(f"no threads-* at {CORPORA}: nothing measured")
        return 1
    good = True
    for folder in folders:
        files = sorted(p for p in folder.iterdir() if p.is_file() and p.suffix != ".json")
        mails = {p.name: p.read_bytes() for p in files}
        good &= measure(folder.name, mails, show="--show" in sys.argv)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
