"""Logging: readable lines on a terminal, one JSON object a line otherwise; always one line per event."""

from __future__ import annotations

import logging
import os
import sys
from typing import Literal

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

Level = Literal["debug", "info", "warning", "error"]
Format = Literal["auto", "console", "json"]


def set_up_logging(level: Level, form: Format) -> None:
    """Send everything logged to stderr. The IMAP and SMTP libraries never log below warning: they log dialogues."""
    for_people = form == "console" or (form == "auto" and sys.stderr.isatty())
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.format_exc_info,
        _one_line,
    ]
    # journald stamps the lines itself.
    if not os.environ.get("JOURNAL_STREAM"):
        shared.insert(0, structlog.processors.TimeStamper(fmt="iso", utc=not for_people))
    renderer: Processor = (
        structlog.dev.ConsoleRenderer(colors=for_people and "NO_COLOR" not in os.environ)
        if for_people
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for chatty in ("imapclient", "aiosmtplib", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    # It warns whenever a job is still busy at its next turn, which is what jobs do under load.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)


def _one_line(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    """Control characters of a stranger's words must not forge a second line or drive a terminal."""
    text = str(event.get("event", ""))
    event["event"] = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)
    return event
