"""A connection to an SMTP server: greeting, TLS, login, and whose fault it is when one of them fails."""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import aiosmtplib

from mailflow.edges.loopback import is_loopback
from mailflow.edges.smtp_wire import clean, why

LOGIN_REQUIRED = frozenset({530, 534, 535, 538})  # RFC 4954 section 6

#: Lost, silent or talking nonsense: whatever ends a connection without an answer.
GONE = (aiosmtplib.SMTPException, OSError, asyncio.TimeoutError, EOFError)


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where and how to send. ``tls`` "none" is for loopback; elsewhere it needs ``allow_insecure``, and no login.

    ``data_timeout_seconds`` is how long to wait for the reply to the final dot; RFC 5321 4.5.3.2.6
    asks for ten minutes, and less makes duplicates.
    """

    host: str
    port: int
    tls: Literal["implicit", "starttls", "none"] = "starttls"
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    timeout_seconds: float = 30
    data_timeout_seconds: float = 600
    local_hostname: str | None = None
    allow_insecure: bool = False

    @property
    def where(self) -> str:
        return f"{self.host}:{self.port}"


class SmtpUnreachable(Exception):
    """The server cannot be used now; later it may. Nothing was sent."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


class SmtpRefused(Exception):
    """The server cannot be used until somebody changes something. Nothing was sent."""

    def __init__(self, cause: str, mend: str) -> None:
        super().__init__(f"{cause} {mend}")
        self.cause = cause
        self.mend = mend


async def connect(server: SmtpServer) -> aiosmtplib.SMTP:
    """A connection that has said EHLO, and TLS and AUTH where the server was set up with them.

    Raises SmtpUnreachable or SmtpRefused, with nothing left open.
    """
    client = _new_client(server)
    try:
        await client.connect()
        await _greet(client)
        if server.tls == "starttls":
            await _starttls(server, client)
        if server.username is not None:
            await _login(server, client, server.username, server.password or "")
    except GONE as error:
        cut(client)
        raise _fault(server, error) from error
    except ValueError as error:  # a host name that cannot be put into DNS or EHLO
        cut(client)
        raise SmtpRefused(
            f"{server.where} cannot be used: {why(error)}.",
            "Check host and local_hostname under [smtp].",
        ) from error
    except BaseException:
        cut(client)
        raise
    return client


def cut(client: aiosmtplib.SMTP) -> None:
    """Let go of a connection at once: a polite TLS goodbye would need a loop that goes on running."""
    transport = client.transport
    client.close()
    if isinstance(transport, asyncio.WriteTransport):
        transport.abort()


def _new_client(server: SmtpServer) -> aiosmtplib.SMTP:
    if server.tls == "none" and not is_loopback(server.host):
        if not server.allow_insecure:
            raise SmtpRefused(
                f"Sending to {server.where} without TLS would show every mail to the network.",
                'Set tls = "implicit" or "starttls" under [smtp].',
            )
        if server.username is not None:
            raise SmtpRefused(
                f"The password would go to {server.where} unencrypted.",
                "Use TLS, or remove username and password.",
            )
    return aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        timeout=server.timeout_seconds,
        use_tls=server.tls == "implicit",
        start_tls=False,
        local_hostname=server.local_hostname or _own_name(),
        tls_context=None if server.tls == "none" else _tls_context(server),
    )


def _tls_context(server: SmtpServer) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=server.ca_file)
    except (OSError, ssl.SSLError) as error:
        raise SmtpRefused(
            f"The CA file {server.ca_file} cannot be used: {why(error)}.",
            "Correct ca_file under [smtp].",
        ) from error


async def _greet(client: aiosmtplib.SMTP) -> None:
    try:
        await client.ehlo()
    except aiosmtplib.SMTPHeloError as error:
        if error.code // 100 != 5 or not client.is_connected:
            raise
        await client.helo()


async def _starttls(server: SmtpServer, client: aiosmtplib.SMTP) -> None:
    if not client.supports_extension("starttls"):
        raise SmtpRefused(
            f"{server.where} does not offer STARTTLS (or somebody on the way removed it).",
            'Nothing was sent. Ask the provider, or set tls = "implicit" with port 465.',
        )
    try:
        await client.starttls()
    except aiosmtplib.SMTPResponseException as error:
        if error.code // 100 != 5:
            raise
        raise SmtpRefused(
            f"{server.where} offers STARTTLS and refuses it: {error.code} {clean(error.message)}.",
            'Nothing was sent. Ask the provider, or set tls = "implicit" with port 465.',
        ) from error
    await _greet(client)


async def _login(server: SmtpServer, client: aiosmtplib.SMTP, username: str, password: str) -> None:
    """One method, one try: a wrong password tried three times locks accounts."""
    methods: dict[str, Callable[[str, str], Coroutine[Any, Any, object]]] = {
        "plain": client.auth_plain,
        "login": client.auth_login,
        "cram-md5": client.auth_crammd5,
    }
    offered = [name for name in methods if name in client.server_auth_methods]
    if not offered:
        raise SmtpRefused(
            f"{server.where} offers no login by password"
            f" (it offers: {clean(' '.join(client.server_auth_methods)) or 'none'}).",
            "Check host and port; some providers need an app password or OAuth.",
        )
    try:
        await methods[offered[0]](username, password)
    except aiosmtplib.SMTPAuthenticationError as error:
        if error.code // 100 == 5:
            raise SmtpRefused(
                f"{server.where} refused the login of {username}: {error.code} {clean(error.message)}",
                "Check username and password under [smtp]; some providers need an app password.",
            ) from error
        raise


def _fault(server: SmtpServer, error: BaseException) -> SmtpUnreachable | SmtpRefused:
    tls = _tls_error(error)
    if isinstance(tls, ssl.SSLCertVerificationError):
        return SmtpRefused(
            f"The certificate of {server.where} is not valid: {clean(tls.verify_message or str(tls))}.",
            "Nothing was sent. Check host under [smtp]; for a private authority set ca_file.",
        )
    if tls is not None and not isinstance(tls, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return SmtpRefused(
            f"TLS with {server.where} failed: {clean(tls.reason or str(tls))}.",
            'Nothing was sent. Check port and tls under [smtp]: 465 is "implicit", 587 "starttls".',
        )
    if isinstance(error, aiosmtplib.SMTPResponseException) and error.code in LOGIN_REQUIRED:
        return SmtpRefused(
            f"{server.where} answered: {error.code} {clean(error.message)}",
            "Check tls, username and password under [smtp].",
        )
    return SmtpUnreachable(f"{server.where} cannot be reached: {why(error)}")


def _tls_error(error: BaseException | None) -> ssl.SSLError | None:
    """The TLS failure behind an error, which aiosmtplib wraps."""
    for _ in range(5):
        if error is None or isinstance(error, ssl.SSLError):
            return error
        error = error.__cause__
    return None


def _own_name() -> str:
    """What to say in EHLO (RFC 5321 4.1.1.1): a full name without asking DNS, else an address literal."""
    name = socket.gethostname()
    if "." in name and re.fullmatch(r"[A-Za-z0-9.-]{1,200}", name):
        return name
    return "[127.0.0.1]"
