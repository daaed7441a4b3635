"""A throw-away PostgreSQL cluster: a private directory, a Unix socket, no port, gone afterwards."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

import pytest

_PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql/bin")


def find_programs() -> Path | None:
    """The directory with initdb and pg_ctl, the newest version first."""
    found = shutil.which("pg_ctl")
    installed = sorted(
        (p for place in _PLACES for p in Path("/").glob(place.lstrip("/"))), reverse=True
    )
    candidates = [*installed, *([Path(found).parent] if found else [])]
    return next(
        (p for p in candidates if (p / "initdb").exists() and (p / "pg_ctl").exists()), None
    )


def require_postgres() -> None:
    """Skip the test where PostgreSQL or its driver is missing; with MAILFLOW_REQUIRE_SERVERS=1, fail."""
    missing = None
    if find_programs() is None:
        missing = "PostgreSQL's initdb and pg_ctl are not installed (Debian: postgresql)"
    else:
        try:
            import psycopg  # noqa: F401
        except ImportError:
            missing = "the driver psycopg is not installed"
    if missing is None:
        return
    if os.environ.get("MAILFLOW_REQUIRE_SERVERS") == "1":
        pytest.fail(missing)
    pytest.skip(missing)


def _plain_user() -> int | None:
    """PostgreSQL refuses to run as root: whom to run it as, None for ourselves."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_uid
        except KeyError:
            continue
    return 65534


class Cluster:
    """Started on entry, stopped and removed on exit. :meth:`new_database` gives each test its own."""

    def __init__(self) -> None:
        programs = find_programs()
        assert programs is not None, "call require_postgres() first"
        self._programs = programs
        self._numbers = itertools.count(1)
        self._user = _plain_user()
        self._home = Path(
            tempfile.mkdtemp(prefix="mailflow-pg-")
        )  # short: socket paths are limited
        if self._user is not None:
            os.chown(self._home, self._user, -1)

    def __enter__(self) -> Cluster:
        try:
            self._run("initdb", "-D", "data", "-U", "desk", "-A", "trust", "-E", "UTF8", "-N")
            self.start()
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self.stop()
        finally:
            self._remove()

    def start(self) -> None:
        options = f"-c listen_addresses='' -c unix_socket_directories={self._home} -c fsync=off"
        self._run("pg_ctl", "-D", "data", "-l", "log", "-w", "-t", "30", "-o", options, "start")

    def stop(self, mode: str = "immediate") -> None:
        self._run("pg_ctl", "-D", "data", "-m", mode, "-w", "-t", "30", "stop")

    def new_database(self) -> str:
        """A fresh, empty database's URL. It goes with the cluster."""
        name = f"desk{next(self._numbers)}"
        self._execute(f"CREATE DATABASE {name}")
        return f"postgresql://desk@/{name}?host={self._home}"

    @contextmanager
    def database(self) -> Iterator[str]:
        """The same, dropped on exit: each is 300 files, and hundreds of tests take one."""
        url = self.new_database()
        try:
            yield url
        finally:
            name = url.removeprefix("postgresql://desk@/").partition("?")[0]
            self._execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def _execute(self, statement: str) -> None:
        import psycopg

        with psycopg.connect(
            host=str(self._home), user="desk", dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(statement)

    def _run(self, program: str, *arguments: str) -> None:
        # Output goes to a file: a pipe would stay open in the server and block us for ever.
        with (self._home / f"{program}.out").open("ab+") as output:
            done = subprocess.run(
                [self._programs / program, *arguments],
                cwd=self._home,
                user=self._user,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
                timeout=60,
                check=False,
            )
            if done.returncode:
                output.seek(0)
                raise RuntimeError(f"{program} failed:\n{output.read().decode(errors='replace')}")

    def _remove(self) -> None:
        shutil.rmtree(self._home, ignore_errors=True)
