"""The schedule: response clocks, what agents were shown, and what is known of people.

Revision ID: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "update_warning",
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("warned_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name="fk_update_warning_ticket_id_ticket"
        ),
        sa.PrimaryKeyConstraint("ticket_id", name="pk_update_warning"),
    )
    op.create_table(
        "ticket_clock",
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.Column("paused", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("warned_at", sa.DateTime(timezone=True)),
        sa.Column("breached_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name="fk_ticket_clock_ticket_id_ticket"
        ),
        sa.PrimaryKeyConstraint("ticket_id", "kind", name="pk_ticket_clock"),
    )
    op.create_index("ix_ticket_clock_due_at", "ticket_clock", ["due_at"])
    op.create_table(
        "person",
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("language", sa.Text()),
        sa.Column("corrected", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("muted_at", sa.DateTime(timezone=True)),
        sa.Column("muted_because", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("address", name="pk_person"),
    )
