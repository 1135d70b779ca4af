"""Let jobs be found by when they ended, as those are that are deleted for their age."""

from alembic import op

revision, down_revision = "0003", "0002"


def upgrade() -> None:
    """Create the index."""
    op.create_index("ix_jobs_finished_at", "jobs", ["finished_at"])
