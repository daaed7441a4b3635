"""The sections of the configuration, as frozen strict models. The docstring under a field is its documentation."""

from mailflow.config.sections.knowledge import (
    ArticlesSettings,
    BurstsSettings,
    SuggestionsSettings,
    TemplatesSettings,
)
from mailflow.config.sections.mirror import (
    MirrorSettings,
)
from mailflow.config.sections.people import (
    AdminSettings,
    AgentSettings,
    LogSettings,
    QueueSettings,
    RepliesSettings,
    SendingSettings,
    SupportSettings,
    ThreadingSettings,
)
from mailflow.config.sections.schedule import (
    AcknowledgementSettings,
    AutoCloseSettings,
    CalendarSettings,
    ClockSettings,
    ClosureSettings,
    DigestSettings,
    ProgressSettings,
)
from mailflow.config.sections.section import (
    Items,
    Section,
    Targets,
)
from mailflow.config.sections.servers import (
    DatabaseSettings,
    DkimSettings,
    MailboxSettings,
    SmtpSettings,
    StateSettings,
)
from mailflow.config.sections.web import WebSettings

__all__ = [
    "AcknowledgementSettings",
    "AdminSettings",
    "AgentSettings",
    "ArticlesSettings",
    "AutoCloseSettings",
    "BurstsSettings",
    "CalendarSettings",
    "ClockSettings",
    "ClosureSettings",
    "DatabaseSettings",
    "DigestSettings",
    "DkimSettings",
    "Items",
    "LogSettings",
    "MailboxSettings",
    "MirrorSettings",
    "ProgressSettings",
    "QueueSettings",
    "RepliesSettings",
    "Section",
    "SendingSettings",
    "SmtpSettings",
    "StateSettings",
    "SuggestionsSettings",
    "SupportSettings",
    "Targets",
    "TemplatesSettings",
    "ThreadingSettings",
    "WebSettings",
]
