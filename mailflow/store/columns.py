"""Column types: what every value goes through on its way into a row and out again.

Texts come from strangers. PostgreSQL refuses NUL and lone surrogates, SQLite takes the first and
chokes on the second, and both index only short keys well; so the cleaning happens here, once, for
every column and for every comparison with one.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, Text, TypeDecorator

_KEY_LIMIT = 300  # characters; two such columns fit PostgreSQL's limit of 2704 octets an index row
_KEY_HEAD = 200


def clean_text(text: str) -> str:
    """The text without NUL and lone surrogates, each replaced by U+FFFD."""
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    try:
        text.encode()
    except UnicodeEncodeError:
        text = "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in text)
    return text


def key_text(text: str) -> str:
    """``text`` as it stands in an indexed column: equal texts stay equal, long ones end in their hash."""
    cleaned = clean_text(text)
    if len(cleaned) <= _KEY_LIMIT:
        return cleaned
    return f"{cleaned[:_KEY_HEAD]}…{hashlib.sha256(cleaned.encode()).hexdigest()}"


def clean_json(value: Any) -> Any:  # Any: JSON is a recursive union mypy cannot name usefully
    """A JSON value with every text in it cleaned; tuples become lists."""
    if isinstance(value, str):
        return clean_text(str(value))
    if isinstance(value, dict):
        return {clean_text(str(k)): clean_json(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [clean_json(v) for v in value]
    return value


class CleanText(TypeDecorator[str]):
    """Text of any length."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else clean_text(value)


class Key(TypeDecorator[str]):
    """Text that is looked up by equality and may be indexed."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else key_text(value)


class CleanJson(TypeDecorator[Any]):
    """JSON with cleaned texts."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        return clean_json(value)


class Moment(TypeDecorator[datetime]):
    """An aware moment, kept in UTC. SQLite holds it as sortable text with microseconds."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        utc = _in_utc(value)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _in_utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    try:
        return value.astimezone(UTC)
    except OverflowError:  # a server's INTERNALDATE at the edge of the calendar
        return value.replace(tzinfo=UTC)
