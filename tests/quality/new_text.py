"""How often the new text is exactly right, white space aside, beside two known libraries.

    python -m tests.quality.new_text [--show]

A file whose stated truth does not occur in the message at all cannot be met by anybody; it is
counted in "all files" and left out of "truth occurs in the mail".
"""

from __future__ import annotations

import signal
import sys
from collections import defaultdict
from collections.abc import Callable
from types import FrameType

from tests.quality.corpora import CORPORA, Sample, folded, samples

MAX_TEXT = 4_000  # the libraries compared with are quadratic: cap what they are given …
MAX_SECONDS = 5  # … and how long they may take
TARGET = 0.92


class _TooSlow(Exception):
    pass


def _raise_too_slow(_number: int, _frame: FrameType | None) -> None:
    raise _TooSlow


def _mailflow(sample: Sample) -> str:
    return sample.message.new_text


def _mail_parser_reply(sample: Sample) -> str:
    from mailparser_reply import EmailReplyParser

    languages = ["en", "de", "fr", "es", "it", "pt", "nl", "pl", "sv", "da", "ja", "ko", "zh", "cs"]
    known = [one for one in languages if one in _languages()]
    return str(EmailReplyParser(languages=known).parse_reply(sample.message.text[:MAX_TEXT]) or "")


def _languages() -> set[str]:
    from mailparser_reply.constants import MAIL_LANGUAGES

    return set(MAIL_LANGUAGES)


def _email_reply_parser(sample: Sample) -> str:
    from email_reply_parser import EmailReplyParser

    return str(EmailReplyParser.parse_reply(sample.message.text[:MAX_TEXT]))


READERS: dict[str, Callable[[Sample], str]] = {
    "mailflow": _mailflow,
    "mail-parser-reply": _mail_parser_reply,
    "email-reply-parser": _email_reply_parser,
}


def _guarded(reader: Callable[[Sample], str], sample: Sample) -> str:
    """What ``reader`` makes of it; '' where it fails or takes too long, which counts as wrong."""
    if reader is _mailflow:
        return reader(sample)
    signal.signal(signal.SIGALRM, _raise_too_slow)
    signal.alarm(MAX_SECONDS)
    try:
        return reader(sample)
    except Exception as fault:
        print(f"  {reader.__name__.strip('_')} failed on {sample.path.name}: {fault!r}")
        return ""
    finally:
        signal.alarm(0)


def measure(*, show: bool = False) -> dict[str, tuple[int, int]]:
    """Right answers and files per reader, printed per set; returned for "truth occurs in the mail"."""
    right: dict[tuple[str, str], int] = defaultdict(int)
    total: dict[str, int] = defaultdict(int)
    for sample in samples():
        if "new_text" not in sample.expected:
            continue
        truth = folded(sample.expected["new_text"])
        sets = [sample.set_name, "all files"]
        if truth in folded(sample.message.text):
            sets.append("truth occurs in the mail")
        for name in sets:
            total[name] += 1
        for reader_name, reader in READERS.items():
            found = folded(_guarded(reader, sample))
            for name in sets:
                right[reader_name, name] += found == truth
            if show and reader_name == "mailflow" and found != truth:
                print(
                    f"MISS {sample.path.name}\n  stated: {truth[:200]!r}\n  found:  {found[:200]!r}"
                )
    for name, count in total.items():
        scores = "  ".join(f"{one} {right[one, name]}/{count}" for one in READERS)
        print(f"{name}: {scores}")
    last = "truth occurs in the mail"
    return {one: (right[one, last], total[last]) for one in READERS}


def main() -> int:
    if not CORPORA.is_dir():
        print(f"no corpora at {CORPORA}: nothing measured")
        return 1
    right, total = measure(show="--show" in sys.argv)["mailflow"]
    print(
        f"new text: {right / total:.1%} exactly right where the truth occurs (target {TARGET:.0%})"
    )
    return 0 if right >= TARGET * total else 1


if __name__ == "__main__":
    sys.exit(main())
