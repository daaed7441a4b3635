"""The configuration: precedence, places, and the words of every refusal."""

from __future__ import annotations

import tomllib
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailflow.config import ConfigError, Settings, load, load_settings
from mailflow.config.faults import did_you_mean
from mailflow.config.fields import format_duration, parse_duration

MINIMAL = """\
[support]
address = "support@example.org"

[mailbox]
host = "imap.example.org"
username = "support"

[smtp]
host = "smtp.example.org"
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path


def faults(
    folder: Path, text: str, env: dict[str, str] | None = None, flags: dict[str, str] | None = None
) -> list[str]:
    path = write(folder, text)
    with pytest.raises(ConfigError) as caught:
        load_settings(path, env or {}, flags)
    return [str(fault).replace(f"{folder}/", "") for fault in caught.value.faults]


def test_minimal_file_gives_defaults(tmp_path: Path) -> None:
    got = load_settings(write(tmp_path, MINIMAL), {})
    assert got.sending.mode == "shadow"
    assert (got.mailbox.port, got.smtp.port) == (993, 465)
    assert got.progress.low == timedelta(hours=72)
    assert got.database.url == f"sqlite:///{tmp_path}/mailflow.db"
    assert got.state.directory == tmp_path / "var"
    assert got.agents == ()
    assert got.suggestions.model is None


@pytest.mark.parametrize(
    ("tls", "imap", "smtp"), [("implicit", 993, 465), ("starttls", 143, 587), ("none", 143, 25)]
)
def test_port_follows_tls(tmp_path: Path, tls: str, imap: int, smtp: int) -> None:
    env = {"MAILFLOW_MAILBOX__TLS": tls, "MAILFLOW_SMTP__TLS": tls}
    env |= {"MAILFLOW_MAILBOX__HOST": "127.0.0.1", "MAILFLOW_SMTP__HOST": "localhost"}
    got = load_settings(write(tmp_path, MINIMAL), env)
    assert (got.mailbox.port, got.smtp.port) == (imap, smtp)


def test_precedence_flag_environment_file_default(tmp_path: Path) -> None:
    path = write(tmp_path, MINIMAL + '[log]\nlevel = "error"\n')
    key, env = "log.level", {"MAILFLOW_LOG__LEVEL": "warning"}
    assert load_settings(None, _env_of_minimal()).log.level == "info"
    assert load_settings(path, {}).log.level == "error"
    assert load_settings(path, env).log.level == "warning"
    assert load_settings(path, env, {key: "debug"}).log.level == "debug"
    assert load(path, {}).origins[key] == f"{path}:11"
    assert load(path, env).origins[key] == "environment MAILFLOW_LOG__LEVEL"
    assert load(path, env, {key: "debug"}).origins[key] == "--set log.level"


def _env_of_minimal() -> dict[str, str]:
    return {
        "MAILFLOW_SUPPORT__ADDRESS": "support@example.org",
        "MAILFLOW_MAILBOX__HOST": "imap.example.org",
        "MAILFLOW_MAILBOX__USERNAME": "support",
        "MAILFLOW_SMTP__HOST": "smtp.example.org",
    }


def test_environment_reads_every_kind_of_value() -> None:
    env = _env_of_minimal() | {
        "MAILFLOW_MAILBOX__PORT": "1993",
        "MAILFLOW_MAILBOX__IDLE": "off",
        "MAILFLOW_MAILBOX__PASSWORD_COMMAND": '["pass", "mail/support"]',
        "MAILFLOW_SUPPORT__ALIASES": "a@example.org, b@example.org",
        "MAILFLOW_SUGGESTIONS__PRECISION": "0.9",
        "MAILFLOW_PROGRESS__LOW": "1h30m",
        "MAILFLOW_STATE__DIRECTORY": "/srv/mailflow",
        "MAILFLOW_AGENTS": '[{address = "ann@example.org", name = "Ann"}]',
        "MAILFLOW_REQUIRE_SERVERS": "1",  # meant for others
    }
    got = load_settings(None, env)
    assert got.mailbox.port == 1993
    assert got.mailbox.idle is False
    assert got.mailbox.password_command == ("pass", "mail/support")
    assert got.support.aliases == ("a@example.org", "b@example.org")
    assert got.suggestions.precision == 0.9
    assert got.progress.low == timedelta(minutes=90)
    assert got.state.directory == Path("/srv/mailflow")
    assert got.agents[0].name == "Ann"


#: (what is added to the minimal file, what the refusal says). Line 10 is the first added line.
REFUSALS = [
    ('[suport]\nname = "x"', "config.toml:10: suport: there is no such setting. Mend: did you mean [support]?"),
    ("poll_seconds = 5", "config.toml:10: smtp.poll_seconds: there is no such setting. Mend: poll_seconds belongs under [mailbox]."),
    ("prot = 5", "config.toml:10: smtp.prot: there is no such setting. Mend: did you mean port?"),
    ("xyzzy = 5", "config.toml:10: smtp.xyzzy: there is no such setting. Mend: remove it; [smtp] knows ca_file, envelope_sender, host, insecure, password_command, password_file, port, timeout_seconds, tls, username."),
    ('port = "25"', 'config.toml:10: smtp.port = "25": must be a whole number. Mend: write digits without quotes.'),
    ("port = 25.5", "config.toml:10: smtp.port = 25.5: must be a whole number. Mend: write digits without quotes."),
    ("port = true", "config.toml:10: smtp.port = true: must be a whole number. Mend: write digits without quotes."),
    ("port = -1", "config.toml:10: smtp.port = -1: is too small. Mend: use 0 or more."),
    ("port = 70000", "config.toml:10: smtp.port = 70000: is too large. Mend: use 65535 or less."),
    ('tls = "ssl"', "config.toml:10: smtp.tls = \"ssl\": is not one of the words known here. Mend: use 'implicit', 'starttls' or 'none'."),
    ('tls = "none"', 'config.toml:8: smtp: has tls = "none" for a host that is not this machine. Mend: use tls = "implicit" or "starttls".'),
    ('insecure = "yes"', 'config.toml:10: smtp.insecure = "yes": must be true or false. Mend: write true or false without quotes.'),
    ("username = 5", "config.toml:10: smtp.username = 5: must be text. Mend: write it in quotes."),
    ('username = "a\\nb"', 'config.toml:10: smtp.username = "a\\u000ab": must be one line without control characters. Mend: write it in that form.'),
    ('password_file = ["a"]', 'config.toml:10: smtp.password_file = ["a"]: must be a path in quotes. Mend: write it in quotes.'),
    ('password_command = "pass mail"', 'config.toml:10: smtp.password_command = "pass mail": must be a list. Mend: write it in brackets, such as ["one", "two"].'),
    ('password_file = "a"\npassword_command = ["b"]', "config.toml:8: smtp: names both password_file and password_command; choose one. Mend: remove one of the two lines."),
    ('[[calendars]]\nname = "x"\nzone = "Mars"', 'config.toml:12: calendars.1.zone = "Mars": must be a time zone such as Europe/Berlin. Mend: write it in that form.'),
    ('[[calendars]]\nname = "x"\nhours = ["mon-fri"]', 'config.toml:12: calendars.1.hours = ["mon-fri"]: must name days and times, such as "mon-fri 09:00-17:00". Mend: write it in that form.'),
    ('[[calendars]]\nhours = ["mon 9:00-12:00"]', 'config.toml:10: calendars.1.name: is missing. Mend: add name = "office" under [[calendars]].'),
    ('[[calendars]]\nname = "x"\nzones = "UTC"', 'config.toml:12: calendars.1.zones: there is no such setting. Mend: did you mean zone?'),
    ('[[calendars]]\nname = "x"\nclosures = [{first = 2026-12-24, last = 2026-12-01}]', 'config.toml:12: calendars.1.closures: ends before it begins; give the first day as first. Mend: write the earlier day as first.'),
    ('[[queues]]\nname = "billing"\naddresses = ["b@example.org"]\nupdate_every = {urgent = "soon"}', 'config.toml:13: queues.1.update_every = "soon": must be a duration such as 90s, 30m, 72h, 2d or 1h30m. Mend: write it in that form.'),
    ('[[clocks]]\nqueues = ["biling"]\n[[queues]]\nname = "billing"\naddresses = ["b@example.org"]', "config.toml: clocks: [[clocks]] names queue biling, which is no [[queues]]. Mend: add that queue, or write its name as under [[queues]]."),
    ('[[calendars]]\nname = "x"\nqueues = ["billing"]', "config.toml: calendars: [[calendars]] names queue billing, which is no [[queues]]. Mend: add that queue, or write its name as under [[queues]]."),
    ('[progress]\nlow = 72', 'config.toml:11: progress.low = 72: must be a duration in quotes such as "72h". Mend: write it in that form.'),
    ('[progress]\nlow = "soon"', 'config.toml:11: progress.low = "soon": must be a duration such as 90s, 30m, 72h, 2d or 1h30m. Mend: write it in that form.'),
    ('[progress]\nlow = "0s"', 'config.toml:11: progress.low = "0s": must lie between 1s and ten years. Mend: write it in that form.'),
    ("[suggestions]\nprecision = nan", "config.toml:11: suggestions.precision = nan: must be a number. Mend: write digits without quotes."),
    ("[suggestions]\nprecision = 1.0", "config.toml:11: suggestions.precision = 1.0: is too large. Mend: use less than 1.0."),
    ('[[agents]]\nname = "x"', 'config.toml:10: agents.1.address: is missing. Mend: add address = "agent@example.org" under [[agents]].'),
    ('[[agents]]\naddress = "not an address"', 'config.toml:11: agents.1.address = "not an address": must be a bare mail address such as support@example.org. Mend: write it in that form.'),
    ('[agents]\naddress = "a@example.org"', "config.toml:10: agents: must be a list. Mend: write [[agents]] in double brackets, once for each person."),
    ('[[agents]]\naddress = "Support@example.org"', "config.toml: agents: agent 1 is the desk's own address support@example.org. Mend: give the person's own address: mail to the desk would go round in circles."),
    ('[[agents]]\naddress = "a@example.org"\n[[agents]]\naddress = "A@example.org"', "config.toml: agents: agent 2 stands twice: a@example.org. Mend: remove one of the two."),
    ('[database]\nurl = "mysql://x"', 'config.toml:11: database.url = "mysql://x": must begin with sqlite:/// or postgresql://. Mend: write it in that form.'),
    ('[support]\nname = "x"', "config.toml:10: is not TOML here: Cannot declare ('support',) twice. Mend: text stands in \"quotes\", lists in [brackets], sections in [single] brackets."),
    ("port = ", "config.toml:10: is not TOML here: Invalid value. Mend: text stands in \"quotes\", lists in [brackets], sections in [single] brackets."),
]  # fmt: skip


@pytest.mark.parametrize(
    ("added", "refusal"), REFUSALS, ids=[r[0].replace("\n", " ") for r in REFUSALS]
)
def test_refusal_names_place_key_value_and_mend(tmp_path: Path, added: str, refusal: str) -> None:
    assert faults(tmp_path, MINIMAL + added + "\n") == [refusal]


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    got = faults(tmp_path, "[mailbox]\nport = -1\nhots = 3\n", {"MAILFLOW_LOG__LEVL": "x"})
    assert [line.split(" Mend")[0] for line in got] == [
        "environment MAILFLOW_LOG__LEVL: log.levl: there is no such setting.",
        "config.toml: support: this section is missing.",
        "config.toml:1: mailbox.host: is missing.",
        "config.toml:2: mailbox.port = -1: is too small.",
        "config.toml:1: mailbox.username: is missing.",
        "config.toml:3: mailbox.hots: there is no such setting.",
        "config.toml: smtp: this section is missing.",
    ]


@pytest.mark.parametrize("account", ["mailbox", "smtp"])
def test_a_password_in_the_file_is_refused_and_not_repeated(tmp_path: Path, account: str) -> None:
    text = MINIMAL.replace(f"[{account}]", f'[{account}]\npassword = "hunter2"')
    [fault] = faults(tmp_path, text)
    assert f"{account}.password: the configuration file never holds a password" in fault
    assert f"MAILFLOW_{account.upper()}__PASSWORD" in fault
    assert "hunter2" not in fault


def test_a_database_password_is_refused_in_the_file_and_hidden_elsewhere(tmp_path: Path) -> None:
    url = "postgresql://desk:hunter2@db/mailflow"
    [fault] = faults(tmp_path, MINIMAL + f'[database]\nurl = "{url}"\n')
    assert "database.url: holds a password" in fault
    assert "hunter2" not in fault
    got = load_settings(write(tmp_path, MINIMAL), {"MAILFLOW_DATABASE__URL": url})
    assert got.database.url == "postgresql+psycopg://desk:hunter2@db/mailflow"
    assert "hunter2" not in repr(got)


def test_single_underscore_in_the_environment_is_pointed_out(tmp_path: Path) -> None:
    got = faults(tmp_path, MINIMAL, {"MAILFLOW_MAILBOX_HOST": "x"})
    assert got == [
        "environment MAILFLOW_MAILBOX_HOST: is no setting. Mend: two underscores stand between "
        "section and key: MAILFLOW_MAILBOX__HOST."
    ]


def test_a_bad_value_in_the_environment_names_the_variable(tmp_path: Path) -> None:
    [fault] = faults(tmp_path, MINIMAL, {"MAILFLOW_SMTP__PORT": "abc"})
    assert fault.startswith('environment MAILFLOW_SMTP__PORT: smtp.port = "abc": must be a whole')


def test_a_password_is_no_flag(tmp_path: Path) -> None:
    [fault] = faults(tmp_path, MINIMAL, flags={"smtp.password": "hunter2"})
    assert "hunter2" not in fault
    assert "MAILFLOW_SMTP__PASSWORD" in fault


@pytest.mark.parametrize(
    "octets",
    [b"\xff\xfe", b"a = " + b"9" * 6000, b"a = " + b"[" * 20000, b"\0", b"x" * 600_000, b"a" + b".a" * 4000 + b" = 1"],
    ids=["not UTF-8", "long number", "deep", "NUL", "huge", "many dots"],
)  # fmt: skip
def test_hostile_file_is_refused_in_words(tmp_path: Path, octets: bytes) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(octets)
    with pytest.raises(ConfigError) as caught:
        load_settings(path, {})
    assert all(str(fault).startswith(str(path)) for fault in caught.value.faults)


def test_missing_file_and_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.toml", tmp_path):
        with pytest.raises(ConfigError, match="cannot be read: "):
            load_settings(path, {})


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_any_octets_are_refused_without_a_traceback(
    tmp_path_factory: pytest.TempPathFactory, octets: bytes
) -> None:
    path = tmp_path_factory.mktemp("any") / "config.toml"
    path.write_bytes(octets)
    with pytest.raises(ConfigError):
        load_settings(path, {})


_names = st.sampled_from([*Settings.model_fields, "port", "host", "x", "a b", "é"])
_values = st.recursive(
    st.sampled_from(
        ["1", "-1", "nan", "1e400", '"x"', '"\\u0000"', "''", "true", "1979-05-27", "07:32:00"]
    ),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | st.lists(st.tuples(_names, inner), max_size=2, unique_by=lambda pair: pair[0]).map(
            lambda pairs: "{" + ", ".join(f'"{name}" = {value}' for name, value in pairs) + "}"
        )
    ),
    max_leaves=6,
)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(_names, st.sampled_from(["", "["]), _names, _values), max_size=4))
def test_any_toml_is_refused_without_a_traceback(
    tmp_path_factory: pytest.TempPathFactory, parts: list[tuple[str, str, str, str]]
) -> None:
    text = "".join(
        f'["{section}"]\n"{key}" = {value}\n' if bracket else f'"{section}" = {value}\n'
        for section, bracket, key, value in parts
    )
    path = tmp_path_factory.mktemp("any") / "config.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_settings(path, {})
    assert caught.value.faults


@given(
    st.dictionaries(
        st.text(max_size=20).map(lambda s: f"MAILFLOW_{s}"), st.text(max_size=20), max_size=3
    )
)
@settings(max_examples=60, deadline=None)
def test_any_environment_is_refused_without_a_traceback(env: dict[str, str]) -> None:
    with pytest.raises(ConfigError):
        load_settings(None, env)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("30m", 1800), ("72h", 259200), ("2d", 172800), ("1w", 604800), ("1h30m", 5400)],
)
def test_durations(text: str, seconds: int) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "72", "h", "1.5h", "-1h", "30m1h", "999999999w", "0s"])
def test_bad_durations(text: str) -> None:
    with pytest.raises(ValueError, match="must"):
        parse_duration(text)


@given(st.integers(1, 3660 * 86400))
def test_duration_round_trip(seconds: int) -> None:
    span = timedelta(seconds=seconds)
    assert parse_duration(format_duration(span)) == span


def test_did_you_mean() -> None:
    assert did_you_mean("nmae", ["name", "address"]) == "name"
    assert did_you_mean("max_poll_seconds", ["poll_seconds", "idle"]) == "poll_seconds"
    assert did_you_mean("x" * 100_000, ["name"]) is None


def test_settings_are_frozen(tmp_path: Path) -> None:
    got = load_settings(write(tmp_path, MINIMAL), {})
    with pytest.raises(ValueError, match="frozen"):
        got.smtp.port = 3  # type: ignore[misc]


def test_windows_line_ends_and_byte_order_mark_are_read(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b"\xef\xbb\xbf" + MINIMAL.replace("\n", "\r\n").encode())
    assert load_settings(path, {}).smtp.host == "smtp.example.org"
    assert tomllib.loads(MINIMAL)
