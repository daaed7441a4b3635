"""The kinds of value a configuration may hold. Each refuses with a sentence that helps."""

from __future__ import annotations

import re
from datetime import time, timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, ValidationInfo, WithJsonSchema

_DURATION = re.compile(
    r"(?:(\d{1,9})w)?(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?"
)
_ADDRESS = re.compile(r"[^\s@<>(),;:\\\"\[\]\x00-\x20\x7f]{1,64}@([^\s@]{1,253})")
_LABEL = re.compile(r"[^\W_](?:[\w-]{0,61}[^\W_])?")
_HOST = re.compile(r"[\w.:\[\]-]{1,253}")
_URL_PASSWORD = re.compile(r"^([a-z0-9+]+://[^:/@]*):([^@/]*)@")


def parse_duration(text: str) -> timedelta:
    """``90s``, ``30m``, ``72h``, ``2d``, ``1w`` or together, big before small. Raises ValueError."""
    match = _DURATION.fullmatch(text.strip())
    if match is None or not any(match.groups()):
        raise ValueError("must be a duration such as 90s, 30m, 72h, 2d or 1h30m")
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    try:
        span = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError:
        span = timedelta.max
    if not timedelta(seconds=1) <= span <= timedelta(days=3660):
        raise ValueError("must lie between 1s and ten years")
    return span


def format_duration(span: timedelta) -> str:
    """The shortest single-unit or mixed form: ``72h`` stays ``72h``, as days may mean office days."""
    seconds = int(span.total_seconds())
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    parts = ((hours, "h"), (minutes, "m"), (seconds, "s"))
    return "".join(f"{number}{unit}" for number, unit in parts if number) or "0s"


def url_without_password(url: str) -> str:
    return _URL_PASSWORD.sub(r"\1:***@", url)


def url_has_password(url: str) -> bool:
    return _URL_PASSWORD.match(url) is not None


def _duration(value: object) -> object:
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str):
        raise ValueError('must be a duration in quotes such as "72h"')
    return parse_duration(value)


def _one_line(value: str) -> str:
    """No control characters (header injection), nothing UTF-8 cannot say, not absurdly long."""
    if any(not c.isprintable() for c in value):
        raise ValueError("must be one line without control characters")
    if len(value) > 1000:
        raise ValueError("must be shorter than 1000 characters")
    return value


def checked_address(value: str) -> str:
    """A bare addr-spec (RFC 5322 3.4.1) without quoting; the domain in lower case."""
    match = _ADDRESS.fullmatch(value)
    if match is None or not value.isprintable():
        raise ValueError("must be a bare mail address such as support@example.org")
    labels = match[1].split(".")
    if not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError("must have a valid domain behind the @")
    local, _, domain = value.rpartition("@")
    return f"{local}@{domain.lower()}"


def checked_host(value: str) -> str:
    if _HOST.fullmatch(value) is None:
        raise ValueError("must be a host name or an IP address, without a port or imap://")
    return value


def _tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _path(value: object, info: ValidationInfo) -> object:
    """Relative to the configuration file's folder; ``~`` is the home folder."""
    if isinstance(value, str):
        if not value or "\0" in value:
            raise ValueError("must name a file or folder")
        try:
            value = Path(value).expanduser()
        except RuntimeError:
            raise ValueError("must not use ~ where there is no home folder") from None
    folder = (info.context or {}).get("folder")
    if isinstance(value, Path) and folder is not None:
        return folder / value
    return value


def _database_url(value: str, info: ValidationInfo) -> str:
    if value.startswith("sqlite:///"):
        path = value.removeprefix("sqlite:///")
        if not path or path.startswith("?") or ":memory:" in path:
            raise ValueError("must name a file, such as sqlite:///mailflow.db")
        folder = (info.context or {}).get("folder")
        return f"sqlite:///{folder / path}" if folder is not None else value
    for scheme in ("postgresql+psycopg://", "postgresql://", "postgres://"):
        if value.startswith(scheme) and len(value) > len(scheme):
            return "postgresql+psycopg://" + value.removeprefix(scheme)
    raise ValueError("must begin with sqlite:/// or postgresql://")


