"""Settings from TOML file and environment: strict, and every error names place and mend."""

from mailflow.config.faults import ConfigError, Fault
from mailflow.config.load import Loaded, find_config, load, load_settings
from mailflow.config.secret import Secret, read_password
from mailflow.config.sections import (
    AcknowledgementSettings,
    AgentSettings,
    CalendarSettings,
    DatabaseSettings,
    DkimSettings,
    LogSettings,
    MailboxSettings,
    ProgressSettings,
    RepliesSettings,
    SendingSettings,
    SmtpSettings,
    StateSettings,
    SuggestionsSettings,
    SupportSettings,
    TemplatesSettings,
    ThreadingSettings,
)
from mailflow.config.settings import Settings

__all__ = [
    "AcknowledgementSettings",
    "AgentSettings",
    "CalendarSettings",
    "ConfigError",
    "DatabaseSettings",
    "DkimSettings",
    "Fault",
    "Loaded",
    "LogSettings",
    "MailboxSettings",
    "ProgressSettings",
    "RepliesSettings",
    "Secret",
    "SendingSettings",
    "Settings",
    "SmtpSettings",
    "StateSettings",
    "SuggestionsSettings",
    "SupportSettings",
    "TemplatesSettings",
    "ThreadingSettings",
    "find_config",
    "load",
    "load_settings",
    "read_password",
]
