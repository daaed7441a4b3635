"""From settings to working hours: zones and public holidays are looked up here, once, and become plain dates."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from types import MappingProxyType
from zoneinfo import ZoneInfo

import holidays

from mailflow.config import ConfigError, Fault, Settings
from mailflow.config.faults import did_you_mean
from mailflow.config.fields import parse_hours
from mailflow.config.sections import CalendarSettings
from mailflow.desk.calendar import Calendar, Closure, Hours

_YEARS_BACK, _YEARS_AHEAD = 5, 10  # for replays of the past, and for a daemon that runs for years


def calendars_from(settings: Settings) -> tuple[Calendar, ...]:
    """The calendars an admin wrote. Raises ConfigError for a country or region whose holidays nobody knows."""
    return tuple(_calendar(calendar) for calendar in settings.calendars)


def _calendar(given: CalendarSettings) -> Calendar:
    week = parse_hours(given.hours)
    return Calendar(
        name=given.name,
        zone=ZoneInfo(given.zone),
        hours=MappingProxyType(
            {day: tuple(Hours(*span) for span in spans) for day, spans in week.items()}
        ),
        holidays=_holidays(given.holidays, datetime.now(UTC).year) if given.holidays else {},
        closures=tuple(Closure(c.first, c.last, c.text) for c in given.closures),
        queues=tuple(name.lower() for name in given.queues),
    )


@lru_cache(maxsize=64)
def _holidays(region: str, year: int) -> Mapping[date, str]:
    country, _, part = region.partition("-")
    known = holidays.list_supported_countries()
    if country not in known:
        near = did_you_mean(country, known)
        raise _unknown(
            region, "names no country known here", f"did you mean {near}?" if near else ""
        )
    if part and part not in known[country]:
        regions = ", ".join(known[country]) or "none"
        raise _unknown(region, f"names no region of {country}", f"regions are {regions}")
    years = range(year - _YEARS_BACK, year + _YEARS_AHEAD + 1)
    days = holidays.country_holidays(country, subdiv=part or None, years=years)
    return MappingProxyType(dict(sorted(days.items())))


def _unknown(region: str, problem: str, mend: str) -> ConfigError:
    mend = mend or "use a code of ISO 3166 such as DE, DE-BY or FR"
    return ConfigError([Fault(key="calendars.holidays", value=region, problem=problem, mend=mend)])
