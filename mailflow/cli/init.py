"""``mailflow init``: a commented configuration from answers or flags, tested, with the next step."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer

from mailflow.cli.outcome import FAILED, FINE, USAGE, Failure, options_of

_MAILBOX_FILE, _SMTP_FILE = "secrets/mailbox", "secrets/smtp"
Tls = Literal["implicit", "starttls", "none"]

#: Where providers of many mailboxes keep them: suggestions, never decided for anybody.
_PROVIDERS: dict[str, tuple[str, str, str]] = {
    "gmail.com": ("imap.gmail.com", "smtp.gmail.com", "implicit"),
    "googlemail.com": ("imap.gmail.com", "smtp.gmail.com", "implicit"),
    "outlook.com": ("outlook.office365.com", "smtp-mail.outlook.com", "starttls"),
    "hotmail.com": ("outlook.office365.com", "smtp-mail.outlook.com", "starttls"),
    "fastmail.com": ("imap.fastmail.com", "smtp.fastmail.com", "implicit"),
    "icloud.com": ("imap.mail.me.com", "smtp.mail.me.com", "starttls"),
    "gmx.de": ("imap.gmx.net", "mail.gmx.net", "starttls"),
    "web.de": ("imap.web.de", "smtp.web.de", "starttls"),
}


@dataclass(slots=True)
class Answers:
    """What is known so far; '' and None are open questions."""

    address: str = ""
    name: str = ""
    imap_host: str = ""
    imap_port: int | None = None
    imap_tls: str = ""
    username: str = ""
    smtp_host: str = ""
    smtp_port: int | None = None
    smtp_tls: str = ""
    smtp_username: str | None = None
    mailbox_password_file: str = ""
    smtp_password_file: str = ""
    agents: tuple[str, ...] = ()


def init(
    ctx: typer.Context,
    address: Annotated[str, typer.Option(help="The address customers write to.")] = "",
    name: Annotated[str, typer.Option(help="The name shown beside it.")] = "",
    imap_host: Annotated[str, typer.Option(help="The IMAP server.")] = "",
    imap_port: Annotated[
        int | None, typer.Option(help="Its port, when it is not the usual one.")
    ] = None,
    imap_tls: Annotated[Tls | None, typer.Option(help="Its encryption.")] = None,
    username: Annotated[str, typer.Option(help="Its login name; the address when left out.")] = "",
    mailbox_password_file: Annotated[
        str, typer.Option(help="File with its password, mode 0600.")
    ] = "",
    smtp_host: Annotated[str, typer.Option(help="The SMTP server.")] = "",
    smtp_port: Annotated[
        int | None, typer.Option(help="Its port, when it is not the usual one.")
    ] = None,
    smtp_tls: Annotated[Tls | None, typer.Option(help="Its encryption.")] = None,
    smtp_username: Annotated[
        str | None, typer.Option(help="Its login name; as for IMAP when left out, '' for no login.")
    ] = None,
    smtp_password_file: Annotated[
        str, typer.Option(help="File with its password; as for IMAP when left out.")
    ] = "",
    agent: Annotated[
        list[str] | None, typer.Option(help="A person who answers; repeat for more.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file to write: config.toml.")
    ] = None,
    non_interactive: Annotated[
        bool, typer.Option("--non-interactive", help="Ask nothing.")
    ] = False,
    test: Annotated[
        bool, typer.Option("--test/--no-test", help="Test the connections afterwards.")
    ] = True,
) -> None:
    """Write a commented config.toml from your answers and test the connections.

    Never writes a password into it: passwords go to files of their own that only you may read. The
    new installation starts in shadow mode: mailflow writes to nobody until you say so.
    """
    path = output or options_of(ctx).config or Path("config.toml")
    _refuse_to_overwrite(path)
    answers = Answers(
        address, name, imap_host, imap_port, imap_tls or "", username, smtp_host, smtp_port, smtp_tls or "",
        smtp_username, mailbox_password_file, smtp_password_file, tuple(agent or ()),
    )  # fmt: skip
    secrets: dict[Path, str] = {}
    if non_interactive:
        _require(answers)
    else:
        _ask(answers, path.absolute().parent, secrets)
    _complete(answers)
    text = _composed(answers)
    _write(path, text, 0o644)
    typer.echo(f"\nWrote {path}.")
    for file, password in secrets.items():
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(file, password + "\n", 0o600)
        typer.echo(f"Wrote {file}, readable by you alone.")
    raise typer.Exit(_tested(path, network=test))


def _refuse_to_overwrite(path: Path) -> None:
    if path.exists() or path.is_symlink():
        raise Failure(
            f"{path} exists already", "edit it, or name another file with --output", FAILED
        )


def _require(answers: Answers) -> None:
    needed = {
        "--address": answers.address,
        "--imap-host": answers.imap_host,
        "--smtp-host": answers.smtp_host,
    }
    missing = [flag for flag, value in needed.items() if not value]
    if missing:
        raise Failure(f"--non-interactive needs {', '.join(missing)}", "give them as flags", USAGE)


def _ask(answers: Answers, folder: Path, secrets: dict[Path, str]) -> None:
    """Ask what the flags left open. An empty answer takes the suggestion in brackets."""
    from mailflow.config.sections import MailboxSettings, SmtpSettings

    typer.echo("A new configuration. Enter takes what stands in brackets; Ctrl-C writes nothing.\n")
    answers.address = answers.address or _prompt("Address customers write to", check=_address)
    domain = answers.address.rpartition("@")[2].lower()
    imap, smtp, smtp_tls = _PROVIDERS.get(domain, (f"imap.{domain}", f"smtp.{domain}", "implicit"))
    answers.name = answers.name or _prompt("Name shown beside it", "Support")
    answers.imap_host = answers.imap_host or _prompt("IMAP server", imap, check=_host)
    answers.imap_tls = answers.imap_tls or _prompt(
        "  encryption: implicit, starttls or none", "implicit", check=_tls
    )
    answers.imap_port = answers.imap_port or _prompt_port(
        MailboxSettings.automatic_ports[answers.imap_tls]
    )
    answers.username = answers.username or _prompt("  login name", answers.address)
    if not answers.mailbox_password_file:
        answers.mailbox_password_file = _MAILBOX_FILE
        _ask_password(folder / answers.mailbox_password_file, secrets)
    answers.smtp_host = answers.smtp_host or _prompt("SMTP server", smtp, check=_host)
    answers.smtp_tls = answers.smtp_tls or _prompt(
        "  encryption: implicit, starttls or none", smtp_tls, check=_tls
    )
    answers.smtp_port = answers.smtp_port or _prompt_port(
        SmtpSettings.automatic_ports[answers.smtp_tls]
    )
    if answers.smtp_username is None:
        answers.smtp_username = _prompt("  login name, - for no login", answers.username)
        answers.smtp_username = "" if answers.smtp_username == "-" else answers.smtp_username
    if answers.smtp_username and not answers.smtp_password_file:
        if typer.confirm("  the same password as for IMAP?", default=True):
            answers.smtp_password_file = answers.mailbox_password_file
        else:
            answers.smtp_password_file = _SMTP_FILE
            _ask_password(folder / answers.smtp_password_file, secrets)
    if not answers.agents:
        answers.agents = _ask_agents(own=answers.address)


def _ask_password(file: Path, secrets: dict[Path, str]) -> None:
    if file.exists():
        typer.echo(f"  password: the one in {file}")
        return
    password: str = typer.prompt(
        f"  password, kept in {file} (empty: you write that file yourself)",
        default="",
        hide_input=True,
        show_default=False,
    )
    if password:
        secrets[file] = password


def _ask_agents(own: str) -> tuple[str, ...]:
    typer.echo("The people who answer customers; they are told about new tickets.")
    found: list[str] = []
    while True:
        answer = _prompt("  address of an agent (empty: no more)", "", check=_address_or_nothing)
        if not answer:
            return tuple(found)
        if answer.lower() in {own.lower(), *(known.lower() for known in found)}:
            typer.echo("  That is the desk itself or named already.")
        else:
            found.append(answer)


def _prompt(
    question: str, suggestion: str | None = None, *, check: Callable[[str], str] = str.strip
) -> str:
    """Ask until ``check`` is content; it raises ValueError with the reason."""

    def read(answer: str) -> str:
        try:
            return check(answer.strip())
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None

    shown = suggestion != ""
    answer: str = typer.prompt(question, default=suggestion, value_proc=read, show_default=shown)
    return answer


def _prompt_port(usual: int) -> int | None:
    """The port, or None for the usual one, which then stays out of the file."""
    port = int(_prompt("  port", str(usual), check=_port))
    return None if port == usual else port


def _port(answer: str) -> str:
    if not (answer.isascii() and answer.isdigit() and 0 < int(answer[:6]) < 65536):
        raise ValueError("must be a number from 1 to 65535")
    return answer


def _address(answer: str) -> str:
    from mailflow.config.fields import checked_address

    return checked_address(answer)


def _address_or_nothing(answer: str) -> str:
    return _address(answer) if answer else ""


def _host(answer: str) -> str:
    from mailflow.config.fields import checked_host

    return checked_host(answer)


def _tls(answer: str) -> str:
    if answer not in ("implicit", "starttls", "none"):
        raise ValueError("must be implicit, starttls or none")
    return answer


def _complete(answers: Answers) -> None:
    """What follows from the other answers."""
    answers.username = answers.username or answers.address
    answers.imap_tls = answers.imap_tls or "implicit"
    answers.smtp_tls = answers.smtp_tls or "implicit"
    answers.mailbox_password_file = answers.mailbox_password_file or _MAILBOX_FILE
    if answers.smtp_username is None:
        answers.smtp_username = answers.username
    if answers.smtp_username and not answers.smtp_password_file:
        answers.smtp_password_file = answers.mailbox_password_file


def _composed(answers: Answers) -> str:
    """The text of the file, proven to load. Raises ConfigError naming the answers that cannot stand."""
    from mailflow.config import ConfigError, load_settings
    from mailflow.config.write import Person, filled_example
    from mailflow.shipped import shipped

    text = filled_example(
        shipped("config.example.toml").read_text(encoding="utf-8"),
        {
            "support.address": answers.address,
            "support.name": answers.name or "Support",
            "mailbox.host": answers.imap_host,
            "mailbox.port": answers.imap_port,
            "mailbox.tls": answers.imap_tls,
            "mailbox.username": answers.username,
            "mailbox.password_file": answers.mailbox_password_file,
            "smtp.host": answers.smtp_host,
            "smtp.port": answers.smtp_port,
            "smtp.tls": answers.smtp_tls,
            "smtp.username": answers.smtp_username or None,
            "smtp.password_file": answers.smtp_password_file or None,
        },
        [Person(address) for address in answers.agents],
    )
    with tempfile.TemporaryDirectory() as folder:
        trial = Path(folder) / "config.toml"
        trial.write_text(text, encoding="utf-8")
        try:
            load_settings(trial, {})
        except ConfigError as error:
            from dataclasses import replace

            raise ConfigError(
                [replace(fault, where="your answers") for fault in error.faults]
            ) from None
    return text


def _write(path: Path, text: str, mode: int) -> None:
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        raise Failure(
            f"{path} cannot be written: {error.strerror}", "name another with --output"
        ) from None


def _tested(path: Path, *, network: bool) -> int:
    """Look at passwords and servers as ``mailflow check`` does, and say the next step."""
    from mailflow.cli.check import print_finding
    from mailflow.cli.diagnosis import NETWORK, Finding, Status, exit_code, look, look_at_secrets
    from mailflow.cli.screen import screen
    from mailflow.config import load

    settings = load(path, os.environ).settings
    findings: list[Finding] = list(look_at_secrets(settings))
    if network and not any(f.status is Status.FAILED for f in findings):
        for subject, at in NETWORK:
            findings += look(subject, at, settings)
    console = screen()
    for number, finding in enumerate(findings, start=1):
        print_finding(console, number, finding)
    code = exit_code(findings)
    flag = "" if path == Path("config.toml") else f" --config {path}"
    if code != FINE:
        typer.echo(f"\nNext: mend what is wrong above, then `mailflow check{flag}`.")
        return code
    typer.echo(
        f"\nThe desk is in shadow mode: tickets are opened, but mailflow writes to nobody,\n"
        f"neither customers nor agents.\n"
        f"Next: `mailflow run --dry-run{flag}` says what would be done with your newest mail,\n"
        f"      `mailflow run{flag}` starts the desk,\n"
        f"      `mailflow outbox list{flag}` shows what it would send.\n"
        f'To go live, write mode = "live" under [sending] in {path}.'
    )
    return FINE
