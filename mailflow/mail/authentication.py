"""Whether a server we named vouches for the author (Authentication-Results, RFC 8601).

Anybody can write an Authentication-Results field. One is believed only when it names the configured
server (``authserv_id``) *and* stands where only our own servers write: above the Received field of
the hop that took the message from outside. Without a Received field there is no outside, and the top
of the head is ours. Google writes its results just below its own Received field and removes forged
ones, so for ``mx.google.com`` the block below counts too.

What counts as proof: DMARC passed for the author's domain; or, where no DMARC result stands, DKIM or
SPF passed for the same domain or a parent of it. A failure beside a pass is a failure. A signature
over a part of the body (DKIM ``l=``), or one that leaves out From or Subject, proves nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mailflow.mail.addresses import ascii_lower, domain_of
from mailflow.mail.message import IncomingMessage

MAX_FIELD = 16_384  # characters read of one field
MAX_FIELDS = 20

_WRITES_BELOW_RECEIVED = frozenset({"mx.google.com"})
_TOKEN = re.compile(r"\"((?:[^\"\\]|\\.)*+)\"?|([();])|([^\"();]+)", re.DOTALL)
_AROUND_EQUALS = re.compile(r"\s*+=\s*+")
_WITH = re.compile(r"\bwith\s+([A-Za-z]+)")
_HIDDEN_SPACE = "\ue000"


@dataclass(frozen=True, slots=True)
class AuthVerdict:
    """``domain`` is the author's domain when ``passed``, else None. ``reason`` is shown to people."""

    passed: bool
    reason: str
    domain: str | None = None


@dataclass(frozen=True, slots=True)
class _Result:
    """One ``method=result`` with its properties, all in ASCII lower case."""

    method: str
    result: str
    properties: dict[str, str]


def is_authenticated(message: IncomingMessage, authserv_id: str) -> bool:
    """Whether the author's domain is vouched for by the server called ``authserv_id``."""
    return authenticated_domain(message, authserv_id).passed


def authenticated_domain(
    message: IncomingMessage, authserv_id: str, *, trusted_hops: int = 0
) -> AuthVerdict:
    """What the named server says about the author's domain. Fails closed; never raises.

    ``trusted_hops`` is the number of Received fields on top that inner relays of ours write above
    the named server's; deliveries by LMTP are passed over without counting.
    """
    if not authserv_id.strip():
        return AuthVerdict(False, "no server is named whose results are believed")
    if message.author is None:
        return AuthVerdict(False, "there is no readable author")
    if message.author_ambiguous:
        return AuthVerdict(False, "the author is ambiguous")
    domain = domain_of(message.author.address)
    wanted = ascii_lower(authserv_id.strip())
    results: list[_Result] = []
    for value in _believed(message, wanted, trusted_hops):
        named, found = _parse(value)
        if named == wanted:
            results.extend(found)
    if not results:
        return AuthVerdict(False, f"no result of {wanted} stands above the outside hop")
    return _judged(message, domain, results)


def _judged(message: IncomingMessage, domain: str, results: list[_Result]) -> AuthVerdict:
    dmarc = [one for one in results if one.method == "dmarc"]
    spf = any(
        one.method == "spf" and one.result == "pass" and _aligned(_spf_domain(one), domain)
        for one in results
    )
    if any(one.result not in ("pass", "bestguesspass") for one in dmarc):
        return AuthVerdict(False, f"DMARC: {dmarc[0].result if len(dmarc) == 1 else 'conflict'}")
    if dmarc and any(one.properties.get("header.from", domain) != domain for one in dmarc):
        return AuthVerdict(False, "DMARC: passed for another domain")
    fault = _signature_fault(message, domain)
    if dmarc:
        if fault and not spf:
            return AuthVerdict(False, fault)
        return AuthVerdict(True, f"DMARC passed for {domain}", domain)
    dkim = any(
        one.method == "dkim" and one.result == "pass" and _aligned(_dkim_domain(one), domain)
        for one in results
    )
    if dkim and not fault:
        return AuthVerdict(True, f"DKIM passed for {domain}", domain)
    if spf:
        return AuthVerdict(True, f"SPF passed for {domain}", domain)
    return AuthVerdict(False, fault if dkim and fault else f"nothing passed for {domain}")


def _aligned(signed: str, domain: str) -> bool:
    """Whether ``signed`` is the author's domain or a parent of it. A child vouches for nobody."""
    return "." in signed and (signed == domain or domain.endswith(f".{signed}"))


def _dkim_domain(result: _Result) -> str:
    named = result.properties.get("header.d") or result.properties.get("header.i", "")
    return named.rpartition("@")[2].rstrip(".")


def _spf_domain(result: _Result) -> str:
    return result.properties.get("smtp.mailfrom", "").rpartition("@")[2].rstrip(".")


def _signature_fault(message: IncomingMessage, domain: str) -> str | None:
    """Why the DKIM signatures of the author's domain cover too little, or None."""
    for name, value in message.header_fields:
        if name != "dkim-signature":
            continue
        tags = {
            tag.strip().lower(): text.strip()
            for tag, _, text in (piece.partition("=") for piece in value[:MAX_FIELD].split(";"))
        }
        if not _aligned(ascii_lower(tags.get("d", "")), domain):
            continue
        if "l" in tags:
            return "the DKIM signature covers only a part of the body"
        signed = {one.strip().lower() for one in tags.get("h", "").split(":")}
        if not {"from", "subject"} <= signed:
            return "the DKIM signature leaves out From or Subject"
    return None


def _believed(message: IncomingMessage, wanted: str, trusted_hops: int) -> Iterator[str]:
    """The values of the Authentication-Results fields that only our own servers can have written."""
    given = 0
    outside = False
    for name, value in message.header_fields:
        if name == "received":
            if outside:
                return
            inner = _is_local_delivery(value)
            if not inner and trusted_hops > 0:
                trusted_hops, inner = trusted_hops - 1, True
            if not inner:
                if wanted not in _WRITES_BELOW_RECEIVED:
                    return
                outside = True
        elif name == "authentication-results":
            given += 1
            if given > MAX_FIELDS:
                return
            yield value[:MAX_FIELD]


def _is_local_delivery(received: str) -> bool:
    """Whether the hop is our own delivery into the mailbox, which no outsider can speak."""
    protocols = [one.lower() for one in _WITH.findall(received[:MAX_FIELD])]
    return bool(protocols) and all(one.startswith("lmtp") or one == "local" for one in protocols)


def _parse(value: str) -> tuple[str, list[_Result]]:
    """The server's name in lower case and its results. Comments go, quoted values stay whole."""
    pieces = [""]
    depth = 0
    for token in _TOKEN.finditer(value):
        quoted, special, plain = token.groups()
        if special == "(":
            depth += 1
        elif special == ")":
            depth = max(0, depth - 1)
        elif depth:
            continue
        elif special == ";":
            pieces.append("")
        elif quoted is not None:
            pieces[-1] += quoted.replace(" ", _HIDDEN_SPACE).replace("=", "")
        else:
            pieces[-1] += plain or ""
    words = ascii_lower(pieces[0]).split()
    results = [one for one in map(_result, pieces[1:]) if one is not None]
    return (words[0] if words else ""), results


def _result(piece: str) -> _Result | None:
    words = _AROUND_EQUALS.sub("=", ascii_lower(piece)).split()
    if not words or "=" not in words[0]:
        return None
    method, _, result = words[0].partition("=")
    properties: dict[str, str] = {}
    for word in words[1:]:
        name, equals, text = word.partition("=")
        if equals:
            properties.setdefault(name, text)
    return _Result(method.partition("/")[0], result, properties)
