"""Every setting there is, as frozen strict models. The docstring under a field is its documentation.

``mailflow config schema`` prints these as JSON Schema; ``config.example.toml`` shows them with
comments and a test holds the two together.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator
from pydantic.json_schema import SkipJsonSchema

from mailflow.config.fields import (
    Addresses,
    AddrSpec,
    DatabaseUrl,
    Duration,
    FilePath,
    Host,
    Line,
    Lines,
    OpenHours,
    OptionalDuration,
    OptionalPath,
    TimeSpan,
    ZoneName,
    parse_duration,
)
from mailflow.config.secret import Secret

Tls = Literal["implicit", "starttls", "none"]
Port = Annotated[int, Field(ge=0, le=65535)]
Seconds = Annotated[int, Field(ge=1, le=86400)]
FolderName = Annotated[Line, Field(min_length=1, max_length=200)]
Count = Annotated[int, Field(ge=0, le=1_000_000)]

Targets = dict[Literal["low", "normal", "high", "urgent"], Duration]
WorkingDays = Annotated[str, Field(pattern=r"^[1-9]\d{0,2}d$")]
Items = BeforeValidator(lambda value: tuple(value) if isinstance(value, list) else value)

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1", "[::1]"})
# Times and guarantees written into a template are promises nobody checks; measured times come as values.
_CLAIMS = (
    r"\bwithin (?:\d+|an|one|two|three) (?:minutes?|hours?|days?)\b",
    r"\bwe (?:guarantee|promise)\b",
    r"\binnerhalb (?:von \d+|einer|eines|von zwei) (?:Minuten|Stunden?|Tag(?:en|es)?)\b",
    r"\bwir (?:garantieren|versprechen)\b",
    r"\b(?:sous|dans les) \d+ (?:minutes|heures|jours)\b",
    r"\bnous (?:garantissons|promettons)\b",
    r"\ben (?:menos de )?\d+ (?:minutos|horas|días)\b",
    r"\b(?:em|dentro de) (?:menos de )?\d+ (?:minutos|horas|dias)\b",
    r"\b(?:garantizamos|garantimos|prometemos)\b",
)
_SECRET = Field(default=None, exclude=True, repr=False)


class Section(BaseModel):
    model_config = ConfigDict(
        frozen=True,
        strict=True,
        extra="forbid",
        validate_default=True,
        allow_inf_nan=False,
        arbitrary_types_allowed=True,
        use_attribute_docstrings=True,
        protected_namespaces=(),
        hide_input_in_errors=True,
    )


class SupportSettings(Section):
    """Who the desk is."""

    address: AddrSpec
    """The address customers write to. Answers leave under it."""
    name: Line = "Support"
    """The display name beside the address."""
    organisation: Line = ""
    """Shown in signatures; the name when empty."""
    aliases: Addresses = ()
    """Other addresses that reach the same mailbox. Mail from or to them is known as ours."""
    language: Annotated[str, Field(pattern=r"^[a-z]{2}$")] = "en"
    """Language of notices when a customer's own is unknown (ISO 639-1)."""


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


class AgentSettings(Section):
    """A person who answers customers."""

    address: AddrSpec
    """Notifications go here; answers from here reach the customer."""
    name: Line = ""
    """Shown in ticket lists."""


class SendingSettings(Section):
    """The gate every outgoing mail passes."""

    mode: Literal["shadow", "live"] = "shadow"
    """shadow records what would be sent and sends nothing to customers; live sends."""
    per_address_per_hour: Count = 2
    """Most automatic mails to one address in an hour."""
    per_address_per_day: Count = 5
    """Most automatic mails to one address in a day."""
    per_ticket_per_day: Count = 10
    """Most automatic mails about one ticket in a day."""
    per_domain_per_hour: Count = 50
    """Most automatic mails to one domain in an hour."""
    per_hour: Count = 300
    """Most automatic mails in an hour at all; past it the outbox is held and says so."""


class RepliesSettings(Section):
    """How replies find their ticket."""

    subaddress: bool = True
    """Answers come to support+TOKEN@… (RFC 5233). false when the server refuses such addresses."""
    token_days: Annotated[int, Field(ge=1, le=3650)] = 365
    """How long a reply address opens its ticket."""
    agent_name: Line = "{agent} ({desk})"
    """The name an agent's answer comes from: {agent} is theirs, {desk} the support's. "{desk}" names no agent."""

    @field_validator("agent_name")
    @classmethod
    def _known_names(cls, value: str) -> str:
        rest = value.replace("{agent}", "").replace("{desk}", "")
        if rest == value or "{" in rest or "}" in rest:
            raise ValueError(
                f"is {value!r}; write {{agent}}, {{desk}} or both, such as {{agent}} ({{desk}})"
            )
        return value


