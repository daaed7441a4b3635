"""The whole story of the demo, scene by scene."""

from __future__ import annotations

from mailflow.demo.play import (
    Play,
    agent_answers,
    customer_adds,
    customers_write,
    machines_write,
    show_acknowledgement,
    ticket_is_solved,
    time_passes,
)
from mailflow.demo.shared_scene import agent_works_in_the_mailbox


def perform(play: Play) -> None:
    """Play all scenes, each when the one before it has happened."""
    customers_write(play)
    show_acknowledgement(play)
    machines_write(play)
    customer_adds(play)
    agent_answers(play)
    agent_works_in_the_mailbox(play)
    time_passes(play)
    ticket_is_solved(play)
