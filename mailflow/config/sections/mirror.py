"""Settings of what the mailbox itself shows of the tickets."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from mailflow.config.fields import Line
from mailflow.config.sections.section import Section

FolderName = Annotated[Line, Field(min_length=1, max_length=200)]


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