class AcknowledgementSettings(Section):
    """The first automatic answer to a new ticket."""

    enabled: bool = True
    """Tell a customer that their mail arrived."""
    ask_if_it_helped: bool = False
    """Two links in the mail that says a ticket is solved: it helped, it did not. Each opens a mail to send."""
    if_urgent: Line = ""
    """What to do if it is urgent, told in every acknowledgement, such as "Call +49 89 1234."."""


class ProgressSettings(Section):
    """Mail that says a ticket is not forgotten, while nobody could answer yet."""

    enabled: bool = True
    """Send progress updates."""
    low: Duration = timedelta(hours=72)
    """Silence before the first update, by priority."""
    normal: Duration = timedelta(hours=24)
    """The same for normal priority."""
    high: Duration = timedelta(hours=8)
    """The same for high priority."""
    urgent: Duration = timedelta(hours=2)
    """The same for urgent priority."""
    max_updates: Annotated[int, Field(ge=0, le=100)] = 5
    """Most updates for one ticket between two answers of a person."""
    backoff: Annotated[float, Field(ge=1, le=10)] = 2.0
    """Each further update waits this many times longer than the one before."""
    warn_before: OptionalDuration = None
    """Show each update to the agents so long before it leaves: they can answer, postpone or drop it. Empty: never."""
    quiet: TimeSpan = "20:00-08:00"
    """No update in these hours where the reader lives, else where the calendar is, nor on days off. Empty: none are quiet."""


class QueueSettings(Section):
    """Tickets that came to addresses of their own, such as billing@, and the agents they concern."""

    name: Annotated[Line, Field(min_length=1)]
    """What to call it, such as billing."""
    addresses: Addresses
    """Its addresses. They reach the same mailbox and are known as ours."""
    agents: Addresses = ()
    """Addresses of the agents to tell about its tickets. Empty: all of them."""
    update_every: Targets = {}
    """Silence before the first update of its tickets, by priority, such as { urgent = "1h" }. Others as in [progress]."""


class ClosureSettings(Section):
    """Days on which nobody works. It ends by itself."""

    first: date
    """The first day off, such as 2026-12-24."""
    last: date
    """The last day off; the same day for one day."""
    text: Line = ""
    """What customers are told about it, such as "We are away over Christmas."."""

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if not date(1970, 1, 1) <= self.first <= self.last <= date(9000, 1, 1):
            raise ValueError("ends before it begins; give the first day as first")
        if (self.last - self.first).days > 400:
            raise ValueError("lasts longer than 400 days; shorten it")
        return self


class CalendarSettings(Section):
    """When people work. The first calendar without queues is the whole desk's."""

    name: Annotated[Line, Field(min_length=1)]
    """What to call it."""
    zone: ZoneName = "UTC"
    """The time zone, such as "Europe/Berlin"."""
    hours: OpenHours = ("mon-fri 09:00-17:00",)
    """Working hours, such as ["mon-thu 09:00-12:00 13:00-17:00", "fri 09:00-14:00"]."""
    holidays: Annotated[Line, Field(pattern=r"^([A-Z]{2,3}(-[A-Za-z0-9]{1,20})?)?$")] = ""
    """Country and region of the public holidays, such as "DE-BY" or "FR". Empty: none."""
    closures: Annotated[tuple[ClosureSettings, ...], Items] = ()
    """Days off, such as [{ first = 2026-12-24, last = 2027-01-01, text = "We are away." }]."""
    queues: Lines = ()
    """The queues that keep these hours. Empty: all that no other calendar names."""


class ClockSettings(Section):
    """By when the desk wants to have answered, in working time."""

    first_response: Targets = {}
    """Until a person's first answer, by priority, such as { urgent = "1h", normal = "8h" }."""
    next_response: Targets = {}
    """Until the answer to a customer's later mail, by priority."""
    resolution: Targets = {}
    """Until the ticket is solved, by priority. Stands still while we wait for the customer."""
    pause_on_hold: bool = True
    """Clocks stand still too while a ticket is on hold."""
    warn_before: Duration = timedelta(hours=1)
    """Remind agents so long before a clock runs out."""
    escalate_to: Addresses = ()
    """Who else is told once a clock has run out."""
    queues: Lines = ()
    """The queues with these aims. Empty: all that no other [[clocks]] names."""


