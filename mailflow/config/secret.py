"""Secrets: a value that does not print itself, and the four places a password may come from.

The configuration file never holds a password. For ``[mailbox]`` and ``[smtp]`` it comes from, in
this order: the environment (``MAILFLOW_MAILBOX__PASSWORD``), ``password_file``,
``password_command``, a file ``mailbox_password`` in systemd's ``$CREDENTIALS_DIRECTORY``.
"""

from __future__ import annotations

import hmac
import stat
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from mailflow.config.faults import ConfigError, Fault

if TYPE_CHECKING:
    from mailflow.config.sections import MailboxSettings, SmtpSettings

MAX_SECRET_OCTETS = 64 * 1024
COMMAND_DEADLINE_SECONDS = 30


class Secret:
    """A password. Printing, formatting, logging or pickling it shows nothing; ``reveal`` says it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(repr(self), spec)

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        mine, theirs = (s._value.encode("utf-8", "surrogateescape") for s in (self, other))
        return hmac.compare_digest(mine, theirs)

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not serialised")


def read_password(account: MailboxSettings | SmtpSettings) -> Secret | None:
    """The password of an account, read now; None when the account logs in as nobody (no username).

    Raises ConfigError (exit code 3) when there is none, when its file can be read by other people,
    or when its command fails.
    """
    if not account.username:
        return None
    name = account.section
    if account.password is not None:
        return account.password
    if account.password_file is not None:
        return _from_file(f"{name}.password_file", account.password_file, others_may_read=False)
    if account.password_command:
        return _from_command(f"{name}.password_command", account.password_command)
    if account.credential is not None:
        # systemd guards its own folder; ACLs of DynamicUser= make the mode look group-readable.
        return _from_file(f"{name} credential", account.credential, others_may_read=True)
    raise ConfigError(
        [
            Fault(
                key=f"{name}.password_file",
                problem=f"there is no password for {account.username} at {account.host}",
                mend=f"name a file in password_file, a command in password_command, set "
                f"MAILFLOW_{name.upper()}__PASSWORD, or let systemd load the credential {name}_password",
            )
        ]
    )


def _refuse(key: str, value: object, problem: str, mend: str) -> ConfigError:
    return ConfigError([Fault(key=key, value=str(value), problem=problem, mend=mend)])


def _from_file(key: str, path: Path, *, others_may_read: bool) -> Secret:
    try:
        with path.open("rb") as stream:
            mode = stat.S_IMODE(path.stat().st_mode)
            octets = stream.read(MAX_SECRET_OCTETS + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise _refuse(
            key, path, f"cannot be read: {reason}", "write the password into this file, mode 0600"
        ) from None
    if mode & 0o077 and not others_may_read:
        raise _refuse(
            key,
            path,
            f"other people of this machine may touch this file (mode {mode:04o})",
            f"chmod 600 {path}",
        )
    return _clean(key, path, octets)


def _from_command(key: str, command: tuple[str, ...]) -> Secret:
    try:
        # The command is the admin's own words, an argument list, and never sees a shell.
        done = subprocess.run(  # noqa: S603
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=COMMAND_DEADLINE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        problem = f"did not end within {COMMAND_DEADLINE_SECONDS} seconds"
        raise _refuse(
            key, command[0], problem, "run it by hand; it must not ask anything"
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise _refuse(
            key, command[0], f"cannot be started: {reason}", "give the program's full path"
        ) from None
    if done.returncode != 0:
        problem = f"ended with code {done.returncode}"
        raise _refuse(key, command[0], problem, "run it by hand and see what it says")
    return _clean(key, command[0], done.stdout)


def _clean(key: str, source: object, octets: bytes) -> Secret:
    """The first line, as editors and tools end a file with a newline."""
    if len(octets) > MAX_SECRET_OCTETS:
        raise _refuse(key, source, "holds more than 64 KiB", "the first line is the password")
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError:
        raise _refuse(key, source, "is not UTF-8 text", "store the password as UTF-8") from None
    lines = text.splitlines()
    if not lines or not lines[0]:
        raise _refuse(key, source, "is empty", "the first line is the password") from None
    if "\0" in lines[0]:
        raise _refuse(key, source, "holds a NUL character", "the first line is the password")
    return Secret(lines[0])
