"""From flags, environment and file to ``Settings``: precedence, places, and all faults at once."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from mailflow.config.explain import explain
from mailflow.config.faults import ConfigError, Fault, did_you_mean, shown
from mailflow.config.fields import url_has_password
from mailflow.config.secret import Secret
from mailflow.config.settings import LISTS, Settings
from mailflow.config.toml_lines import KeyPath, key_lines, line_of

MAX_FILE_OCTETS = 512 * 1024
PREFIX = "MAILFLOW_"
SECTIONS: dict[str, FieldInfo] = dict(Settings.model_fields)
SECRET_KEYS = frozenset({"mailbox.password", "smtp.password"})


@dataclass(slots=True)
class _Sources:
    """What is collected before validation: values, where each came from, and faults so far."""

    data: dict[str, Any] = field(default_factory=dict)  # TOML values: whatever the admin wrote
    origins: dict[str, str] = field(default_factory=dict)  # dotted key → place
    lines: dict[KeyPath, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    file: Path | None = None

    def place(self, path: KeyPath) -> str:
        """Where a key was set, or the nearest thing around it that has a place."""
        for length in range(len(path), 0, -1):
            origin = self.origins.get(".".join(str(part) for part in path[:length]))
            if origin is not None:
                return origin
        number = line_of(self.lines, path)
        if self.file is None:
            return ""
        return f"{self.file}:{number}" if number else str(self.file)


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings, and for every key the place it came from (absent: it is the default)."""

    settings: Settings
    origins: Mapping[str, str]
    file: Path | None


def find_config(flag: Path | None, env: Mapping[str, str]) -> Path | None:
    """The file to read: ``--config``, ``$MAILFLOW_CONFIG``, ./config.toml, /etc/mailflow/config.toml."""
    if flag is not None:
        return flag
    if named := env.get("MAILFLOW_CONFIG"):
        return Path(named)
    for candidate in (Path("config.toml"), Path("/etc/mailflow/config.toml")):
        if candidate.is_file():
            return candidate
    return None


def load_settings(
    path: Path | None, env: Mapping[str, str], flags: Mapping[str, str] | None = None
) -> Settings:
    """Settings from flags > ``MAILFLOW_*`` environment > file > defaults.

    ``flags`` maps dotted keys (``sending.mode``) to text. Raises ConfigError with every fault found;
    nothing else, whatever the file holds.
    """
    return load(path, env, flags).settings


def load(
    path: Path | None, env: Mapping[str, str], flags: Mapping[str, str] | None = None
) -> Loaded:
    """As ``load_settings``, telling also where every value came from."""
    sources = _Sources(file=path)
    if path is not None:
        _read_file(path, sources)
    _read_environment(env, sources)
    for key, text in (flags or {}).items():
        _set_text(sources, tuple(key.split(".")), text, f"--set {key}")
    for section, info in SECTIONS.items():
        if not info.is_required() and section not in LISTS:
            sources.data.setdefault(section, {})  # so that default paths resolve as written ones do
    folder = path.absolute().parent if path is not None else Path.cwd()
    try:
        settings = Settings.model_validate(sources.data, context={"folder": folder})
    except ValidationError as error:
        raise ConfigError([*sources.faults, *explain(error, sources.place)]) from None
    if sources.faults:
        raise ConfigError(sources.faults)
    return Loaded(settings, _all_origins(sources), path)


def _read_file(path: Path, sources: _Sources) -> None:
    text = _file_text(path)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([_syntax_fault(path, str(error))]) from None
    except (
        ValueError,
        RecursionError,
        OverflowError,
    ):  # numbers of 5000 digits, brackets 1000 deep
        mend = "this is no configuration; start again from config.example.toml"
        fault = Fault(key="", problem="cannot be read as TOML", mend=mend, where=str(path))
        raise ConfigError([fault]) from None
    sources.data = data
    sources.lines = key_lines(text)
    for account in ("mailbox", "smtp"):
        _refuse_password(account, sources)
    database = data.get("database")
    url = database.get("url") if isinstance(database, dict) else None
    if isinstance(url, str) and url_has_password(url):
        sources.faults.append(
            Fault(
                key="database.url",
                problem="holds a password; the configuration file never holds a secret",
                mend="leave the password out and name a file in $PGPASSFILE, or set MAILFLOW_DATABASE__URL",
                where=sources.place(("database", "url")),
            )
        )


def _file_text(path: Path) -> str:
    where = str(path)
    try:
        with path.open("rb") as stream:
            octets = stream.read(MAX_FILE_OCTETS + 1)
    except (OSError, ValueError) as error:
        problem = f"cannot be read: {getattr(error, 'strerror', None) or error}"
        mend = "write one with `mailflow init`, or name another with --config"
        raise ConfigError([Fault(key="", problem=problem, mend=mend, where=where)]) from None
    if len(octets) > MAX_FILE_OCTETS:
        fault = Fault(
            key="", problem="is larger than 512 KiB", mend="name the right file", where=where
        )
        raise ConfigError([fault])
    try:
        return octets.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = octets.count(b"\n", 0, error.start) + 1
        problem = "is not UTF-8 text"
        fault = Fault(key="", problem=problem, mend="save it as UTF-8", where=f"{where}:{line}")
        raise ConfigError([fault]) from None


