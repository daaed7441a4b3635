"""Where people live: the offset from UTC they write at.

Revision ID: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    with op.batch_alter_table("person") as person:
        person.add_column(sa.Column("utc_offset", sa.Integer()))
        person.add_column(
            sa.Column("offset_corrected", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
