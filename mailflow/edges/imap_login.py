"""From an account to a connection that is secured and logged in, or a plain word why not.

No password leaves before the server has proved its name, unless the host is this machine or the
admin said so.
"""

from __future__ import annotations

import contextlib
import re
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from mailflow.edges.imap_errors import MailboxRefused, explained, plain, refuse_line_ends
from mailflow.edges.imap_transport import BoundedClient
from mailflow.edges.loopback import is_loopback

__all__ = ["ImapAccount", "open_client", "refuse_line_ends"]

_ATOM = re.compile(r"[!#$&'+,\-./0-9:;<=>?@A-Z\[^_`a-z|~]+")


@dataclass(frozen=True, slots=True)
class ImapAccount:
    """How to reach a mailbox. ``ca_file`` replaces the system's certificate authorities.

    ``tls="none"`` is refused for anything but a loopback host, unless ``insecure`` says the admin
    knows. ``timeout_seconds`` bounds each wait for the server.
    """

    host: str
    port: int
    tls: Literal["implicit", "starttls", "none"]
    username: str
    password: str = field(repr=False)
    ca_file: Path | None = None
    timeout_seconds: float = 30.0
    insecure: bool = False


def open_client(account: ImapAccount, *, read_only: bool) -> BoundedClient:
    """Connect, secure, log in. Raises ``MailboxUnreachable`` or ``MailboxRefused``; nothing stays open then."""
    if account.tls == "none" and not account.insecure and not is_loopback(account.host):
        raise MailboxRefused(
            f"A password would travel in clear to {account.host}.",
            'Set tls to "implicit" or "starttls".',
        )
    context = None if account.tls == "none" else _tls_context(account.ca_file)
    with explained(f"connect to {account.host}:{account.port}"):
        client = BoundedClient(
            account.host,
            account.port,
            account.timeout_seconds,
            tls=context if account.tls == "implicit" else None,
            read_only=read_only,
        )
    try:
        if account.tls == "starttls":
            with explained(f"secure the connection to {account.host}:{account.port}"):
                _start_tls(client, context)
        with explained("log in"):
            _log_in(client, account.username, account.password)
    except BaseException:
        with contextlib.suppress(Exception):
            client.wire.shutdown()
        raise
    return client


def _start_tls(client: BoundedClient, context: ssl.SSLContext | None) -> None:
    # A PREAUTH greeting would skip STARTTLS: it may come from somebody in between (RFC 9051 11.1).
    if client.wire.state != "NONAUTH" or not client.has_capability("STARTTLS"):
        raise MailboxRefused(
            "The server offers no STARTTLS on this port.",
            'Use tls = "implicit" and port 993; mailflow sends no password in clear.',
        )
    client.starttls(context)


def _log_in(client: BoundedClient, user: str, password: str) -> None:
    if client.wire.state != "NONAUTH":
        return  # PREAUTH
    if client.has_capability("AUTH=PLAIN"):
        client.plain_login(user, password)
    elif (user + password).isascii():
        client.login(user if _ATOM.fullmatch(user) else _quoted(user), password)
    else:
        raise MailboxRefused(
            "The server takes only ASCII user names and passwords.", "Change the password."
        )


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _tls_context(ca_file: Path | None) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    except (OSError, ssl.SSLError) as error:
        raise MailboxRefused(
            f"The certificate file {ca_file} cannot be read ({plain(error)}).",
            "Correct ca_file, or leave it out to use the system's authorities.",
        ) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
