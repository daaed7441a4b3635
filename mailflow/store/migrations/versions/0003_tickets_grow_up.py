"""Kinds, tags, queues, snooze, due moments, merging, links and tombstones of tickets."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    with op.batch_alter_table("ticket") as ticket:
        ticket.add_column(sa.Column("kind", sa.Text(), nullable=True))
        ticket.add_column(sa.Column("queue", sa.Text(), nullable=True))
        ticket.add_column(sa.Column("snoozed_until", moment, nullable=True))
        ticket.add_column(sa.Column("due_at", moment, nullable=True))
        ticket.add_column(sa.Column("due_told_at", moment, nullable=True))
        ticket.add_column(sa.Column("merged_into", sa.Integer(), nullable=True))
        ticket.add_column(
            sa.Column("muted", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        ticket.add_column(sa.Column("deleted_at", moment, nullable=True))
        ticket.create_foreign_key(
            op.f("fk_ticket_merged_into_ticket"), "ticket", ["merged_into"], ["id"]
        )
        ticket.create_index(op.f("ix_ticket_snoozed_until"), ["snoozed_until"], unique=False)
        ticket.create_index(op.f("ix_ticket_due_at"), ["due_at"], unique=False)
        ticket.create_index(op.f("ix_ticket_merged_into"), ["merged_into"], unique=False)
    op.create_table(
        "ticket_tag",
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_tag_ticket_id_ticket")
        ),
        sa.PrimaryKeyConstraint("ticket_id", "tag", name=op.f("pk_ticket_tag")),
    )
    op.create_index(op.f("ix_ticket_tag_tag"), "ticket_tag", ["tag"], unique=False)
    op.create_table(
        "ticket_link",
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_link_ticket_id_ticket")
        ),
        sa.ForeignKeyConstraint(
            ["other_id"], ["ticket.id"], name=op.f("fk_ticket_link_other_id_ticket")
        ),
        sa.PrimaryKeyConstraint("ticket_id", "other_id", name=op.f("pk_ticket_link")),
    )
    op.create_index(op.f("ix_ticket_link_other_id"), "ticket_link", ["other_id"], unique=False)
