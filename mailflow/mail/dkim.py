"""Signing our own mail (RFC 6376) with dkimpy, which is optional and imported when first asked for."""

from __future__ import annotations

#: What a receiver shows or acts on, and what a forger would like to add.
SIGNED_FIELDS = (
    "from to cc reply-to subject date message-id in-reply-to references auto-submitted"
    " list-unsubscribe list-unsubscribe-post mime-version content-type content-transfer-encoding"
)


def sign_message(octets: bytes, *, selector: str, domain: str, private_key: bytes) -> bytes:
    """``octets`` with a DKIM-Signature on top. ``private_key`` is PEM (RSA or PKCS#8).

    The whole body is signed (no ``l=``) and From twice, so that a second one breaks the signature.
    ImportError where dkimpy is not installed, ValueError for a key that cannot be used.
    """
    import dkim

    present = {
        line.partition(b":")[0].lower() for line in octets.partition(b"\r\n\r\n")[0].split(b"\r\n")
    }
    names = [name.encode("ascii") for name in SIGNED_FIELDS.split()]
    include = [name for name in names if name in present] + [b"from", b"subject"]
    try:
        signature: bytes = dkim.sign(
            octets,
            selector.encode("ascii"),
            domain.encode("idna"),
            private_key,
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=include,
            linesep=b"\r\n",
        )
    except (dkim.DKIMException, UnicodeError) as fault:
        raise ValueError(f"the message cannot be signed: {fault}") from fault
    return signature + octets
