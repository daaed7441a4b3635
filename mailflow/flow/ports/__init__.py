"""What the jobs need from the outside, as small Protocols. The store and the edges fit them; nobody inherits.

Other rooms import from here; the modules part them by what they are about. What the mirror needs
stands in :mod:`mailflow.flow.ports.mirror` alone.
"""

from collections.abc import Callable
from datetime import datetime

from mailflow.flow.ports.articles import Announcement, Articles, KeepsTemplates, KeptArticle
from mailflow.flow.ports.intake import Cursor, Filed, Intake, Recorded, WaitingMessage
from mailflow.flow.ports.outbox import Outbox
from mailflow.flow.ports.outside import (
    Archive,
    ArchivedHead,
    FolderState,
    Mailbox,
    Rendered,
    Renders,
    Submission,
    Suggests,
    Trial,
)
from mailflow.flow.ports.schedule import Bursts, Closings, Reports, Schedule
from mailflow.flow.ports.tickets import Tickets
from mailflow.flow.ports.work import Store, Work

Clock = Callable[[], datetime]  # aware UTC

__all__ = [
    "Announcement",
    "Archive",
    "ArchivedHead",
    "Articles",
    "Bursts",
    "Clock",
    "Closings",
    "Cursor",
    "Filed",
    "FolderState",
    "Intake",
    "KeepsTemplates",
    "KeptArticle",
    "Mailbox",
    "Outbox",
    "Recorded",
    "Rendered",
    "Renders",
    "Reports",
    "Schedule",
    "Store",
    "Submission",
    "Suggests",
    "Tickets",
    "Trial",
    "WaitingMessage",
    "Work",
]