def _syntax_fault(path: Path, message: str) -> Fault:
    """tomllib says "Invalid value (at line 3, column 5)"; the line belongs in the place."""
    problem, _, position = message.rpartition(" (at ")
    number = position.partition("line ")[2].partition(",")[0]
    problem = shown(problem or message)[1:-1]
    where = f"{path}:{number}" if number.isdigit() else str(path)
    mend = 'text stands in "quotes", lists in [brackets], sections in [single] brackets'
    return Fault(key="", problem=f"is not TOML here: {problem}", mend=mend, where=where)


def _refuse_password(account: str, sources: _Sources) -> None:
    section = sources.data.get(account)
    if not isinstance(section, dict):
        return
    mend = (
        "put it into a file of mode 0600 named by password_file, let password_command print it, "
        f"or set MAILFLOW_{account.upper()}__PASSWORD; then change the password, as this file may "
        "have been copied"
    )
    problem = "the configuration file never holds a password"
    for key in ("password", "credential"):
        if section.pop(key, None) is not None:
            where = sources.place((account, key))
            fault = Fault(key=f"{account}.{key}", problem=problem, mend=mend, where=where)
            sources.faults.append(fault)


def _read_environment(env: Mapping[str, str], sources: _Sources) -> None:
    for name, text in sorted(env.items()):
        if not name.startswith(PREFIX):
            continue
        path = tuple(name.removeprefix(PREFIX).lower().split("__"))
        place = f"environment {name}"
        if len(path) > 1 or path[0] in LISTS:
            _set_text(sources, path, text, place)
        elif meant := _single_underscore(path[0]):
            mend = f"two underscores stand between section and key: {meant}"
            sources.faults.append(Fault(key=name, problem="is no setting", mend=mend, where=place))
    credentials = env.get("CREDENTIALS_DIRECTORY")
    for account in ("mailbox", "smtp"):
        section = sources.data.get(account)
        if credentials and isinstance(section, dict):
            file = Path(credentials) / f"{account}_password"
            if file.is_file():
                section["credential"] = file


def _single_underscore(name: str) -> str | None:
    """``mailbox_host`` was probably meant as ``MAILFLOW_MAILBOX__HOST``."""
    for section, model in _section_models().items():
        key = name.removeprefix(f"{section}_")
        if key != name and key in model.model_fields:
            return f"{PREFIX}{section.upper()}__{key.upper()}"
    return None


def _section_models() -> dict[str, type[BaseModel]]:
    return {
        name: info.annotation
        for name, info in SECTIONS.items()
        if isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel)
    }


def _set_text(sources: _Sources, path: tuple[str, ...], text: str, place: str) -> None:
    """Put a value given as text where the file would have it, in the type its field asks for."""
    dotted = ".".join(path)
    models = _section_models()
    fields = models[path[0]].model_fields if path[0] in models else {}
    if len(path) == 1 and path[0] in LISTS:
        value: object = _toml_value(text)
    elif len(path) == 2 and path[1] in fields and path[1] != "credential":
        if dotted in SECRET_KEYS and place.startswith("--set"):
            mend = f"a command line is seen by everybody: set {PREFIX}{path[0].upper()}__PASSWORD"
            fault = Fault(key=dotted, problem="is no flag", mend=mend, where=place)
            sources.faults.append(fault)
            return
        value = Secret(text) if dotted in SECRET_KEYS else _typed(fields[path[1]], text)
    else:
        known = [f"{s}.{k}" for s, model in models.items() for k in model.model_fields]
        near = did_you_mean(dotted, known)
        if place.startswith("environment") and near:
            near = PREFIX + near.replace(".", "__").upper()
        mend = f"did you mean {near}?" if near else "see `mailflow config schema` for the names"
        fault = Fault(key=dotted[:80], problem="there is no such setting", mend=mend, where=place)
        sources.faults.append(fault)
        return
    sources.origins[dotted] = place
    if len(path) == 1:
        sources.data[path[0]] = value
        return
    section = sources.data.setdefault(path[0], {})
    if isinstance(section, dict):  # otherwise the file is wrong and validation says so
        section[path[1]] = value


def _typed(info: FieldInfo, text: str) -> object:
    """Text as the field's own type where it reads as one; else the text, for validation to refuse."""
    kind = info.annotation
    words = {"true": True, "yes": True, "on": True, "1": True}
    words |= {"false": False, "no": False, "off": False, "0": False}
    if kind is bool:
        return words.get(text.strip().lower(), text)
    if kind is int or kind is float:
        try:
            return kind(text[:40])
        except ValueError:
            return text
    if get_origin(kind) is tuple:
        if text.lstrip().startswith("["):
            return _toml_value(text)
        return [part.strip() for part in text.split(",") if part.strip()]
    return text


def _toml_value(text: str) -> object:
    try:
        return tomllib.loads(f"value = {text[:MAX_FILE_OCTETS]}")["value"]
    except (ValueError, RecursionError, OverflowError):
        return text


def _all_origins(sources: _Sources) -> dict[str, str]:
    """The place of every key that was set anywhere."""
    origins: dict[str, str] = {}
    for section, content in sources.data.items():
        keys = [section] if not isinstance(content, dict) else [f"{section}.{k}" for k in content]
        for key in keys:
            origins[key] = sources.place(tuple(key.split(".")))
        if isinstance(content, dict) and "credential" in content:
            origins[f"{section}.credential"] = "environment CREDENTIALS_DIRECTORY"
    return origins
