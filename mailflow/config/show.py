"""Settings for reading: every key with its value and the place it came from; JSON Schema."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from mailflow.config.fields import format_duration, url_without_password
from mailflow.config.load import Loaded
from mailflow.config.secret import Secret
from mailflow.config.settings import Settings

MASK = "***"


@dataclass(frozen=True, slots=True)
class ShownSetting:
    """One line of ``config show``. ``value`` is plain: str, int, float, bool or list; secrets masked."""

    key: str
    value: object
    origin: str  # file:line, "environment NAME", "--set KEY", or "default"


def shown_settings(loaded: Loaded) -> list[ShownSetting]:
    """All settings in the order of the sections; passwords only when there is one, masked."""
    lines: list[ShownSetting] = []
    for section in Settings.model_fields:
        content = getattr(loaded.settings, section)
        if isinstance(content, tuple):
            value = [_item(item) for item in content]
            lines.append(ShownSetting(section, value, loaded.origins.get(section, "default")))
            continue
        lines += _section_lines(section, content, loaded)
    return lines


def _section_lines(section: str, content: BaseModel, loaded: Loaded) -> list[ShownSetting]:
    lines: list[ShownSetting] = []
    for name in type(content).model_fields:
        value = getattr(content, name)
        if name in ("password", "credential") and value is None:
            continue
        key = f"{section}.{name}"
        lines.append(ShownSetting(key, _plain(value), loaded.origins.get(key, "default")))
    return lines


def _item(item: BaseModel) -> dict[str, object]:
    return {name: _plain(getattr(item, name)) for name in type(item).model_fields}


def _plain(value: object) -> object:
    if isinstance(value, Secret):
        return MASK
    if isinstance(value, timedelta):
        return format_duration(value)
    if isinstance(value, BaseModel):
        return _item(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if value is None:
        return ""
    if isinstance(value, Path):
        return str(value)
    return url_without_password(value) if isinstance(value, str) else value


def json_schema() -> dict[str, Any]:
    """JSON Schema of the configuration file, for editors."""
    schema = Settings.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "mailflow configuration"
    return schema
