"""Mail signed on its way out (DKIM, RFC 6376), and a look at the key the world sees in DNS.

Signing stands where every mail passes, between the outbox and the server: what lies in the outbox stays
as it was composed, and a signature is as old as its sending.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from mailflow.desk.delivery import DataResult, Outcome, RecipientResult
from mailflow.edges.smtp import SmtpSender

log = logging.getLogger(__name__)

ROOM = 3_000  # octets a signature may add, for servers that limit the size

Sign = Callable[[bytes], bytes]


class SignedSender:
    """An ``SmtpSender`` whose content is signed first. A mail that cannot be signed waits; it never goes bare."""

    def __init__(self, sender: SmtpSender, sign: Sign) -> None:
        self._sender = sender
        self._sign = sign

    def begin(
        self, envelope_sender: str, recipients: Sequence[str], size: int, needs_utf8: bool
    ) -> tuple[RecipientResult, ...]:
        return self._sender.begin(envelope_sender, recipients, size + ROOM, needs_utf8)

    def finish(self, octets: bytes) -> DataResult:
        try:
            signed = self._sign(octets)
        except (ValueError, ImportError) as fault:
            log.error("a mail was not signed and waits: %s", fault)
            self._sender.abandon()
            return DataResult(Outcome.DEFERRED, None, str(fault))
        return self._sender.finish(signed)

    def abandon(self) -> None:
        self._sender.abandon()


def verifies(signed: bytes, lookup: Callable[..., bytes] | None = None) -> bool:
    """Whether the key published in DNS accepts our signature. ``lookup`` stands in for DNS.

    False also where there is no record or DNS does not answer.
    """
    import dkim

    try:
        given = {} if lookup is None else {"dnsfunc": lookup}
        return bool(dkim.verify(signed, **given))
    except Exception as fault:  # noqa: BLE001 - DNS fails in many ways; all mean "not seen"
        log.info("the DKIM record could not be looked up: %s", fault)
        return False
