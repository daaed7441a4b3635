"""How well machines are told from people, and bounces read.

python -m tests.quality.origin [--show]
"""

from __future__ import annotations

import email
import sys
from collections import Counter, defaultdict
from email.message import Message

from mailflow.mail.message import Origin
from tests.quality.corpora import CORPORA, Sample, samples

BOUNCES = (Origin.BOUNCE, Origin.DELAY)


def _flufl_finds(octets: bytes) -> bool:
    from flufl.bounce import all_failures

    try:
        temporary, permanent = all_failures(email.message_from_bytes(octets))
    except Exception as fault:
        print(f"  flufl.bounce failed: {fault!r}")
        return False
    return bool(temporary or permanent)


def _stated_recipients(octets: bytes) -> list[tuple[str, str]]:
    """Final recipient and status of every block, read independently of our own parser."""
    found: list[tuple[str, str]] = []
    waiting: list[Message] = [email.message_from_bytes(octets)]
    while waiting:
        part = waiting.pop()
        kind = part.get_content_type()
        if kind == "message/delivery-status" and part.is_multipart():
            for block in part.get_payload():
                if not isinstance(block, Message) or not block.get("Final-Recipient"):
                    continue
                _, _, address = str(block["Final-Recipient"]).partition(";")
                status = str(block.get("Status") or "").split()
                found.append((address.strip(" <>\t\r\n"), status[0] if status else ""))
        elif part.is_multipart() and kind != "message/rfc822":
            waiting.extend(one for one in part.get_payload() if isinstance(one, Message))
    return found


def _reads_right(sample: Sample, stated: list[tuple[str, str]]) -> bool:
    bounce = sample.message.bounce
    found = {(one.address.lower(), one.status) for one in bounce.recipients} if bounce else set()
    addresses = {address for address, _ in found}
    return all(
        (address.lower(), status) in found if status else address.lower() in addresses
        for address, status in stated
    )


def main() -> int:
    if not CORPORA.is_dir():
        print(f"no corpora at {CORPORA}: nothing measured")
        return 1
    show = "--show" in sys.argv
    counts: Counter[str] = Counter()
    misses: dict[str, list[str]] = defaultdict(list)
    rules: Counter[str] = Counter()
    for sample in samples():
        kind, expected = sample.message.origin.kind, sample.expected
        rules[f"{kind}: {sample.message.origin.rule}"] += 1
        if expected.get("no_answer"):
            counts["no_answer"] += 1
            if sample.message.may_answer.value:
                misses["answerable"].append(sample.path.name)
        if (stated := expected.get("kind")) == "bounce":
            counts["bounces"] += 1
            if kind not in BOUNCES:
                misses["bounce missed"].append(f"{sample.path.name} ({kind})")
            counts["flufl"] += _flufl_finds(sample.octets)
            if blocks := _stated_recipients(sample.octets):
                counts["named"] += 1
                if not _reads_right(sample, blocks):
                    misses["recipient or status"].append(f"{sample.path.name} {blocks[:2]}")
            if sample.message.bounce and not sample.message.bounce.original_message_id:
                counts["without original id"] += 1
        elif stated is not None:
            counts["others"] += 1
            if kind != stated:
                misses["other kind"].append(f"{sample.path.name} {stated}, found {kind}")
        if expected.get("kind_not") == kind:
            misses["ordinary mail taken for a machine's"].append(sample.path.name)
    bounces, named = counts["bounces"], counts["named"]
    print(
        f"bounces recognised: {bounces - len(misses['bounce missed'])}/{bounces} (flufl.bounce {counts['flufl']}/{bounces})"
    )
    print(f"final recipient and status right: {named - len(misses['recipient or status'])}/{named}")
    print(f"bounces naming no original Message-ID: {counts['without original id']}")
    print(f"other kinds right: {counts['others'] - len(misses['other kind'])}/{counts['others']}")
    print(
        f"files that must not be answered and would be: {len(misses['answerable'])}/{counts['no_answer']}"
    )
    for name, names in misses.items():
        for one in names:
            print(f"MISS {name}: {one}")
    if show:
        for rule, count in sorted(rules.items()):
            print(f"{count:5} {rule}")
    good = (
        len(misses["bounce missed"]) <= 0.01 * bounces
        and len(misses["recipient or status"]) <= 0.03 * named
        and not misses["answerable"]
        and not misses["ordinary mail taken for a machine's"]
    )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
