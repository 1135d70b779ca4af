import unicodedata

import pytest

from tests.service.working import job_of, submit


def events(database, job_id):
    from sqlalchemy import select

    from moksori.service.tables import Event

    statement = select(Event).where(Event.job_id == job_id).order_by(Event.n)
    with database.session() as session:
        rows = session.scalars(statement).all()
    assert [row.n for row in rows] == list(range(1, len(rows) + 1))
    return [row.json["state"] for row in rows]


def rows(database):
    from sqlalchemy import text

    with database.session() as session:
        statement = "select queueing_lock, status::text from procrastinate_jobs"
        return sorted(tuple(row) for row in session.execute(text(statement)))


def usage(database, user):
    from moksori.service.quota import month_of
    from moksori.service.tables import Usage, now

    with database.session() as session:
        row = session.get(Usage, (user, month_of(now())))
        return row and (row.characters, row.seconds, row.requests)


def made(key="jobs/x/1/a"):
    from moksori.service.jobs import Made

    return Made("a", key, "0" * 64, 3, "wav", 24000, 2.0, 7)


def test_a_job_is_written_queued_and_accounted_for_or_none_of_these(database, user):
    from moksori.service import jobs

    def fails():
        with database.session() as session:
            jobs.create(session, user, "speak", {"text": "안녕"})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert rows(database) == []
    assert usage(database, user) is None
    # Decomposed: two syllables are two characters all the same.
    decomposed = unicodedata.normalize("NFD", "안녕")
    job = submit(database, user, text=decomposed)
    assert rows(database) == [(job, "todo")]
    assert usage(database, user) == (2, 0.0, 1)
    assert events(database, job) == ["queued"]


def test_attempts_that_lost_the_job_change_nothing(database, user):
    from moksori.service import jobs
    from moksori.service.errors import JobError

    job = submit(database, user)
    with database.session() as session:
        assert jobs.begin(session, job, "w1").attempt == 1
    with database.session() as session:
        assert jobs.begin(session, job, "w2").attempt == 2
    with database.session() as session:
        assert not jobs.advance(session, job, 1, "speaking", 0.5, 1.0)
        assert not jobs.add_chunk(session, job, 1, 0, b"1")
        jobs.fail(session, job, 1, JobError("internal"))
        jobs.cancelled(session, job, 1)
        jobs.give_back(session, job, 1)
        assert not jobs.succeed(session, job, 1, [made("jobs/x/1/a")], None, 24)
    assert job_of(database, job).state == "running"
    with database.session() as session:
        assert jobs.succeed(session, job, 2, [made("jobs/x/2/a")], {"a": 1}, 24)
    with database.session() as session:
        # The answer was lost, and it asks again.
        assert jobs.succeed(session, job, 2, [made("jobs/x/2/a")], {"a": 1}, 24)
        assert jobs.begin(session, job, "w3") is None
    assert events(database, job) == ["queued", "running", "running", "succeeded"]
    assert usage(database, user) == (2, 2.0, 1)


def test_what_was_not_spoken_is_given_back(database, user):
    from moksori.service import jobs
    from moksori.service.errors import JobError

    failed, waiting, running = (submit(database, user) for _ in range(3))
    with database.session() as session:
        jobs.begin(session, failed, "w")
        jobs.fail(session, failed, 1, JobError("bad_text"))
        jobs.begin(session, running, "w")
    for job in (waiting, running):
        with database.session() as session:
            jobs.cancel(session, job_of(database, job))
    assert job_of(database, waiting).state == "cancelled"
    assert job_of(database, running).state == "cancelling"
    assert (waiting, "todo") not in rows(database)
    assert usage(database, user) == (2, 0.0, 3)
    with database.session() as session:
        assert not jobs.succeed(session, running, 1, [made()], None, 24)
    assert job_of(database, running).state == "cancelled"
    assert usage(database, user) == (0, 0.0, 3)
    with database.session() as session:
        jobs.cancel(session, job_of(database, failed))
    assert job_of(database, failed).state == "failed"


def test_more_than_the_month_allows_is_refused_also_at_once(database):
    from concurrent.futures import ThreadPoolExecutor

    from moksori.service.problems import Problem
    from moksori.service.tables import User

    with database.session() as session:
        user = User(email="free@example.com", tier="free")
        session.add(user)
    submit(database, user.id, text="가" * 9990)

    def one(_):
        try:
            return submit(database, user.id, text="가")
        except Problem as refusal:
            return refusal

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(one, range(20)))
    refused = [each for each in answers if isinstance(each, Problem)]
    assert {(each.status, each.word) for each in refused} == {(429, "quota_exceeded")}
    assert len(refused) == 10
    assert usage(database, user.id)[0] == 10_000
    assert len(rows(database)) == 11


def test_a_request_that_is_repeated_is_one_job(database, user):
    from concurrent.futures import ThreadPoolExecutor

    from moksori.service import jobs
    from moksori.service.problems import Problem

    def create(text):
        with database.session() as session:
            request = {"text": text}
            return jobs.create(session, user, "speak", request, idempotency_key="k").id

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(create, ["안녕"] * 16))) == 1
    assert usage(database, user) == (2, 0.0, 1)
    with pytest.raises(Problem, match="idempotency_conflict"):
        create("다른 말")


@pytest.mark.parametrize(
    ("status", "word"),
    [
        ("ready", None),
        ("processing", "voice_not_ready"),
        ("revoked", "consent_revoked"),
        ("deleted", "not_found"),
    ],
)
def test_only_a_voice_that_is_ready_and_one_s_own_speaks(database, user, status, word):
    from moksori.service import jobs
    from moksori.service.problems import Problem
    from moksori.service.tables import LOCAL_USER, Profile

    with database.session() as session:
        profile = Profile(user_id=user, name="나", status=status)
        session.add(profile)

    def create(user_id):
        with database.session() as session:
            request = {"text": "안녕"}
            jobs.create(session, user_id, "speak", request, profile_id=profile.id)

    if word is None:
        create(user)
    else:
        with pytest.raises(Problem, match=word):
            create(user)
    with pytest.raises(Problem, match="not_found"):
        create(LOCAL_USER)


def test_slots_are_filled_evenly(database, user):
    slots = [job_of(database, submit(database, user)).slot for _ in range(7)]
    assert slots == [0, 1, 2, 3, 4, 0, 1]


def test_a_training_waits_in_a_queue_of_its_own(database, user):
    from moksori.service import jobs

    with database.session() as session:
        job = jobs.create(session, user, "train", {})
    assert (job.queue, job.slot) == ("voice-training", -1)
    assert job_of(database, submit(database, user)).slot == 0
