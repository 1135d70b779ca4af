"""Revoked consents: what stops, what goes, what stays, and what the answer says."""

import threading
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest

from tests.service.working import Tasks, ended, until, working

CONSENTS = "/api/v1/consents"


@pytest.fixture
def voice(database, storage):
    """A voice that is ready, with its files and the consent it rests on."""
    from moksori.service.tables import LOCAL_USER, Consent, Profile, new_id

    mine = {"user_id": LOCAL_USER}
    consent = Consent(
        id=new_id(),
        **mine,
        voice_owner="김민지",
        owner_contact="minji@example.com",
        audio_sha256="a" * 64,
        type="spoken",
        purpose="tests",
    )
    consent.statement_key = f"consents/{consent.id}/statement"
    profile = Profile(
        id=new_id(), **mine, consent_id=consent.id, name="민지", status="ready"
    )
    profile.latents_key = f"profiles/{profile.id}/voice-1"
    key = f"profiles/{profile.id}/samples/0"
    profile.samples = [{"key": key, "sha256": "a" * 64, "seconds": 11.0}]
    for each in (consent.statement_key, profile.latents_key, key):
        storage.put_once(each, b"voice")
    with database.session() as session:
        session.add(consent)
        session.flush()
        session.add(profile)
    return profile


def speak(database, voice, **request) -> str:
    from moksori.service import jobs

    request = {"text": "안녕", "voice": voice.id, **request}
    with database.session() as session:
        job = jobs.create(session, voice.user_id, "speak", request, profile_id=voice.id)
        return job.id


def revoke(client, voice) -> dict:
    answer = client.post(f"{CONSENTS}/{voice.consent_id}/revoke", data={"reason": "-"})
    assert answer.status_code == 200
    return answer.json()


def test_everything_of_a_voice_goes_and_what_proves_it_stays(
    client, settings, database, storage, voice
):
    from moksori.service import jobs, proof
    from moksori.service.problems import Problem
    from moksori.service.tables import Audit, Usage, Watermark

    job_id = speak(database, voice)
    with working(settings, database, storage, Tasks()):
        ended(database, job_id)
    with database.session() as session:
        token = proof.issue(session, session.get_one(jobs.Job, job_id), settings)
    told = revoke(client, voice)
    assert told["complete"]
    assert told["gone"] == {
        **{"recordings": 1, "voice_files": 1, "outputs": 1, "statements": 1},
        **{"training_folders": 0, "uploads": 0},
    }
    assert {"downloaded_files", "backups"} <= set(told["not_reached"])
    assert [storage.keys(each) for each in ("profiles", "consents", "jobs")] == [[]] * 3
    with database.session() as session, pytest.raises(Problem) as caught:
        jobs.create(session, voice.user_id, "speak", {"text": "."}, profile_id=voice.id)
    assert (caught.value.status, caught.value.word) == (403, "consent_revoked")
    with database.session() as session:
        assert session.get_one(Watermark, token).job_id == job_id
        assert session.query(Usage).one().characters == 2
        acts = {row.act for row in session.query(Audit)}
        assert {"revoke", "purge"} <= acts
        assert not session.query(jobs.Artefact).filter_by(deleted_at=None).count()
        assert session.get_one(jobs.Job, job_id).state == "expired"
    shown = client.get(f"{CONSENTS}/{voice.consent_id}").json()
    assert (shown["state"], shown["reason"]) == ("revoked", "-")
    # Again: nothing more is there, and nothing is an error.
    assert not any(revoke(client, voice)["gone"].values())


def test_jobs_that_wait_are_cancelled_and_running_ones_end_at_the_next_piece(
    client, settings, database, storage, voice
):
    from moksori.service import revoking
    from moksori.service.tables import Consent, Job

    running = speak(database, voice, pieces=200, seconds=0.02)
    tasks = Tasks()
    with working(settings, database, storage, tasks):
        until(lambda: tasks.seen)
        waiting = speak(database, voice)
        told = revoke(client, voice)
        assert ended(database, waiting).state == "cancelled"
        assert ended(database, running).state == "cancelled"
    # No piece of the second was made, the first was left in the middle.
    assert [each[2] for each in tasks.seen] == ["begun"]
    if not told["complete"]:
        assert list(told["left"]) == ["jobs"]
    revoking.sweep(client.app.state)
    assert storage.keys("jobs") == []
    with database.session() as session:
        assert session.get_one(Consent, voice.consent_id).purged_at
        assert session.get_one(Job, running).progress < 1


