"""Tickets that close by themselves.

Revision ID: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "auto_close",
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.Column("announcement", sa.Integer()),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name="fk_auto_close_ticket_id_ticket"
        ),
        sa.ForeignKeyConstraint(
            ["announcement"], ["outbox.id"], name="fk_auto_close_announcement_outbox"
        ),
        sa.PrimaryKeyConstraint("ticket_id", name="pk_auto_close"),
    )
    op.create_index("ix_auto_close_due_at", "auto_close", ["due_at"])
