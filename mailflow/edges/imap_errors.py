"""What can go wrong with a mailbox, in two words: wait, or act. No library's exception leaves the room.

``MailboxUnreachable`` heals by itself: reconnect after :func:`mailflow.edges.imap.reconnect_delay`, or
after ``retry_after`` seconds where the server asked for patience. ``MailboxRefused`` does not: a person
has to change something, and ``mend`` says what.
"""

from __future__ import annotations

import contextlib
import imaplib
import socket
import ssl
from collections.abc import Iterator

from imapclient.exceptions import LoginError

THROTTLED_SECONDS = 300.0

# Answers that ask for patience, by RFC 5530 response code or by the words large providers use.
_PATIENCE = (
    "[limit]",
    "[inuse]",
    "[overquota]",
    "too many",
    "simultaneous",
    "throttl",
    "rate limit",
    "not connected",  # Exchange: "User is authenticated but not connected."
    "bandwidth",
)
_TEMPORARY = ("[unavailable]", "[serverbug]", "temporar", "try again", "internal error")


class MailboxUnreachable(Exception):
    """Temporary. ``cause`` is a plain sentence; ``retry_after`` seconds, where the server is throttling."""

    def __init__(self, cause: str, *, retry_after: float | None = None) -> None:
        super().__init__(cause)
        self.cause = cause
        self.retry_after = retry_after


class MessageUnreadable(MailboxUnreachable):
    """One message of the open folder cannot be fetched as it should; the connection is still good.

    Who does not know this exception reconnects and tries again, which is safe; who does, counts the
    tries and quarantines.
    """

    def __init__(self, uid: int, cause: str) -> None:
        super().__init__(cause)
        self.uid = uid


class MailboxRefused(Exception):
    """Permanent until a person acts. ``cause`` says what happened, ``mend`` what to change."""

    def __init__(self, cause: str, mend: str) -> None:
        super().__init__(f"{cause} {mend}".strip())
        self.cause = cause
        self.mend = mend


class UnsafeArgument(ValueError):
    """A string holds an octet that would end or break the IMAP command it belongs to. Nothing was sent."""


class Garbled(Exception):
    """A complete answer that makes no sense; the connection can go on. Stays inside the room."""


class ReadOnlyMailbox(RuntimeError):
    """A changing command was asked of a mailbox opened read-only. Nothing was sent."""


def refuse_line_ends(*texts: str) -> None:
    """Refuse what would end a command: imapclient passes CR and LF through to the wire."""
    if any(c in text for text in texts for c in "\r\n\0"):
        raise UnsafeArgument("CR, LF and NUL cannot stand in an IMAP command")


@contextlib.contextmanager
def explained(action: str) -> Iterator[None]:
    """Turn whatever the libraries raise into the two kinds of failure."""
    try:
        yield
    except (MailboxUnreachable, MailboxRefused, ReadOnlyMailbox, Garbled):
        raise
    except Exception as error:
        raise explain(error, action) from error


def explain(error: BaseException, action: str) -> MailboxUnreachable | MailboxRefused:
    """The exception to raise for a library's ``error`` while doing ``action`` ("open folder INBOX").

    >>> explain(TimeoutError(), "log in").cause
    'Could not log in: the server did not answer in time.'
    """
    if isinstance(error, ssl.SSLCertVerificationError):
        reason = error.verify_message or "it is not valid"
        return MailboxRefused(
            f"The server's certificate was not accepted: {reason}.",
            "Use the host name the certificate is made out to, or name its issuer in ca_file.",
        )
    if isinstance(error, ssl.SSLError) and "WRONG_VERSION_NUMBER" in str(error):
        return MailboxRefused(
            "The server does not speak TLS on this port.",
            'Use port 993 with tls = "implicit", or port 143 with tls = "starttls".',
        )
    if isinstance(error, imaplib.IMAP4.abort):
        return _unreachable(action, f"the connection broke ({plain(error)})")
    if isinstance(error, LoginError):
        if isinstance(
            error.__context__, imaplib.IMAP4.abort
        ):  # imapclient calls a lost line a refusal
            return explain(error.__context__, action)
        return _login_refused(plain(error))
    if error.args == (None,) or "not IMAP4 compliant" in str(error):
        return MailboxRefused(
            "The server does not speak IMAP on this port.", "Check the host name and the port."
        )
    if isinstance(error, imaplib.IMAP4.error):
        return _answered_no(plain(error), action)
    if isinstance(error, TimeoutError):
        return _unreachable(action, "the server did not answer in time")
    if isinstance(error, ConnectionRefusedError):
        return _unreachable(
            action, "the connection was refused (is the server running on this port?)"
        )
    if isinstance(error, socket.gaierror):
        return _unreachable(action, "the host name cannot be resolved")
    if isinstance(error, OSError):
        return _unreachable(action, plain(error))
    return _unreachable(action, f"the server's answer could not be read ({plain(error)})")


def wants_patience(answer: str) -> bool:
    low = answer.lower()
    return any(mark in low for mark in _PATIENCE)


def plain(error: object, limit: int = 200) -> str:
    """What a server or library said, fit for a log line: printable, one line, at most ``limit`` characters."""
    said = str(error)[: 4 * limit]
    for wrapping in ("[b'", '[b"', "b'", "']", '"]'):
        said = said.replace(wrapping, "")
    said = " ".join("".join(c if c.isprintable() else " " for c in said).split()).strip("'\" .")
    return said[:limit] or type(error).__name__


def _unreachable(action: str, because: str) -> MailboxUnreachable:
    after = THROTTLED_SECONDS if wants_patience(because) else None
    return MailboxUnreachable(f"Could not {action}: {because}.", retry_after=after)


def _login_refused(answer: str) -> MailboxUnreachable | MailboxRefused:
    if wants_patience(answer):
        return MailboxUnreachable(
            f"The server asks for patience at login: {answer}.", retry_after=THROTTLED_SECONDS
        )
    if any(mark in answer.lower() for mark in _TEMPORARY):
        return MailboxUnreachable(f"The server cannot check logins just now: {answer}.")
    return MailboxRefused(
        f"The server refused the login: {answer}.",
        "Check the user name and the password (many providers want an app password).",
    )


def _answered_no(answer: str, action: str) -> MailboxUnreachable | MailboxRefused:
    low = answer.lower()
    if (
        wants_patience(answer)
        or any(mark in low for mark in _TEMPORARY)
        or " bad " in f" {low} "
        or "* bye" in low
    ):
        return _unreachable(action, f"the server said {answer}")
    return MailboxRefused(
        f"Could not {action}: the server said {answer}.",
        "Check that the folder exists and the account may use it.",
    )
