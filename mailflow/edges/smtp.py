"""Sending by SMTP submission (RFC 5321, 6409), one phase at a time.

The caller asks for the phases itself, so that it can record "in flight" between them::

    results = sender.begin(...)   # connect … RCPT: whatever fails here certainly did not send
    # commit: in flight
    answer = sender.finish(...)   # DATA … the reply to the final dot

Callers are synchronous and single-threaded per sender; a private event loop runs only within a call.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import aiosmtplib

from mailflow.desk.delivery import DataResult, Outcome, RecipientResult, address_fault
from mailflow.edges.smtp_connection import (
    GONE,
    LOGIN_REQUIRED,
    SmtpRefused,
    SmtpServer,
    SmtpUnreachable,
    connect,
    cut,
)
from mailflow.edges.smtp_wire import (
    Reply,
    all_deferred,
    any_needs_utf8,
    beyond,
    deliverable,
    for_all,
    mail_options,
    max_size,
    path,
    reply_from,
    still_writing,
    why,
    wire_form,
)

__all__ = ["SmtpCapabilities", "SmtpRefused", "SmtpSender", "SmtpServer", "SmtpUnreachable"]

T = TypeVar("T")

_SHUTTING_DOWN = 421
_START_MAIL_INPUT = 354


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


class SmtpSender:
    """One connection to one server, kept over many mails and made anew when it went away."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server
        self._loop: asyncio.AbstractEventLoop | None = None
        self._client: aiosmtplib.SMTP | None = None
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
            text = f"our envelope sender cannot be used: {fault}"
            return for_all(recipients, Outcome.REJECTED, None, text, "check")
        reply, client = await self._mail(envelope_sender, recipients, size, needs_utf8)
        if isinstance(reply, str):
            return for_all(recipients, Outcome.REJECTED, None, reply, "check")
        if reply.outcome is not Outcome.ACCEPTED:
            await self._reset()
            if reply.code in LOGIN_REQUIRED:
                raise SmtpRefused(
                    f"The server wants a login before it takes mail: {reply.code} {reply.text}",
                    "Set username and password under [smtp].",
                )
            outcome = reply.outcome or Outcome.DEFERRED
            return for_all(recipients, outcome, reply.code, reply.text, "mail")
        results = await self._rcpt_all(client, recipients)
        self._ready_for_data = any(result.outcome is Outcome.ACCEPTED for result in results)
        if not self._ready_for_data:
            await self._reset()
        return results

    async def _mail(
        self, envelope_sender: str, recipients: tuple[str, ...], size: int, needs_utf8: bool
    ) -> tuple[Reply | str, aiosmtplib.SMTP]:
        """MAIL, on a fresh connection if the kept one turns out to be dead. A str says why it cannot be sent."""
        while True:
            kept = self._client is not None and self._client.is_connected
            client = await self._connected()
            utf8 = needs_utf8 or not envelope_sender.isascii() or any_needs_utf8(recipients)
            if obstacle := beyond(client, size, needs_utf8, envelope_sender):
                return obstacle, client
            options = mail_options(client, size, utf8)
            try:
                reply = await self._command(
                    client, b"MAIL", b"FROM:" + path(envelope_sender), *options
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
            usable, fault = deliverable(client, address)
            if fault:
                results.append(RecipientResult(address, Outcome.REJECTED, None, fault, "check"))
                continue
            reply = await self._command(client, b"RCPT", b"TO:" + path(usable))
            outcome = reply.outcome or Outcome.DEFERRED
            results.append(RecipientResult(address, outcome, reply.code, reply.text))
            if reply.code == _SHUTTING_DOWN:
                self._drop()
                return all_deferred(results, recipients, reply)
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

    async def _data_refused(self, reply: Reply) -> DataResult:
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
        except GONE as error:
            self._drop()
            return DataResult(Outcome.DEFERRED, None, f"lost before the content: {why(error)}")
        try:
            answer = await protocol.read_response(timeout=self._server.data_timeout_seconds)
        except GONE as error:
            self._drop()
            return DataResult(Outcome.UNKNOWN, None, f"no answer to the content: {why(error)}")
        reply = reply_from(answer)
        if reply.code == _SHUTTING_DOWN or reply.outcome is None or still_writing(client):
            self._drop()
        if reply.outcome is None:
            return DataResult(Outcome.UNKNOWN, reply.code, f"an answer without sense: {reply.text}")
        return DataResult(reply.outcome, reply.code, reply.text)

    async def _command(self, client: aiosmtplib.SMTP, *words: bytes) -> Reply:
        try:
            return reply_from(await client.execute_command(*words))
        except GONE as error:
            self._drop()
            verb = words[0].decode("ascii")
            raise SmtpUnreachable(
                f"The connection to {self._server.where} ended at {verb}: {why(error)}"
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
        with contextlib.suppress(*GONE):
            if client.is_connected:
                await client.quit(timeout=min(self._server.timeout_seconds, 5))
        self._drop()

    # -- the connection -------------------------------------------------------------------------------

    async def _probe(self) -> SmtpCapabilities:
        client = await self._connected()
        return SmtpCapabilities(
            encrypted=client.get_transport_info("sslcontext") is not None,
            logged_in=self._server.username is not None,
            extensions=tuple(sorted(client.esmtp_extensions)),
            auth_methods=tuple(client.server_auth_methods),
            max_size=max_size(client),
            smtputf8=client.supports_extension("smtputf8"),
            eight_bit=client.supports_extension("8bitmime"),
        )

    async def _connected(self) -> aiosmtplib.SMTP:
        if self._client is None or not self._client.is_connected:
            self._drop()
            self._client = await connect(self._server)
        return self._client

    def _drop(self) -> None:
        client, self._client = self._client, None
        self._ready_for_data = False
        if client is not None:
            cut(client)

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
