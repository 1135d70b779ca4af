"""Add the queue's tables and functions: those of the Procrastinate that is pinned."""

from importlib.resources import files

from alembic import op

revision, down_revision = "0001", None


def upgrade() -> None:
    """Create what the package's schema says."""
    schema = files("procrastinate.sql").joinpath("schema.sql").read_text("utf-8")
    op.get_bind().exec_driver_sql(schema.replace("%", "%%"))
