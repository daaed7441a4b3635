"""mailflow turns a support mailbox into a ticket queue without anyone leaving their mailbox."""

__version__ = "0.1.0"
