"""A Postgres for all tests of the service, and of it a new database for each."""

import io
import json
import logging
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

TEMPLATE = "moksori_template"


@pytest.fixture(scope="session")
def postgres(service_installed):
    """Start Postgres with migrated tables in a template; yields its base settings."""
    from sqlalchemy import text

    from moksori.service.database import Database
    from moksori.service.settings import Settings

    # Short, as a socket lies in it, and not private, as root's server is another user.
    folder = Path(tempfile.mkdtemp(prefix="moksori-"))
    folder.chmod(0o755)
    server = Database(Settings(folder=folder, secret="s" * 32))
    with autocommit(server) as connection:
        # What is lost with the machine is made anew by the next run.
        connection.execute(text("alter system set fsync = off"))
        connection.execute(text("select pg_reload_conf()"))
        connection.execute(text(f"create database {TEMPLATE}"))
    base = Settings(
        folder=folder,
        database_url=named(server.url, TEMPLATE),
        secret="s" * 32,
        watermark_keys={"1": "00" * 16},
        fake_voice=True,
        heartbeat_seconds=0.5,
        stalled_seconds=2.0,
    )
    template = Database(base)
    template.migrate()
    template.close()
    yield server, base
    server.close()
    shutil.rmtree(folder)


@pytest.fixture
def settings(postgres, tmp_path):
    """Give settings of a service of its own: a fresh database, an empty folder."""
    from sqlalchemy import text

    from moksori.service.tables import new_id

    server, base = postgres
    name = f"test_{new_id()}"
    with autocommit(server) as connection:
        connection.execute(text(f"create database {name} template {TEMPLATE}"))
    yield replace(base, folder=tmp_path, database_url=named(server.url, name))
    with autocommit(server) as connection:
        connection.execute(text(f"drop database {name} with (force)"))


@pytest.fixture
def database(settings):
    """Connect to the database of `settings`."""
    from moksori.service.database import Database

    database = Database(settings)
    yield database
    database.close()


@pytest.fixture
def cheap_hashes(service_installed, monkeypatch):
    """Hash passwords in no time, as no attacker has these."""
    from argon2 import PasswordHasher

    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr("moksori.service.accounts._HASHER", hasher)
    nobody = hasher.hash("nobody's password")
    monkeypatch.setattr("moksori.service.accounts._NOBODY", nobody)
    return monkeypatch


@pytest.fixture
def web(settings, database, cheap_hashes):
    """Call a service with accounts, and no more routes than theirs."""
    from fastapi import FastAPI
    from fastapi.testclient import TestClient

    from moksori.service import accounts_api, gate

    app = FastAPI()
    app.state.settings = settings = replace(settings, accounts=True)
    app.state.database = database
    gate.install(app, settings)
    app.include_router(accounts_api.router)
    return TestClient(app, "http://127.0.0.1")


@pytest.fixture
def client(settings, database, storage, monkeypatch):
    """Call the service as the local user; recordings are decoded once a session."""
    from moksori.service import uploads
    from tests.service.people import client_of, remembering

    monkeypatch.setattr(uploads, "decoded", remembering(uploads.decoded))
    with client_of(settings, database, storage) as client:
        yield client


@pytest.fixture
def whole(settings, database, storage, cheap_hashes):
    """Call the service with accounts; of many requests none is too many."""
    from moksori.service.tiers import TIERS
    from tests.service.people import client_of

    free = replace(TIERS["free"], requests_per_minute=100_000)
    cheap_hashes.setitem(TIERS, "free", free)
    cheap_hashes.setattr("moksori.service.classic.WAIT_SECONDS", 0.1)
    with client_of(replace(settings, accounts=True), database, storage) as client:
        yield client


@pytest.fixture
def lines():
    """Collect what a process logs, as JSON."""
    from moksori.service import logs

    root = logging.getLogger()
    before = root.handlers[:], root.level
    logs.configure()
    # The client of the tests writes addresses, which the service never does.
    for name in ("httpx", "httpx2"):
        logging.getLogger(name).setLevel(logging.WARNING)
    written = io.StringIO()
    root.handlers[0].setStream(written)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    root.handlers[:], level = before
    root.setLevel(level)


@contextmanager
def autocommit(server):
    """Open a connection outside of transactions, as making a database needs."""
    engine = server.engine.execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection


def named(url: str, name: str) -> str:
    """Return the URL of another database of the same server."""
    from sqlalchemy import make_url

    return make_url(url).set(database=name).render_as_string(hide_password=False)


@pytest.fixture
def storage(settings):
    """Keep files in the folder of `settings`."""
    from moksori.service.storage import Storage

    return Storage(settings)


@pytest.fixture
def user(database):
    """Give the id of a user whom the tier pro allows five jobs at once."""
    from moksori.service.tables import User

    with database.session() as session:
        user = User(email="user@example.com", tier="pro")
        session.add(user)
    return user.id
