"""Every wording that ever served is kept, and since when it did."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "template_version",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("notice", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("parts", sa.JSON(), nullable=False),
        sa.Column("sources", sa.JSON(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_template_version")),
    )
    op.create_table(
        "template_serving",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("notice", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["name"],
            ["template_version.name"],
            name=op.f("fk_template_serving_name_template_version"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_template_serving")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_template_serving_notice_language_id"),
        "template_serving",
        ["notice", "language", "id"],
        unique=False,
    )
