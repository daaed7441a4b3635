"""What mailflow keeps beside its database: the signing key and the lock of the one daemon."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from mailflow.desk.reply_token import derive_key

_KEY_FILE = "mailflow.key"
_KEY_OCTETS = 32


class StateFault(Exception):
    """Something in the state directory is not as it must be. ``cause`` and ``mend`` are sentences."""

    def __init__(self, cause: str, mend: str) -> None:
        self.cause = cause
        self.mend = mend
        super().__init__(f"{cause} {mend}")


def signing_keys(directory: Path) -> tuple[bytes, ...]:
    """The reply-token keys, current first. The root secret is made on first use, mode 0600.

    A line of the file is one root secret in hex; older ones may stand below the current one and are
    still believed, never used to sign.
    """
    path = directory / _KEY_FILE
    if not path.exists():
        _write_new_key(path)
    if path.stat().st_mode & 0o077:
        raise StateFault(f"{path} can be read by others.", f"Run: chmod 600 {path}")
    try:
        roots = [bytes.fromhex(line) for line in path.read_text("ascii").split()]
    except ValueError as error:
        raise StateFault(f"{path} holds something else than keys.", "Restore it.") from error
    if not roots or any(len(root) < _KEY_OCTETS for root in roots):
        raise StateFault(f"{path} holds no whole key.", "Restore it from your backup.")
    return tuple(derive_key(root, "reply token") for root in roots)


def _write_new_key(path: Path) -> None:
    """Atomic and durable: a key half written, or lost after tokens left, would break every thread."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        os.write(descriptor, secrets.token_hex(_KEY_OCTETS).encode() + b"\n")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    with contextlib.suppress(FileExistsError):  # another process was first: its key counts
        os.link(temporary, path)
    temporary.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextlib.contextmanager
def only_daemon(directory: Path) -> Iterator[None]:
    """Hold the lock of the one daemon; the kernel lets go of it however the process ends."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = directory / "mailflow.lock"
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise StateFault(
                f"Another mailflow runs on {directory} (process {file.read().strip() or 'unknown'}).",
                "Stop it first, or use another state.directory.",
            ) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield
