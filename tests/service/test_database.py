import os
from pathlib import Path

import pytest

from moksori.service.settings import Settings


def test_a_session_is_one_transaction(database):
    from sqlalchemy.exc import IntegrityError

    from moksori.service.tables import User

    with database.session() as session:
        session.add(User(email="a@example.com"))
    twice = [User(email="b@example.com"), User(email="b@example.com")]
    with pytest.raises(IntegrityError), database.session() as session:
        session.add_all(twice)
    with database.session() as session:
        emails = {user.email for user in session.query(User)}
    assert emails == {None, "a@example.com"}


def test_errors_do_not_repeat_what_was_written(database):
    from sqlalchemy.exc import DBAPIError

    from moksori.service.tables import User

    with pytest.raises(DBAPIError) as caught, database.session() as session:
        session.add(User(email="minji\0@example.com"))
    assert "minji" not in str(caught.value)


def test_migrations_make_what_the_tables_say(database):
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from moksori.service.tables import Base

    with database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                # The queue's own tables are not ours.
                "include_name": lambda name, kind, _: (
                    kind != "table" or not name.startswith("procrastinate_")
                ),
            },
        )
        assert compare_metadata(context, Base.metadata) == []


def test_migrating_again_changes_nothing(database):
    from moksori.service.tables import User

    database.migrate()
    with database.session() as session:
        assert session.query(User).count() == 1


def test_tables_of_another_version_are_one_line(database):
    from sqlalchemy import text

    from moksori.service.database import DatabaseError

    with database.session() as session:
        session.execute(text("update alembic_version set version_num = '9999'"))
    with pytest.raises(DatabaseError, match=r"another version .*9999"):
        database.migrate()


def test_no_server_is_one_line(service_installed, tmp_path):
    from moksori.service.database import Database, DatabaseError

    settings = Settings(database_url=f"postgresql://u:secret@/m?host={tmp_path}")
    with pytest.raises(DatabaseError, match="check DATABASE_URL") as caught:
        Database(settings).migrate()
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("uid", [0, 1000])
def test_postgres_of_root_opens_no_private_folder(
    service_installed, tmp_path, monkeypatch, uid
):
    from moksori.service.database import postgres_folder

    monkeypatch.setattr(os, "geteuid", lambda: uid)
    closed = tmp_path / "home"
    closed.mkdir(mode=0o700)
    place = postgres_folder(closed / "data/service")
    if uid:
        assert place == closed / "data/service/pg"
    else:
        assert place.is_relative_to(Path("/var/lib/moksori"))
    assert (closed.stat().st_mode & 0o777) == 0o700
