"""Sending by SMTP submission (RFC 5321, 6409), one phase at a time. The only file that knows aiosmtplib and asyncio.

The caller asks for the phases itself, so that it can record "in flight" between them::

    results = sender.begin(...)   # connect … RCPT: whatever fails here certainly did not send
    # commit: in flight
    answer = sender.finish(...)   # DATA … the reply to the final dot

Callers are synchronous and single-threaded per sender; a private event loop runs only within a call.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import re
import socket
import ssl
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, TypeVar

import aiosmtplib

from mailflow.desk.delivery import DataResult, Outcome, RecipientResult, address_fault

T = TypeVar("T")


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


@dataclass(frozen=True, slots=True)
class SmtpCapabilities:
    """What a server offered after TLS and login. ``max_size`` is in octets, None where not stated."""

    encrypted: bool
    logged_in: bool
    extensions: tuple[str, ...]
    auth_methods: tuple[str, ...]
    max_size: int | None
    smtputf8: bool
    eight_bit: bool


@dataclass(frozen=True, slots=True)
class _Reply:
    code: int
    text: str

    @property
    def outcome(self) -> Outcome | None:
        """None is an answer that makes no sense here."""
        return _OUTCOMES.get(self.code // 100) if 200 <= self.code < 600 else None


_OUTCOMES = {2: Outcome.ACCEPTED, 4: Outcome.DEFERRED, 5: Outcome.REJECTED}
_SHUTTING_DOWN = 421
_START_MAIL_INPUT = 354
_LOGIN_REQUIRED = frozenset({530, 534, 535, 538})  # RFC 4954 section 6
_MAX_REPLY_TEXT = 500

#: Lost, silent or talking nonsense: whatever ends a connection without an answer.
_Gone = (aiosmtplib.SMTPException, OSError, asyncio.TimeoutError, EOFError)


class SmtpSender:
    """One connection to one server, kept over many mails and made anew when it went away."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server
        self._loop: asyncio.AbstractEventLoop | None = None
        self._client: aiosmtplib.SMTP | None = None
        self._logged_in = False
        self._ready_for_data = False

    def begin(
        self, envelope_sender: str, recipients: Sequence[str], size: int, needs_utf8: bool
    ) -> tuple[RecipientResult, ...]:
        """Everything up to the last RCPT; one result per recipient, in order.

        ACCEPTED means accepted so far: call ``finish`` or ``abandon``. When nobody was accepted the
        transaction is already reset. ``size`` is that of the octets to come; ``needs_utf8`` says that
        their header is not ASCII. ``envelope_sender`` '' is the null reverse-path.
        Raises SmtpUnreachable or SmtpRefused; then nothing was sent to anybody.
        """
        self._ready_for_data = False
        return self._run(self._begin(envelope_sender, tuple(recipients), size, needs_utf8))

    def finish(self, octets: bytes) -> DataResult:
        """Send the content to the recipients ``begin`` had accepted. Never raises for what a server does.

        DEFERRED and REJECTED are the server's word, or nothing of the content had left. UNKNOWN: some
        of it had, and no usable answer came; the mail may have been accepted.
        """
        if not self._ready_for_data:
            raise RuntimeError("finish() needs a begin() in which a recipient was accepted")
        self._ready_for_data = False
        return self._run(self._finish(octets))

    def abandon(self) -> None:
        """Give up what ``begin`` began, and keep the connection for the next mail."""
        self._ready_for_data = False
        if self._client is not None:
            self._run(self._reset())

    def close(self) -> None:
        """Say QUIT and let go of the connection. May be called at any time, and again."""
        self._ready_for_data = False
        if self._loop is None:
            return
        try:
            if self._client is not None:
                self._run(self._quit(self._client))
        finally:
            self._loop.close()
            self._loop = None

    def probe(self) -> SmtpCapabilities:
        """Connect and log in as for sending, and say what the server offers. Raises as ``begin`` does."""
        return self._run(self._probe())

    # -- the dialogue ---------------------------------------------------------------------------------

    async def _begin(
        self, envelope_sender: str, recipients: tuple[str, ...], size: int, needs_utf8: bool
    ) -> tuple[RecipientResult, ...]:
        fault = address_fault(envelope_sender) if envelope_sender else None
        if fault:
            why = f"our envelope sender cannot be used: {fault}"
            return _for_all(recipients, Outcome.REJECTED, None, why, "check")
        reply, client = await self._mail(envelope_sender, recipients, size, needs_utf8)
        if isinstance(reply, str):
            return _for_all(recipients, Outcome.REJECTED, None, reply, "check")
        if reply.outcome is not Outcome.ACCEPTED:
            await self._reset()
            if reply.code in _LOGIN_REQUIRED:
                raise SmtpRefused(
                    f"The server wants a login before it takes mail: {reply.code} {reply.text}",
                    "Set username and password under [smtp].",
                )
            outcome = reply.outcome or Outcome.DEFERRED
            return _for_all(recipients, outcome, reply.code, reply.text, "mail")
        results = await self._rcpt_all(client, recipients)
        self._ready_for_data = any(result.outcome is Outcome.ACCEPTED for result in results)
        if not self._ready_for_data:
            await self._reset()
        return results

    async def _mail(
        self, envelope_sender: str, recipients: tuple[str, ...], size: int, needs_utf8: bool
    ) -> tuple[_Reply | str, aiosmtplib.SMTP]:
        """MAIL, on a fresh connection if the kept one turns out to be dead. A str says why it cannot be sent."""
        while True:
            kept = self._client is not None and self._client.is_connected
            client = await self._connected()
            utf8 = needs_utf8 or not envelope_sender.isascii() or _any_needs_utf8(recipients)
            if why := _beyond(client, size, needs_utf8, envelope_sender):
                return why, client
            options = _mail_options(client, size, utf8)
            try:
                reply = await self._command(
                    client, b"MAIL", b"FROM:" + _path(envelope_sender), *options
                )
            except SmtpUnreachable:
                if kept:
                    continue
                raise
            if reply.code == _SHUTTING_DOWN:
                self._drop()
                if kept:
                    continue
            return reply, client

    async def _rcpt_all(
        self, client: aiosmtplib.SMTP, recipients: tuple[str, ...]
    ) -> tuple[RecipientResult, ...]:
        results: list[RecipientResult] = []
        for address in recipients:
            usable, fault = _deliverable(client, address)
            if fault:
                results.append(RecipientResult(address, Outcome.REJECTED, None, fault, "check"))
                continue
            reply = await self._command(client, b"RCPT", b"TO:" + _path(usable))
            outcome = reply.outcome or Outcome.DEFERRED
            results.append(RecipientResult(address, outcome, reply.code, reply.text))
            if reply.code == _SHUTTING_DOWN:
                self._drop()
                return _all_deferred(results, recipients, reply)
        return tuple(results)

    async def _finish(self, octets: bytes) -> DataResult:
        client = self._client
        if client is None or client.protocol is None:
            return DataResult(Outcome.DEFERRED, None, "the connection was lost before the content")
        if not octets.isascii() and not client.supports_extension("8bitmime"):
            await self._reset()
            return DataResult(Outcome.REJECTED, None, "the server does not take 8-bit content")
        try:
            reply = await self._command(client, b"DATA")
        except SmtpUnreachable as gone:
            return DataResult(Outcome.DEFERRED, None, gone.cause)
        if reply.code != _START_MAIL_INPUT:
            return await self._data_refused(reply)
        return await self._content(client, octets)

    async def _data_refused(self, reply: _Reply) -> DataResult:
        """The answer to the word DATA was not 354: not an octet of the content has left."""
        if reply.outcome is Outcome.REJECTED:
            await self._reset()
            return DataResult(Outcome.REJECTED, reply.code, reply.text)
        self._drop()
        return DataResult(Outcome.DEFERRED, reply.code, reply.text)

    async def _content(self, client: aiosmtplib.SMTP, octets: bytes) -> DataResult:
        """The content and its final dot. From the first octet on, no answer means UNKNOWN."""
        protocol = client.protocol
        if protocol is None:
            return DataResult(Outcome.DEFERRED, None, "the connection was lost before the content")
        try:
            protocol.write(wire_form(octets))  # raises only when the connection is already closed
        except _Gone as error:
            self._drop()
            return DataResult(Outcome.DEFERRED, None, f"lost before the content: {_why(error)}")
        try:
            answer = await protocol.read_response(timeout=self._server.data_timeout_seconds)
        except _Gone as error:
            self._drop()
            return DataResult(Outcome.UNKNOWN, None, f"no answer to the content: {_why(error)}")
        reply = _reply(answer)
        if reply.code == _SHUTTING_DOWN or reply.outcome is None or _still_writing(client):
            self._drop()
        if reply.outcome is None:
            return DataResult(Outcome.UNKNOWN, reply.code, f"an answer without sense: {reply.text}")
        return DataResult(reply.outcome, reply.code, reply.text)

    async def _command(self, client: aiosmtplib.SMTP, *words: bytes) -> _Reply:
        try:
            return _reply(await client.execute_command(*words))
        except _Gone as error:
            self._drop()
            verb = words[0].decode("ascii")
            raise SmtpUnreachable(
                f"The connection to {self._where} ended at {verb}: {_why(error)}"
            ) from error

    async def _reset(self) -> None:
        """RSET; a server that will not is left."""
        if self._client is None or not self._client.is_connected:
            self._drop()
            return
        with contextlib.suppress(SmtpUnreachable):
            reply = await self._command(self._client, b"RSET")
            if reply.outcome is not Outcome.ACCEPTED:
                self._drop()

    async def _quit(self, client: aiosmtplib.SMTP) -> None:
        with contextlib.suppress(*_Gone):
            if client.is_connected:
                await client.quit(timeout=min(self._server.timeout_seconds, 5))
        self._drop()

    # -- the connection -------------------------------------------------------------------------------

    async def _probe(self) -> SmtpCapabilities:
        client = await self._connected()
        return SmtpCapabilities(
            encrypted=client.get_transport_info("sslcontext") is not None,
            logged_in=self._logged_in,
            extensions=tuple(sorted(client.esmtp_extensions)),
            auth_methods=tuple(client.server_auth_methods),
            max_size=_max_size(client),
            smtputf8=client.supports_extension("smtputf8"),
            eight_bit=client.supports_extension("8bitmime"),
        )

    async def _connected(self) -> aiosmtplib.SMTP:
        if self._client is not None and self._client.is_connected:
            return self._client
        self._drop()
        client = self._new_client()
        self._client = client
        try:
            await client.connect()
            await self._greet(client)
            if self._server.tls == "starttls":
                await self._starttls(client)
            if self._server.username is not None:
                await self._login(client, self._server.username, self._server.password or "")
        except _Gone as error:
            self._drop()
            raise self._fault(error) from error
        except ValueError as error:  # a host name that cannot be put into DNS or EHLO
            self._drop()
            raise SmtpRefused(
                f"{self._where} cannot be used: {_why(error)}.",
                "Check host and local_hostname under [smtp].",
            ) from error
        except BaseException:
            self._drop()
            raise
        return client

    def _new_client(self) -> aiosmtplib.SMTP:
        server = self._server
        if server.tls == "none" and not _is_loopback(server.host):
            if not server.allow_insecure:
                raise SmtpRefused(
                    f"Sending to {self._where} without TLS would show every mail to the network.",
                    'Set tls = "implicit" or "starttls" under [smtp].',
                )
            if server.username is not None:
                raise SmtpRefused(
                    f"The password would go to {self._where} unencrypted.",
                    "Use TLS, or remove username and password.",
                )
        return aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            timeout=server.timeout_seconds,
            use_tls=server.tls == "implicit",
            start_tls=False,
            local_hostname=server.local_hostname or _own_name(),
            tls_context=None if server.tls == "none" else self._tls_context(),
        )

    def _tls_context(self) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(cafile=self._server.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise SmtpRefused(
                f"The CA file {self._server.ca_file} cannot be used: {_why(error)}.",
                "Correct ca_file under [smtp].",
            ) from error

    async def _greet(self, client: aiosmtplib.SMTP) -> None:
        try:
            await client.ehlo()
        except aiosmtplib.SMTPHeloError as error:
            if error.code // 100 != 5 or not client.is_connected:
                raise
            await client.helo()

    async def _starttls(self, client: aiosmtplib.SMTP) -> None:
        if not client.supports_extension("starttls"):
            raise SmtpRefused(
                f"{self._where} does not offer STARTTLS (or somebody on the way removed it).",
                'Nothing was sent. Ask the provider, or set tls = "implicit" with port 465.',
            )
        try:
            await client.starttls()
        except aiosmtplib.SMTPResponseException as error:
            if error.code // 100 != 5:
                raise
            raise SmtpRefused(
                f"{self._where} offers STARTTLS and refuses it: {error.code} {_clean(error.message)}.",
                'Nothing was sent. Ask the provider, or set tls = "implicit" with port 465.',
            ) from error
        await self._greet(client)

    async def _login(self, client: aiosmtplib.SMTP, username: str, password: str) -> None:
        """One method, one try: a wrong password tried three times locks accounts."""
        methods: dict[str, Callable[[str, str], Coroutine[Any, Any, object]]] = {
            "plain": client.auth_plain,
            "login": client.auth_login,
            "cram-md5": client.auth_crammd5,
        }
        offered = [name for name in methods if name in client.server_auth_methods]
        if not offered:
            raise SmtpRefused(
                f"{self._where} offers no login by password"
                f" (it offers: {_clean(' '.join(client.server_auth_methods)) or 'none'}).",
                "Check host and port; some providers need an app password or OAuth.",
            )
        try:
            await methods[offered[0]](username, password)
        except aiosmtplib.SMTPAuthenticationError as error:
            if error.code // 100 == 5:
                raise SmtpRefused(
                    f"{self._where} refused the login of {username}: {error.code} {_clean(error.message)}",
                    "Check username and password under [smtp]; some providers need an app password.",
                ) from error
            raise
        self._logged_in = True

    def _fault(self, error: BaseException) -> SmtpUnreachable | SmtpRefused:
        tls = _tls_error(error)
        if isinstance(tls, ssl.SSLCertVerificationError):
            return SmtpRefused(
                f"The certificate of {self._where} is not valid: {_clean(tls.verify_message or str(tls))}.",
                "Nothing was sent. Check host under [smtp]; for a private authority set ca_file.",
            )
        if tls is not None and not isinstance(tls, ssl.SSLEOFError | ssl.SSLZeroReturnError):
            return SmtpRefused(
                f"TLS with {self._where} failed: {_clean(tls.reason or str(tls))}.",
                'Nothing was sent. Check port and tls under [smtp]: 465 is "implicit", 587 "starttls".',
            )
        if isinstance(error, aiosmtplib.SMTPResponseException) and error.code in _LOGIN_REQUIRED:
            return SmtpRefused(
                f"{self._where} answered: {error.code} {_clean(error.message)}",
                "Check tls, username and password under [smtp].",
            )
        return SmtpUnreachable(f"{self._where} cannot be reached: {_why(error)}")

    @property
    def _where(self) -> str:
        return f"{self._server.host}:{self._server.port}"

    def _drop(self) -> None:
        client, self._client = self._client, None
        self._logged_in = False
        self._ready_for_data = False
        if client is not None:
            transport = client.transport
            client.close()
            if isinstance(transport, asyncio.WriteTransport):
                transport.abort()  # a polite TLS goodbye would need a loop that goes on running

    def _run(self, dialogue: Coroutine[Any, Any, T]) -> T:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
        try:
            return self._loop.run_until_complete(dialogue)
        except (KeyboardInterrupt, SystemExit):
            self._drop()
            raise
        finally:
            if self._client is None:
                self._loop.run_until_complete(_let_go())


async def _let_go() -> None:
    """The turns of the loop in which an aborted transport closes its socket."""
    for _ in range(3):
        await asyncio.sleep(0)


# -- what goes over the wire --------------------------------------------------------------------------

_LINE_END = re.compile(rb"\r\n|\r|\n")


def wire_form(octets: bytes) -> bytes:
    """The content as DATA carries it: CRLF line ends only (RFC 5321 2.3.8), dots stuffed (4.5.2), the final dot."""
    lines = _LINE_END.sub(b"\r\n", octets)
    if not lines.endswith(b"\r\n"):
        lines += b"\r\n"
    if lines.startswith(b"."):
        lines = b"." + lines
    return lines.replace(b"\r\n.", b"\r\n..") + b".\r\n"


def _still_writing(client: aiosmtplib.SMTP) -> bool:
    """Whether the server answered before it had read everything: such a connection is not used again."""
    transport = client.transport
    return isinstance(transport, asyncio.WriteTransport) and transport.get_write_buffer_size() > 0


def _path(address: str) -> bytes:
    return b"<" + address.encode("utf-8") + b">"


def _mail_options(client: aiosmtplib.SMTP, size: int, utf8: bool) -> list[bytes]:
    options = []
    if client.supports_extension("size"):
        options.append(b"SIZE=%d" % size)
    if utf8 and client.supports_extension("smtputf8"):
        options.append(b"BODY=8BITMIME")
        options.append(b"SMTPUTF8")
    return options


def _beyond(
    client: aiosmtplib.SMTP, size: int, needs_utf8: bool, envelope_sender: str
) -> str | None:
    """Why this server cannot take this mail at all."""
    limit = _max_size(client)
    if limit is not None and size > limit:
        return f"the mail has {size} octets, the server takes at most {limit}"
    if needs_utf8 and not client.supports_extension("smtputf8"):
        return "the mail needs SMTPUTF8 (RFC 6531), which the server does not offer"
    if not envelope_sender.isascii() and not client.supports_extension("smtputf8"):
        return "our envelope sender needs SMTPUTF8 (RFC 6531), which the server does not offer"
    return None


def _max_size(client: aiosmtplib.SMTP) -> int | None:
    """RFC 1870: 0 or nothing means that no limit is stated."""
    stated = client.esmtp_extensions.get("size", "").strip()
    if not (stated.isascii() and stated.isdigit() and len(stated) <= 20):
        return None
    return int(stated) or None


def _any_needs_utf8(recipients: tuple[str, ...]) -> bool:
    return any(not address.isascii() and _ascii_domain(address) is None for address in recipients)


def _deliverable(client: aiosmtplib.SMTP, address: str) -> tuple[str, str | None]:
    """The form of an address to use in RCPT, or why there is none."""
    if fault := address_fault(address):
        return address, fault
    if address.isascii():
        return address, None
    if converted := _ascii_domain(address):
        return converted, None
    if not client.supports_extension("smtputf8"):
        return address, "the address needs SMTPUTF8 (RFC 6531), which the server does not offer"
    return address, None


def _ascii_domain(address: str) -> str | None:
    """An address whose domain alone is not ASCII, with its A-labels (RFC 5890); None where that is not enough."""
    local_part, _, domain = address.rpartition("@")
    if not local_part.isascii():
        return None
    try:
        return f"{local_part}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        return None


def _for_all(
    recipients: tuple[str, ...], outcome: Outcome, code: int | None, text: str, phase: str
) -> tuple[RecipientResult, ...]:
    return tuple(RecipientResult(address, outcome, code, text, phase) for address in recipients)


def _all_deferred(
    results: list[RecipientResult], recipients: tuple[str, ...], reply: _Reply
) -> tuple[RecipientResult, ...]:
    """The server left in the middle: whoever it had accepted is not accepted any more."""
    settled = [
        result
        if result.outcome is Outcome.REJECTED
        else replace(result, outcome=Outcome.DEFERRED, code=reply.code, text=reply.text)
        for result in results
    ]
    rest = recipients[len(results) :]
    return (*settled, *_for_all(rest, Outcome.DEFERRED, reply.code, reply.text, "rcpt"))


def _reply(answer: aiosmtplib.SMTPResponse) -> _Reply:
    return _Reply(answer.code, _clean(answer.message))


_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]+")


def _clean(text: str) -> str:
    """A server's words on one line, without controls, of bounded length: they go to logs and people."""
    return _UNFIT.sub(" ", text[: 2 * _MAX_REPLY_TEXT]).strip()[:_MAX_REPLY_TEXT]


def _why(error: BaseException) -> str:
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return f"{error.code} {_clean(error.message)}"
    return _clean(str(error)) or type(error).__name__


def _tls_error(error: BaseException | None) -> ssl.SSLError | None:
    """The TLS failure behind an error, which aiosmtplib wraps."""
    for _ in range(5):
        if error is None or isinstance(error, ssl.SSLError):
            return error
        error = error.__cause__
    return None


def _is_loopback(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _own_name() -> str:
    """What to say in EHLO (RFC 5321 4.1.1.1): a full name without asking DNS, else an address literal."""
    name = socket.gethostname()
    if "." in name and re.fullmatch(r"[A-Za-z0-9.-]{1,200}", name):
        return name
    return "[127.0.0.1]"
