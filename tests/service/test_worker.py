import asyncio
import threading

import pytest

from tests.service.test_jobs import events, rows
from tests.service.working import Tasks, ended, job_of, submit, until, working


@pytest.fixture
def tasks():
    return Tasks()


def artefacts(database):
    from moksori.service.tables import Artefact

    with database.session() as session:
        return session.query(Artefact).all()


def test_jobs_are_done_once_and_their_files_kept(
    settings, database, storage, tasks, user
):
    jobs = [submit(database, user) for _ in range(10)]
    with working(settings, database, storage, tasks, count=2):
        for job in jobs:
            row = ended(database, job)
            assert (row.state, row.progress) == ("succeeded", 1.0)
            assert row.result == {"pieces": 1}
    assert sorted(job for job, _, what in tasks.seen if what == "done") == sorted(jobs)
    files = artefacts(database)
    assert sorted(each.job_id for each in files) == sorted(jobs)
    assert {storage.get(each.key) for each in files} == {b"sound"}
    until(lambda: rows(database) == [])
    assert settings.folder.joinpath("worker.alive").exists()


def test_listeners_are_told_while_it_happens_and_after_a_break(
    settings, database, storage, tasks, user
):
    from moksori.service.events import Events

    async def listen():
        following = Events(database)
        listener = asyncio.create_task(following.run())
        job = await asyncio.to_thread(submit, database, user, pieces=4, seconds=0.25)
        sound = asyncio.create_task(_all(following.chunks(job)))
        told = [event async for event in following.follow(job)]
        again = [event async for event in following.follow(job, after=told[2]["n"])]
        pieces = await sound
        listener.cancel()
        return told, again, pieces, await _all(following.chunks(job, after=1))

    with working(settings, database, storage, tasks):
        told, again, pieces, late = asyncio.run(asyncio.wait_for(listen(), 30))
    assert [event["n"] for event in told] == list(range(1, len(told) + 1))
    states = [event["state"] for event in told]
    assert states == ["queued", *["running"] * (len(told) - 2), "succeeded"]
    assert [event["progress"] for event in told][-4:] == [0.25, 0.5, 0.75, 1.0]
    assert again == told[3:]
    assert pieces == [b"0;", b"1;", b"2;", b"3;"]
    assert late == pieces[2:]


async def _all(iterator):
    return [each async for each in iterator]


def test_a_running_job_is_cancelled_between_two_pieces(
    settings, database, storage, tasks, user
):
    from moksori.service import jobs

    job = submit(database, user, pieces=1000, seconds=0.02)
    with working(settings, database, storage, tasks):
        until(lambda: job_of(database, job).state == "running")
        with database.session() as session:
            jobs.cancel(session, job_of(database, job))
        assert ended(database, job).state == "cancelled"
        # The worker is free for the next one.
        assert ended(database, submit(database, user)).state == "succeeded"
    assert events(database, job)[-2:] == ["cancelling", "cancelled"]
    assert storage.keys(f"jobs/{job}") == []


def test_a_worker_that_ends_gives_its_job_back(
    settings, database, storage, tasks, user
):
    job = submit(database, user, pieces=1000, seconds=0.02)
    with working(settings, database, storage, tasks):
        until(lambda: job_of(database, job).state == "running")
    row = job_of(database, job)
    assert (row.state, row.deaths) == ("queued", 0)
    assert rows(database) == [(job, "todo")]


@pytest.mark.parametrize(
    ("error", "word", "code"),
    [("job", "bad_text", 0), ("full", "storage_full", 0), ("bug", "internal", 1)],
)
def test_a_job_that_fails_says_why_and_is_not_tried_again(
    settings, database, storage, tasks, user, monkeypatch, error, word, code
):
    from moksori.service.errors import JobError
    from moksori.service.storage import StorageFull
    from moksori.service.worker import Worker

    raised = {
        "job": JobError("bad_text"),
        "full": StorageFull("full"),
        "bug": ZeroDivisionError("secret"),
    }[error]

    def speak(context):
        context.write("half.wav", b"1")
        raise raised

    tasks.functions["speak"] = speak
    job = submit(database, user)
    codes, worker = [], Worker(settings, database, storage, tasks)
    thread = threading.Thread(target=lambda: codes.append(worker.run()))
    thread.start()
    row = ended(database, job)
    if not code:
        worker.stop()
    thread.join(20)
    assert codes == [code]
    assert (row.state, row.error, row.attempt) == ("failed", word, 1)
    assert "secret" not in row.message
    assert storage.keys(f"jobs/{job}") == []


def test_two_attempts_at_once_leave_one_file(settings, database, storage, tasks, user):
    from moksori.service import jobs
    from moksori.service.context import JobContext
    from moksori.service.errors import Superseded

    job = submit(database, user)
    contexts = []
    for worker in ("frozen", "next"):
        with database.session() as session:
            row = jobs.begin(session, job, worker)
        contexts.append(JobContext(row, settings, database, storage))
    frozen, following = contexts
    for context in contexts:
        context.write("speech.wav", b"sound", seconds=1.0)
    with pytest.raises(Superseded):
        frozen.progress("speaking", 0.9)
    with pytest.raises(Superseded):
        frozen.stream(b"1")
    with database.session() as session:
        assert jobs.succeed(session, job, 2, following.made, None, 24)
        assert not jobs.succeed(session, job, 1, frozen.made, None, 24)
    frozen.discard()
    (kept,) = artefacts(database)
    assert storage.keys(f"jobs/{job}") == [kept.key]


def test_files_go_when_their_time_is_over(settings, database, storage, tasks, user):
    from moksori.service import expiry
    from moksori.service.tables import Artefact, now

    job, other = submit(database, user), submit(database, user)
    with working(settings, database, storage, tasks):
        for each in (job, other):
            assert ended(database, each).state == "succeeded"
    storage.put_once(f"jobs/{job}/7/left-by-a-kill", b"1")
    assert expiry.expire(database, storage) == 0
    with database.session() as session:
        for each in session.query(Artefact).where(Artefact.job_id == job):
            each.expires_at = now()
    assert expiry.expire(database, storage) == 1
    assert job_of(database, job).state == "expired"
    assert job_of(database, other).state == "succeeded"
    assert storage.keys(f"jobs/{job}") == []
    assert len(storage.keys(f"jobs/{other}")) == 1
    assert expiry.expire(database, storage, every=True) == 1


def test_uploads_and_consents_end_by_themselves_while_a_worker_runs(
    settings, database, storage, tasks, user, monkeypatch
):
    from moksori.service import worker
    from moksori.service.tables import Consent, now

    monkeypatch.setattr(worker, "_SWEEP_SECONDS", 0.01)
    storage.put_once(f"uploads/{user}/20000101T000000-{'0' * 64}.wav", b"1")
    with database.session() as session:
        consent = Consent(
            user_id=user,
            voice_owner="김민지",
            owner_contact="minji@example.com",
            audio_sha256="0" * 64,
            type="explicit_written",
            purpose="제 글을 읽어 주는 데",
            valid_until=now(),
        )
        session.add(consent)

    def purged():
        with database.session() as session:
            return session.get_one(Consent, consent.id).purged_at

    with working(settings, database, storage, tasks):
        until(purged)
    assert storage.keys("uploads") == []