class AutoCloseSettings(Section):
    """Tickets nobody writes in any more close by themselves, once the customer was told."""

    pending: WorkingDays | Literal[""] = ""
    """Close what waits for the customer after so many working days without a word, such as "14d". Empty: never."""
    solved: WorkingDays | Literal[""] = ""
    """Close what was solved after so many working days without a word, such as "7d". Empty: never."""
    announce_before: WorkingDays = "3d"
    """Tell the customer so many working days before. Any reply keeps the ticket open."""

    @model_validator(mode="after")
    def _time_to_answer(self) -> Self:
        least = parse_duration(self.announce_before)
        for name, given in (("pending", self.pending), ("solved", self.solved)):
            if given and parse_duration(given) < least:
                raise ValueError(f"has {name} shorter than announce_before; make it longer")
        return self


class SuggestionsSettings(Section):
    """Priority and article, suggested to agents."""

    enabled: bool = True
    """Suggest at all."""
    model: OptionalPath = None
    """A trained model's folder or file. Empty: the newest one trained here, else the one shipped."""
    precision: Annotated[float, Field(ge=0.5, lt=1)] = 0.95
    """An article is suggested only where at least this share of such suggestions was right."""
    train: Literal["never", "daily", "weekly"] = "daily"
    """How often to train from your own tickets, when agents confirmed at least ten new ones."""
    embeddings: OptionalPath = None
    """Folder of static embeddings (model2vec) that such training learns with. Empty: none."""


