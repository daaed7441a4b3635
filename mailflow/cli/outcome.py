"""How a command ends: the exit codes, a failure with its next step, and the global options.

Imported by ``--help``; keep it light.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import typer

    from mailflow.config import Loaded, Settings

FINE = 0
FAILED = 1
USAGE = 2
CONFIGURATION_INVALID = 3
MAIL_UNREACHABLE = 4  # cannot reach the server or log in to it
QUARANTINED = 5  # ran, but something was put into quarantine


class Failure(Exception):
    """Ends a command with a sentence, the next step and an exit code, without a traceback."""

    def __init__(self, problem: str, mend: str = "", code: int = FAILED) -> None:
        self.problem = problem
        self.mend = mend
        self.code = code
        # Servers and edges end their sentences as they like.
        ending = problem.rstrip(".")
        super().__init__(f"{ending}. Next: {mend.rstrip('.')}." if mend else problem)


@dataclass(frozen=True, slots=True)
class GlobalOptions:
    """What stood before the noun: ``--config`` and every ``--set``."""

    config: Path | None = None
    flags: Mapping[str, str] = field(default_factory=dict)


def options_of(ctx: typer.Context) -> GlobalOptions:
    found = ctx.find_root().obj
    return found if isinstance(found, GlobalOptions) else GlobalOptions()


def loaded_for(ctx: typer.Context) -> Loaded:
    """The configuration this call is meant for. Raises ConfigError, also when there is no file."""
    import os

    from mailflow.config import ConfigError, Fault, find_config, load

    options = options_of(ctx)
    path = find_config(options.config, os.environ)
    if path is None and not any(name.startswith("MAILFLOW_MAILBOX__") for name in os.environ):
        raise ConfigError(
            [
                Fault(
                    key="",
                    problem="there is no ./config.toml, no /etc/mailflow/config.toml, and MAILFLOW_CONFIG is not set",
                    mend="write one with `mailflow init`, or name it with --config",
                )
            ]
        )
    return load(path, os.environ, options.flags)


def settings_for(ctx: typer.Context) -> Settings:
    return loaded_for(ctx).settings
