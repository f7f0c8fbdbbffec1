"""An index of officials' voices: the few among all recordings that the hourly sweep looks at.

Revision: 0010
Follows: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Steps forward."""
    voices = sa.text("speaker = 'official'")
    op.create_index(
        "ix_recordings_voices",
        "recordings",
        ["created_at"],
        unique=False,
        postgresql_where=voices,
        sqlite_where=voices,
    )


def downgrade() -> None:
    """Steps back."""
    op.drop_index("ix_recordings_voices", "recordings")