_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)")


def parse_time(text: str) -> time:
    """``9:00`` or ``24:00``, which is midnight. Raises ValueError."""
    match = _TIME.fullmatch(text)
    if match is None or (match[1] == "24" and match[2] != "00"):
        raise ValueError("must hold times such as 09:00")
    return time(int(match[1]) % 24, int(match[2]))


def parse_time_span(text: str) -> tuple[time, time]:
    """``20:00-08:00`` as its two times. Raises ValueError."""
    begins, dash, ends = text.strip().partition("-")
    if not dash:
        raise ValueError("must be two times such as 20:00-08:00")
    return parse_time(begins.strip()), parse_time(ends.strip())


def parse_hours(lines: tuple[str, ...]) -> dict[int, tuple[tuple[time, time], ...]]:
    """``mon-fri 09:00-12:00 13:00-17:00`` per line, as spans by weekday, Monday = 0. Raises ValueError."""
    week: dict[int, list[tuple[time, time]]] = {}
    for line in lines:
        days, *spans = line.lower().split()
        if not spans:
            raise ValueError('must name days and times, such as "mon-fri 09:00-17:00"')
        for weekday in _weekdays(days):
            week.setdefault(weekday, []).extend(parse_time_span(span) for span in spans)
    for spans_of_day in week.values():
        last = time(0)
        for begins, ends in spans_of_day:
            if begins < last or (ends != time(0) and ends <= begins) or last is _MIDNIGHT:
                raise ValueError(
                    "must hold times of one day in order, such as 09:00-12:00 13:00-17:00"
                )
            last = _MIDNIGHT if ends == time(0) else ends
    if not week:
        raise ValueError('must hold at least one line, such as "mon-fri 09:00-17:00"')
    return {weekday: tuple(spans) for weekday, spans in sorted(week.items())}


_MIDNIGHT = time.max  # the end of a day, behind which no further hours come


def _weekdays(text: str) -> range:
    first, _, last = text.partition("-")
    try:
        begins, ends = _WEEKDAYS.index(first), _WEEKDAYS.index(last or first)
    except ValueError:
        raise ValueError(f"must name days as {', '.join(_WEEKDAYS)} or mon-fri") from None
    if ends < begins:
        raise ValueError("must name days in the order of the week, such as mon-fri")
    return range(begins, ends + 1)


def _hours(lines: tuple[str, ...]) -> tuple[str, ...]:
    parse_hours(lines)
    return lines


def _time_span(text: str) -> str:
    if text:
        parse_time_span(text)
    return text


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError("must be a time zone such as Europe/Berlin") from None
    return name


Line = Annotated[str, AfterValidator(_one_line)]
AddrSpec = Annotated[str, AfterValidator(checked_address)]
Host = Annotated[str, AfterValidator(checked_host)]
DatabaseUrl = Annotated[str, AfterValidator(_one_line), AfterValidator(_database_url)]
Duration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    WithJsonSchema({"type": "string", "pattern": r"^(\d+w)?(\d+d)?(\d+h)?(\d+m)?(\d+s)?$"}),
]
OptionalDuration = Annotated[
    timedelta | None,
    BeforeValidator(lambda value: None if value in ("", None) else _duration(value)),
    WithJsonSchema({"type": "string"}),
]
OptionalPath = Annotated[
    Path | None,
    BeforeValidator(lambda value, info: None if value in ("", None) else _path(value, info)),
    WithJsonSchema({"type": "string"}),
]
FilePath = Annotated[Path, BeforeValidator(_path), WithJsonSchema({"type": "string"})]
Lines = Annotated[tuple[Line, ...], BeforeValidator(_tuple)]
Addresses = Annotated[tuple[AddrSpec, ...], BeforeValidator(_tuple)]
OpenHours = Annotated[tuple[Line, ...], BeforeValidator(_tuple), AfterValidator(_hours)]
TimeSpan = Annotated[str, AfterValidator(_time_span)]
ZoneName = Annotated[str, AfterValidator(_zone)]
