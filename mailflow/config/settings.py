"""The whole configuration: its sections, and what has to hold between them.

``mailflow config schema`` prints these as JSON Schema; ``config.example.toml`` shows them with
comments and a test holds the two together.
"""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import model_validator

from mailflow.config.sections import (
    AcknowledgementSettings,
    AdminSettings,
    AgentSettings,
    ArticlesSettings,
    AutoCloseSettings,
    BurstsSettings,
    CalendarSettings,
    ClockSettings,
    DatabaseSettings,
    DigestSettings,
    DkimSettings,
    Items,
    LogSettings,
    MailboxSettings,
    MirrorSettings,
    ProgressSettings,
    QueueSettings,
    RepliesSettings,
    Section,
    SendingSettings,
    SmtpSettings,
    StateSettings,
    SuggestionsSettings,
    SupportSettings,
    TemplatesSettings,
    ThreadingSettings,
    WebSettings,
)


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
    web: WebSettings = WebSettings()
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