class TemplatesSettings(Section):
    """The wording of notices."""

    folder: OptionalPath = None
    """Folder with your own versions; what is not there comes from the shipped ones."""
    forbidden_claims: Lines = _CLAIMS
    """Regular expressions for what no wording may promise; a file that does is not taken up."""

    @field_validator("forbidden_claims")
    @classmethod
    def _expressions(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in value:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(
                    f"holds {pattern!r}, which is no regular expression: {error}"
                ) from None
        return value


class ArticlesSettings(Section):
    """Known issues and their solutions."""

    folder: OptionalPath = None
    """Folder of Markdown files with front matter, kept in step with the database. Empty: none."""
    announce: Literal["ask", "at once"] = "ask"
    """Who lets news of an article from the folder go to those who wait: you, or nobody has to."""


class DigestSettings(Section):
    """The daily mail that tells agents what waits for them."""

    at: Annotated[str, Field(pattern=r"^(([01]\d|2[0-3]):[0-5]\d)?$")] = ""
    """Local time of the digest, such as "08:00", on working days and only if something waits. Empty: none."""


class BurstsSettings(Section):
    """Many people who report the same at once: agents are told once, with a draft article."""

    enabled: bool = True
    """Tell agents of such bursts."""
    people: Annotated[int, Field(ge=3, le=1000)] = 5
    """So many different people at least; more where that is usual at your desk."""
    hours: Annotated[int, Field(ge=1, le=24)] = 2
    """Within so many hours."""


class AdminSettings(Section):
    """Who looks after mailflow itself."""

    address: AddrSpec | Literal[""] = ""
    """Reports for the admin go here by mail. Empty: nowhere."""
    weekly_report: bool = True
    """Every Monday at 07:00 the week in numbers and pictures, where address is set."""
    alert_command: Lines = ()
    """Program and arguments that get an alarm's text on stdin, such as ["ntfy", "send"]. No shell."""


class ThreadingSettings(Section):
    """How far to go to see that two mails belong together."""

    subject_window_days: Annotated[int, Field(ge=0, le=365)] = 0
    """Join mails of one customer with the same subject within so many days. 0: never."""


class MirrorSettings(Section):
    """What the mailbox itself shows of the tickets, for people who work in it with their own mail client."""

    mode: Literal["live", "always", "off"] = "live"
    """live: once sending is live. always: in shadow mode too. off: nothing in the mailbox is touched."""
    new: FolderName = "Tickets/New"
    """Folder of tickets nobody has answered. / stands between levels, whatever the server uses. INBOX is allowed."""
    open: FolderName = "Tickets/Open"
    """Folder of tickets where it is our turn."""
    pending: FolderName = "Tickets/Waiting"
    """Folder of tickets that wait for the customer."""
    on_hold: FolderName = "Tickets/On hold"
    """Folder of tickets that wait for somebody else."""
    solved: FolderName = "Tickets/Solved"
    """Folder of tickets that are done."""
    tags: Literal["words", "thunderbird", "none"] = "words"
    """Keywords for priority, agent, article and answer due: words, Thunderbird's five colours, or none."""
    drafts: bool = True
    """Put an answer made from the matching article into the Drafts folder."""
    file_sent: Literal["auto", "always", "never"] = "auto"
    """Put what mailflow sent to customers into the Sent folder. auto: unless the provider does it."""
    junk_folder: Line = ""
    r"""The folder for spam. Empty: found by itself (\Junk, RFC 6154)."""
    drafts_folder: Line = ""
    r"""The folder for drafts. Empty: found by itself (\Drafts, RFC 6154)."""
    every_seconds: Annotated[int, Field(ge=1, le=3600)] = 15
    """How often to look whether somebody moved or marked anything."""

    @model_validator(mode="after")
    def _different_folders(self) -> Self:
        names = (self.new, self.open, self.pending, self.on_hold, self.solved)
        if len({name.casefold() for name in names}) < len(names):
            raise ValueError("names one folder twice: each status needs a folder of its own")
        return self


class LogSettings(Section):
    """What the daemon says on stderr."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """The least important level written."""
    format: Literal["auto", "console", "json"] = "auto"
    """auto: readable lines on a terminal, JSON otherwise."""


class Settings(Section):
    """The whole configuration. Paths are absolute when it came from ``load_settings``."""

    support: SupportSettings
    mailbox: MailboxSettings
    smtp: SmtpSettings
    dkim: DkimSettings = DkimSettings()
    database: DatabaseSettings = DatabaseSettings()
    state: StateSettings = StateSettings()
    agents: Annotated[tuple[AgentSettings, ...], Items] = ()
    sending: SendingSettings = SendingSettings()
    replies: RepliesSettings = RepliesSettings()
    acknowledgement: AcknowledgementSettings = AcknowledgementSettings()
    progress: ProgressSettings = ProgressSettings()
    calendars: Annotated[tuple[CalendarSettings, ...], Items] = ()
    clocks: Annotated[tuple[ClockSettings, ...], Items] = ()
    queues: Annotated[tuple[QueueSettings, ...], Items] = ()
    auto_close: AutoCloseSettings = AutoCloseSettings()
    suggestions: SuggestionsSettings = SuggestionsSettings()
    templates: TemplatesSettings = TemplatesSettings()
    articles: ArticlesSettings = ArticlesSettings()
    admin: AdminSettings = AdminSettings()
    digest: DigestSettings = DigestSettings()
    bursts: BurstsSettings = BurstsSettings()
    threading: ThreadingSettings = ThreadingSettings()
    mirror: MirrorSettings = MirrorSettings()
    log: LogSettings = LogSettings()

    @model_validator(mode="after")
    def _calendars_are_told_apart(self) -> Self:
        names = [calendar.name for calendar in self.calendars]
        queues = [queue.lower() for calendar in self.calendars for queue in calendar.queues]
        for what, given in (("calendar", names), ("queue", queues)):
            for name in given:
                if given.count(name) > 1:
                    raise ValueError(f"{what} {name} stands twice under [[calendars]]")
        return self

    @model_validator(mode="after")
    def _queues_are_told_apart(self) -> Self:
        known = {agent.address.lower() for agent in self.agents}
        names = [queue.name.lower() for queue in self.queues]
        addresses = [a.lower() for queue in self.queues for a in queue.addresses]
        for what, given in (("queue", names), ("address", addresses)):
            for name in given:
                if given.count(name) > 1:
                    raise ValueError(f"{what} {name} stands twice under [[queues]]")
        for queue in self.queues:
            for agent in queue.agents:
                if agent.lower() not in known:
                    raise ValueError(
                        f"queue {queue.name} names {agent}, who is not under [[agents]]"
                    )
        return self

    @model_validator(mode="after")
    def _queues_are_known(self) -> Self:
        """A misspelt queue would silently keep the hours or aims of the whole desk."""
        known = {queue.name.lower() for queue in self.queues}
        for section, given in (("calendars", self.calendars), ("clocks", self.clocks)):
            for name in (name for item in given for name in item.queues):
                if name.lower() not in known:
                    raise ValueError(f"[[{section}]] names queue {name}, which is no [[queues]]")
        return self

    @model_validator(mode="after")
    def _agents_are_people(self) -> Self:
        queued = (a for queue in self.queues for a in queue.addresses)
        own = {a.lower() for a in (self.support.address, *self.support.aliases, *queued)}
        seen: set[str] = set()
        for number, agent in enumerate(self.agents, start=1):
            address = agent.address.lower()
            if address in own:
                # Its notification would come back as new mail: a loop.
                raise ValueError(f"agent {number} is the desk's own address {address}")
            if address in seen:
                raise ValueError(f"agent {number} stands twice: {address}")
            seen.add(address)
        return self


#: The sections written in double brackets, once for each item.
LISTS: dict[str, type[Section]] = {
    "agents": AgentSettings,
    "calendars": CalendarSettings,
    "clocks": ClockSettings,
    "queues": QueueSettings,
}
