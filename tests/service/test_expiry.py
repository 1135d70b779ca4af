"""What is deleted for its age, and what stays as a proof."""

from datetime import timedelta

import pytest

from tests.service.working import Tasks, ended, submit, working

pytestmark = pytest.mark.usefixtures("service_installed")
DAYS = 30


@pytest.fixture
def done(settings, database, storage, user):
    """Do three jobs, and let the first two have ended longer ago than `DAYS`."""
    from moksori.service.tables import Job, now

    done = [
        submit(database, user),
        submit(database, user, error="broken"),
        submit(database, user),
    ]
    for job_id in done:
        # A worker ends after an error that it did not foresee.
        with working(settings, database, storage, Tasks()):
            ended(database, job_id)
    with database.session() as session:
        for job_id in done[:2]:
            job = session.get_one(Job, job_id)
            job.idempotency_key, job.attempt = job_id, 2
            job.finished_at = now() - timedelta(days=DAYS, seconds=1)
    return done


def left(database):
    """Count the rows of each table."""
    from sqlalchemy import func, select

    from moksori.service.tables import Base

    with database.session() as session:
        return {
            name: session.scalar(select(func.count()).select_from(table))
            for name, table in Base.metadata.tables.items()
        }


def test_a_job_of_long_ago_goes_with_its_events_and_its_text(database, storage, done):
    from moksori.service import expiry
    from moksori.service.tables import Job

    _, failed, young = done
    storage.put_once(f"jobs/{failed}/1/left-by-a-kill", b"1")
    before = left(database)
    # What still has a file is not forgotten.
    assert expiry.forget(database, storage, DAYS) == 1
    expiry.expire(database, storage, every=True)
    assert expiry.forget(database, storage, DAYS) == 1
    assert expiry.forget(database, storage, DAYS) == 0
    with database.session() as session:
        assert [job.id for job in session.query(Job)] == [young]
    after = left(database)
    assert (after["jobs"], after["artefacts"]) == (1, 1)
    assert 0 < after["events"] < before["events"]
    for kept in ("usage", "audit", "watermarks", "consents", "profiles", "users"):
        assert after[kept] == before[kept]
    assert storage.keys("jobs") == []


def test_keys_and_tokens_go_when_their_time_is_over(database, storage, user):
    from moksori.service import expiry
    from moksori.service.tables import ApiKey, RefreshToken, now

    day, times = timedelta(days=1), {"user_id": user, "family": "f"}
    long_ago = now() - (DAYS + 1) * day
    with database.session() as session:
        session.add_all(
            [
                ApiKey(user_id=user, hash="0", label="used"),
                ApiKey(user_id=user, hash="1", label="new", revoked_at=now()),
                ApiKey(user_id=user, hash="2", label="old", revoked_at=long_ago),
                RefreshToken(hash="lives", expires_at=now() + day, **times),
                RefreshToken(hash="over", expires_at=now() - day, **times),
            ]
        )
    expiry.forget(database, storage, DAYS)
    with database.session() as session:
        assert {key.label for key in session.query(ApiKey)} == {"used", "new"}
        assert [token.hash for token in session.query(RefreshToken)] == ["lives"]


def test_a_worker_forgets(settings, database, storage, done):
    from dataclasses import replace

    from moksori.service.tables import Job
    from moksori.service.worker import Worker

    Worker(replace(settings, history_days=DAYS), database, storage, Tasks())._purge()
    with database.session() as session:
        assert session.query(Job).count() == 2
