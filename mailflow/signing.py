"""From ``[dkim]`` to the function that signs our mail, or to a fault that says what is missing."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

from mailflow.config import ConfigError, Fault, Settings
from mailflow.mail.dkim import sign_message

MAX_KEY_OCTETS = 64 * 1024
_SAMPLE = b"From: mailflow <nobody@localhost>\r\nSubject: test\r\n\r\ntest\r\n"


def dkim_domain(settings: Settings) -> str:
    """The domain that signs: the one given, else that of the support address."""
    return settings.dkim.domain or settings.support.address.rpartition("@")[2]


def dkim_signer(settings: Settings) -> Callable[[bytes], bytes] | None:
    """What signs a composed mail; None where no key is named.

    The key is tried once here, so that a wrong one stops the start and not a mail. Raises ConfigError.
    """
    if settings.dkim.key_file is None:
        return None
    key = _read_key(settings.dkim.key_file)
    domain, selector = dkim_domain(settings), settings.dkim.selector

    def sign(octets: bytes) -> bytes:
        return sign_message(octets, selector=selector, domain=domain, private_key=key)

    try:
        sign(_SAMPLE)
    except ImportError:
        raise _refused(
            settings.dkim.key_file,
            "signing needs the package dkimpy, which is not installed",
            "pip install 'mailflow[dkim]', from the checkout: pip install '.[dkim]'",
        ) from None
    except ValueError as fault:
        raise _refused(
            settings.dkim.key_file,
            f"is no usable key: {fault}",
            "make one with: openssl genrsa -traditional -out dkim.pem 2048",
        ) from None
    return sign


def _read_key(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            mode = stat.S_IMODE(path.stat().st_mode)
            octets = stream.read(MAX_KEY_OCTETS)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise _refused(
            path, f"cannot be read: {reason}", "put the private key (PEM) there, mode 0600"
        ) from None
    if mode & 0o077:
        raise _refused(
            path,
            f"other people of this machine may touch this file (mode {mode:04o})",
            f"chmod 600 {path}",
        )
    return octets


def _refused(path: Path, problem: str, mend: str) -> ConfigError:
    return ConfigError([Fault("dkim.key_file", problem, mend, str(path))])
