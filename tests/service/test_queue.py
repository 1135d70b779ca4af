"""Procrastinate's tables and functions are what `queue` takes them for."""

import pytest

from tests.service.test_jobs import events, rows
from tests.service.working import job_of, submit


def sql(database, statement, **values):
    from sqlalchemy import text

    with database.session() as session:
        result = session.execute(text(statement), values)
        return result.all() if result.returns_rows else None


def fetch(database) -> str | None:
    """Take the next job as a worker of Procrastinate does; returns our id of it."""
    ((number,),) = sql(database, "select * from procrastinate_register_worker_v1()")
    statement = "select queueing_lock from procrastinate_fetch_job_v2(null, :number)"
    ((job,),) = sql(database, statement, number=number)
    if job:
        from moksori.service import jobs

        with database.session() as session:
            jobs.begin(session, job, "worker")
    return job


def grow_silent(database):
    sql(database, "update procrastinate_workers set last_heartbeat = '2000-01-01'")


def redeliver(database):
    from moksori.service import queue

    with database.session() as session:
        return queue.redeliver(session, 10.0)


def test_a_user_never_runs_more_than_the_tier_allows(database, user):
    for _ in range(8):
        submit(database, user)
    assert [bool(fetch(database)) for _ in range(6)] == [True] * 5 + [False]


def test_who_pays_more_is_first(database, user):
    from moksori.service.tables import LOCAL_USER, User

    with database.session() as session:
        free = User(email="free@example.com", tier="free")
        session.add(free)
    jobs = [submit(database, each) for each in (free.id, user, LOCAL_USER)]
    assert [fetch(database) for _ in range(3)] == jobs[::-1]


def test_jobs_of_a_silent_worker_are_given_again_until_they_kill_too_many(
    database, user
):
    job = submit(database, user)
    for attempt in (1, 2, 3):
        assert fetch(database) == job
        assert redeliver(database) == []
        grow_silent(database)
        assert redeliver(database) == [job]
        assert job_of(database, job).attempt == attempt
        assert job_of(database, job).state == "queued"
    assert fetch(database) == job
    row = job_of(database, job)
    assert (row.state, row.error, row.attempt) == ("failed", "worker_died", 3)
    assert events(database, job)[-1] == "failed"


def test_a_job_cancelled_while_its_worker_dies_is_cancelled(database, user):
    from moksori.service import jobs

    job = submit(database, user)
    fetch(database)
    with database.session() as session:
        jobs.cancel(session, job_of(database, job))
    aborted = "select abort_requested from procrastinate_jobs"
    assert sql(database, aborted) == [(True,)]
    grow_silent(database)
    assert redeliver(database) == [job]
    fetch(database)
    assert job_of(database, job).state == "cancelled"


def test_a_job_that_was_given_back_is_not_given_twice(database, user):
    from moksori.service import jobs

    job = submit(database, user)
    fetch(database)
    with database.session() as session:
        jobs.give_back(session, job, 1)
    assert rows(database) == [(job, "doing"), (job, "todo")]
    # The worker died before it could delete its row.
    grow_silent(database)
    assert redeliver(database) == []
    assert rows(database) == [(job, "todo")]
    assert fetch(database) == job


@pytest.mark.parametrize("state", ["queued", "running", "cancelling"])
def test_an_unfinished_job_without_a_row_gets_one(database, user, state):
    from moksori.service import queue

    job, other = submit(database, user), submit(database, user)
    sql(database, "delete from procrastinate_jobs where queueing_lock = :job", job=job)
    sql(
        database, "update jobs set state = :state where id = :job", job=job, state=state
    )
    with database.session() as session:
        assert queue.restore(session) == []
        assert queue.restore(session, seconds=0) == [job]
        assert queue.restore(session, seconds=0) == []
    assert sorted(rows(database)) == sorted([(job, "todo"), (other, "todo")])
