"""Bring the tables of a database to the version of this program."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, text

# Any number that nothing else locks.
_LOCK = 0x6D6F6B73


def upgrade(engine: Engine) -> None:
    """Run the migrations that are missing, in one transaction.

    Of processes that start at the same time one does, and the others wait for it.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    with engine.begin() as connection:
        connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
