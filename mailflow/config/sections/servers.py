"""Settings of what mailflow talks to: the mailbox, the server that takes mail, the database."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator
from pydantic.json_schema import SkipJsonSchema

from mailflow.config.fields import AddrSpec, DatabaseUrl, FilePath, Host, Line, Lines, OptionalPath
from mailflow.config.secret import Secret
from mailflow.config.sections.section import Section

Tls = Literal["implicit", "starttls", "none"]
Port = Annotated[int, Field(ge=0, le=65535)]
Seconds = Annotated[int, Field(ge=1, le=86400)]

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1", "[::1]"})
_SECRET = Field(default=None, exclude=True, repr=False)


class Account(Section):
    """Where to log in. Passwords never stand here: see password_file and password_command."""

    section: ClassVar[str]
    automatic_ports: ClassVar[dict[str, int]]

    host: Host
    """Host name of the server, as in its certificate."""
    port: Port = 0
    """0 means the usual port for ``tls``."""
    tls: Tls = "implicit"
    """implicit, starttls (required, never optional), or none (loopback only, unless insecure)."""
    username: Line = ""
    """Login name. Empty: do not log in."""
    password_file: OptionalPath = None
    """File whose first line is the password; nobody else may read it (mode 0600)."""
    password_command: Lines = ()
    """Program and arguments that print the password, such as ["pass", "mail/support"]. No shell."""
    ca_file: OptionalPath = None
    """PEM file of the authority that signed the server's certificate, when it is your own."""
    timeout_seconds: Seconds = 30
    """Longest wait for any one step of the dialogue."""
    insecure: bool = False
    """true gives up certificate checks and permits tls = "none" over the network. For tests only."""
    password: Annotated[SkipJsonSchema[Secret | None], _SECRET] = None
    credential: Annotated[SkipJsonSchema[Path | None], _SECRET] = None

    @model_validator(mode="before")
    @classmethod
    def _usual_port(cls, data: object) -> object:
        if isinstance(data, dict) and data.get("port", 0) == 0 and data.get("port") is not False:
            tls = data.get("tls", "implicit")
            usual = cls.automatic_ports.get(tls) if isinstance(tls, str) else None
            if usual is not None:
                return {**data, "port": usual}
        return data

    @model_validator(mode="after")
    def _one_password_source(self) -> Self:
        if self.password_file is not None and self.password_command:
            raise ValueError("names both password_file and password_command; choose one")
        return self

    @model_validator(mode="after")
    def _encrypted(self) -> Self:
        if self.tls == "none" and self.host not in _LOOPBACK and not self.insecure:
            raise ValueError('has tls = "none" for a host that is not this machine')
        return self


class MailboxSettings(Account):
    """The IMAP mailbox that is the desk."""

    section: ClassVar[str] = "mailbox"
    automatic_ports: ClassVar[dict[str, int]] = {"implicit": 993, "starttls": 143, "none": 143}

    username: Annotated[Line, Field(min_length=1)]
    """Login name."""
    folder: Annotated[Line, Field(min_length=1)] = "INBOX"
    """The folder new mail arrives in."""
    sent_folder: Line = ""
    r"""The folder agents' mail clients file sent mail in. Empty: found by itself (\Sent, RFC 6154)."""
    poll_seconds: Seconds = 60
    """How often to look for new mail where IDLE does not work, and as a safety net where it does."""
    idle: bool = True
    """Use IDLE (RFC 2177) where the server offers it: mail is seen at once."""
    authserv_id: Line = ""
    """The name your own server writes first in Authentication-Results (RFC 8601). Empty: trust none."""
    max_message_octets: Annotated[int, Field(ge=10_000, le=2_000_000_000)] = 50_000_000
    """Of larger messages only so many octets are kept; the acknowledgement says so."""


class SmtpSettings(Account):
    """The server that takes our mail."""

    section: ClassVar[str] = "smtp"
    automatic_ports: ClassVar[dict[str, int]] = {"implicit": 465, "starttls": 587, "none": 25}

    envelope_sender: Literal["token", "null"] | AddrSpec = "token"
    """Where bounces go: token (support+TOKEN@…, told apart by mail), null (<>), or an address."""


class DkimSettings(Section):
    """A signature of our own on what we send (DKIM). Leave it out where your provider signs."""

    domain: Line = ""
    """The domain that signs. Empty: that of support.address."""
    selector: Annotated[Line, Field(pattern=r"^[A-Za-z0-9]([A-Za-z0-9.-]{0,60}[A-Za-z0-9])?$")] = (
        "mailflow"
    )
    """The public key stands in DNS at SELECTOR._domainkey.DOMAIN."""
    key_file: OptionalPath = None
    """File with the private key (PEM), mode 0600. Empty: mailflow signs nothing."""


class DatabaseSettings(Section):
    """Where tickets are kept."""

    url: Annotated[DatabaseUrl, Field(repr=False)] = "sqlite:///mailflow.db"
    """sqlite:///FILE or postgresql://USER@HOST/NAME. Its password belongs in PGPASSFILE."""


class StateSettings(Section):
    """What else mailflow writes."""

    directory: FilePath = Path("var")
    """Folder for the signing key, the lock and trained models. Created with mode 0700."""
