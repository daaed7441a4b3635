"""One transaction over all that is kept."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from mailflow.flow.ports.articles import Articles, KeepsTemplates
from mailflow.flow.ports.intake import Intake
from mailflow.flow.ports.mirror import MirrorRows, OwnMailRows
from mailflow.flow.ports.outbox import Outbox
from mailflow.flow.ports.schedule import Bursts, Closings, Reports, Schedule
from mailflow.flow.ports.tickets import Tickets


class Work(Protocol):
    """One transaction: everything done through it is committed together or not at all."""

    @property
    def intake(self) -> Intake: ...
    @property
    def tickets(self) -> Tickets: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def articles(self) -> Articles: ...
    @property
    def reports(self) -> Reports: ...
    @property
    def bursts(self) -> Bursts: ...
    @property
    def templates(self) -> KeepsTemplates: ...
    @property
    def schedule(self) -> Schedule: ...
    @property
    def mirror(self) -> MirrorRows: ...
    @property
    def own_mail(self) -> OwnMailRows: ...
    @property
    def closings(self) -> Closings: ...


class Store(Protocol):
    def begin(self) -> AbstractContextManager[Work]: ...
