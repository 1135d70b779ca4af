"""Bring the tables of a database to the version of this program."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

# Any number that nothing else locks.
_LOCK = 0x6D6F6B73


def upgrade(engine: Engine) -> None:
    """Run the migrations that are missing, in one transaction.

    Of processes that start at the same time one does, and the others wait for it.
    """
    config = _config()
    with engine.begin() as connection:
        connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def missing(connection: Connection) -> str:
    """Return why this program does not fit the database, or an empty text."""
    there = MigrationContext.configure(connection).get_current_revision()
    wanted = _newest()
    if there == wanted:
        return ""
    return f"the tables are of version {there}, not {wanted}: run --role migrate"


@cache
def _newest() -> str:
    return ScriptDirectory.from_config(_config()).get_current_head()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    return config