def test_what_cannot_be_deleted_is_named_and_tried_until_it_is_gone(
    client, settings, database, storage, voice, monkeypatch
):
    from moksori.service import revoking
    from moksori.service.storage import Storage, StorageError

    delete = Storage.delete_below

    def refuse(self, prefix):
        if prefix.endswith("samples"):
            raise StorageError("a bucket of secrets is away")
        return delete(self, prefix)

    monkeypatch.setattr(Storage, "delete_below", refuse)
    told = revoke(client, voice)
    assert not told["complete"]
    assert list(told["left"]) == ["recordings"]
    assert "bucket" not in str(told)
    assert "남아" in told["message"]
    monkeypatch.undo()
    revoking.sweep(client.app.state)
    assert storage.keys("profiles") == []
    assert client.get(f"{CONSENTS}/{voice.consent_id}").json()["purged_at"]


def test_a_consent_that_is_over_is_revoked_by_itself(
    client, settings, database, storage, voice
):
    from moksori.service import profiles, revoking
    from moksori.service.callers import LOCAL
    from moksori.service.problems import Problem
    from moksori.service.tables import Consent, now

    def set_end(**left):
        with database.session() as session:
            consent = session.get_one(Consent, voice.consent_id)
            consent.valid_until = now() + timedelta(**left)

    set_end(minutes=1)
    revoking.sweep(client.app.state)
    assert client.get(f"{CONSENTS}/{voice.consent_id}").json()["state"] == "valid"
    set_end(minutes=-1)
    # Before the sweep comes, too.
    with database.session() as session, pytest.raises(Problem) as caught:
        profiles.choose(session, LOCAL, voice.id, settings)
    assert caught.value.word == "consent_revoked"
    revoking.sweep(client.app.state)
    told = client.get(f"{CONSENTS}/{voice.consent_id}").json()
    assert (told["state"], told["reason"]) == ("revoked", "expired")
    assert storage.keys("profiles") == []


def test_no_job_slips_in_while_a_consent_is_revoked(
    client, settings, database, storage, voice
):
    from moksori.service.problems import Problem
    from moksori.service.tables import Job

    refused, stop = [], threading.Event()

    def ask():
        while not stop.is_set():
            try:
                speak(database, voice)
            except Problem as problem:
                refused.append(problem.word)
                return

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    revoke(client, voice)
    for thread in threads:
        thread.join(20)
    stop.set()
    assert refused == ["consent_revoked"] * 4
    with database.session() as session:
        assert {job.state for job in session.query(Job)} <= {"cancelled"}


def test_a_voice_that_becomes_ready_after_all_is_not_kept(
    client, settings, database, storage, voice
):
    from moksori.service import profiles

    with database.session() as session:
        row = session.get_one(profiles.Profile, voice.id)
        row.status = "processing"
    revoke(client, voice)
    with database.session() as session:
        assert not profiles.finish(session, voice.id, "ready", latents_key="x")
        row = session.get_one(profiles.Profile, voice.id)
        assert (row.status, row.latents_key) == ("revoked", None)


def test_a_recording_of_a_revoked_voice_is_ours_still(
    settings, database, client, voice
):
    from moksori.service import jobs, proof
    from moksori.service.callers import LOCAL

    job_id = speak(database, voice)
    with database.session() as session:
        token = proof.issue(session, session.get_one(jobs.Job, job_id), settings)
        row = session.get_one(proof.Watermark, token)
    revoke(client, voice)
    told = proof._described(database, LOCAL, row)
    assert (told["voice"], told["revoked"]) == ("민지", True)


def test_clones_of_uploads_rest_on_their_consent_too(
    client, settings, database, storage, voice
):
    from moksori.service import jobs, uploads

    name = uploads.keep(storage, voice.user_id, "a" * 64, b"RIFF")
    other = uploads.keep(storage, voice.user_id, "b" * 64, b"RIFF")
    request = {"text": "안녕", "consent": voice.consent_id, "voice": f"upload:{name}"}

    def ask() -> str:
        with database.session() as session:
            return jobs.create(session, voice.user_id, "speak", request).id

    first = ask()
    with working(settings, database, storage, Tasks()):
        ended(database, first)
    waiting = ask()
    told = revoke(client, voice)
    assert (told["gone"]["outputs"], told["gone"]["uploads"]) == (1, 1)
    assert ended(database, waiting).state == "cancelled"
    assert [key.rpartition("/")[2] for key in storage.keys("uploads")] == [other]


def test_each_machine_deletes_what_it_has_of_a_training(
    client, settings, database, storage, voice, tmp_path
):
    from moksori.service.revoking import sweep

    settings = replace(settings, runs=tmp_path / "logs")
    revoke(client, voice)
    # Another machine has purged it and did not see these.
    mine = settings.runs / f"voice-{voice.id}", settings.folder / "trainings" / voice.id
    others = settings.runs / "voice-of-mine", settings.runs / "me"
    for folder in (*mine, *others):
        folder.mkdir(parents=True)
    sweep(SimpleNamespace(settings=settings, database=database, storage=storage))
    assert [folder.exists() for folder in (*mine, *others)] == [False] * 2 + [True] * 2
