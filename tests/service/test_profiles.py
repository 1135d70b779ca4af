"""Voices of users: from recordings to a voice that was heard, and to nothing left."""

import threading

import pytest

from moksori.audio.files import decode
from tests.service.people import (
    Tasks,
    Tone,
    client_of,
    ears,
    fields,
    sound,
)
from tests.service.working import ended, working

CONSENTS, PROFILES = "/api/v1/consents", "/api/v1/profiles"


def consent(client, recordings, statement=None, **changed) -> str:
    files = [("audio", ("a.wav", each)) for each in recordings]
    if statement:
        files.append(("statement", ("s.wav", statement)))
    answer = client.post(CONSENTS, data=fields(**changed), files=files)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def clone(client, consent_id, recordings, name="민지"):
    files = [("files", (f"../{i}.wav", each)) for i, each in enumerate(recordings)]
    form = {"name": name, "consent_id": consent_id}
    return client.post(PROFILES, data=form, files=files)


def prepared(client, settings, database, storage, tasks, recordings, statement=None):
    """Clone a voice and wait for it; returns the profile and its job."""
    told = clone(client, consent(client, recordings, statement), recordings).json()
    with working(settings, database, storage, tasks):
        job = ended(database, told["job_id"])
    return client.get(f"{PROFILES}/{told['id']}").json(), job


MINJI = (sound(400, 6), sound(401, 6, seed=1))


@pytest.mark.parametrize("statement", [None, sound(400, 5, seed=3)])
def test_a_voice_is_ready_once_it_was_heard(
    client, settings, database, storage, statement
):
    from moksori.service import profiles
    from moksori.service.callers import LOCAL

    said = []

    def cloner(paths, consent):
        said.append(consent)
        assert [decode(path)[1] for path in paths] == [24000] * 2
        return Tone(0, 400)

    tasks = Tasks(cloner)
    told, job = prepared(client, settings, database, storage, tasks, MINJI, statement)
    assert (told["status"], job.state) == ("ready", "succeeded")
    # With the first seed it was silent, with the second not.
    assert told["similarity"] > 0.9
    assert "김민지" in said[0]
    assert told["total_duration_sec"] > 12
    with database.session() as session:
        key = session.get_one(profiles.Profile, told["id"]).latents_key
        assert profiles.choose(session, LOCAL, told["id"], settings) == told["id"]
    assert storage.get(key) == b"latents"
    agreed = client.get(f"{CONSENTS}/{told['consent_id']}").json()
    assert bool(agreed["checked"]) == bool(statement)


class Sentences:
    """Say of every statement what a test wants."""

    def __init__(self, said):
        self.said, self.asked = said, []

    def says(self, sound, sentence, step) -> bool:
        self.asked.append(sentence)
        step()
        if self.said is None:
            raise ValueError("no voice can read it")
        return self.said


@pytest.mark.parametrize("said", [True, False, None])
def test_the_words_of_a_statement_are_checked_where_something_can(
    client, settings, database, storage, said
):
    tasks = Tasks()
    tasks.sentences = Sentences(said)
    told, job = prepared(
        client, settings, database, storage, tasks, MINJI, sound(400, 5, seed=3)
    )
    (asked,) = tasks.sentences.asked
    assert "김민지입니다" in asked
    agreed = client.get(f"{CONSENTS}/{told['consent_id']}").json()
    assert ("sentence" in agreed["checked"]) == bool(said)
    if said is False:
        assert (told["status"], job.error) == ("failed", "other_sentence")
    else:
        assert told["status"] == "ready"


def refuse(line):
    def cloner(paths, consent):
        raise ValueError(f"{paths[0]}: {line}")

    return cloner


@pytest.mark.parametrize(
    ("tasks", "statement", "word"),
    [
        (Tasks(refuse("no model.pth")), None, "cannot_clone"),
        (Tasks(lambda *_: Tone(0)), None, "silent_voice"),
        (Tasks(lambda *_: Tone(400, seconds=0.1)), None, "silent_voice"),
        (Tasks(lambda *_: Tone(2500)), None, "unlike_voice"),
        (Tasks(), sound(900, 5), "other_speaker"),
    ],
    ids=["weights", "silent", "short", "unlike", "statement"],
)
def test_a_voice_that_cannot_be_made_fails_with_a_reason(
    client, settings, database, storage, tasks, statement, word
):
    told, job = prepared(client, settings, database, storage, tasks, MINJI, statement)
    assert (told["status"], job.state, job.error) == ("failed", "failed", word)
    assert told["error"] == job.message
    assert "/tmp" not in told["error"]
    from moksori.service.revoking import sweep

    sweep(client.app.state)
    assert storage.keys("profiles") == []
    assert client.get(f"{PROFILES}/{told['id']}").json()["status"] == "failed"


def test_without_an_encoder_a_written_consent_does_and_a_spoken_one_does_not(
    client, settings, database, storage
):
    tasks = Tasks()
    tasks.ears = None
    told, _ = prepared(client, settings, database, storage, tasks, MINJI)
    assert (told["status"], told["similarity"]) == ("ready", None)
    told, job = prepared(
        client, settings, database, storage, tasks, MINJI, sound(400, 5)
    )
    assert (told["status"], job.error) == ("failed", "speakers_missing")


def test_two_voices_in_a_statement_are_not_one():
    import numpy as np

    from tests.speakers.fake import RATE, voice

    both = np.concatenate([voice(400, 4), voice(2500, 4)])
    assert ears().several((both, RATE))
    assert not ears().several((voice(400, 8), RATE))


def test_recordings_must_be_those_of_the_consent_and_long_enough(client, storage):
    agreed = consent(client, MINJI)
    other = clone(client, agreed, [sound(400)])
    assert (other.status_code, other.json()["error"]) == (409, "other_recording")
    short = clone(client, agreed, [sound(400, 5)] * 3)
    # The same recording three times is not more of it.
    assert (short.status_code, short.json()["error"]) == (400, "too_short")
    assert clone(client, "0" * 32, MINJI).status_code == 404
    assert clone(client, agreed, [b"<html>"]).status_code == 415
    assert clone(client, agreed, MINJI, "\x00").json()["error"] == "invalid_text"
    assert clone(client, agreed, MINJI * 11).json()["error"] == "no_recording"
    assert storage.keys("profiles") == []
    assert client.get(PROFILES).json() == {"profiles": []}


def test_the_last_place_of_a_tier_is_given_once(settings, database, storage):
    from moksori.service.callers import Caller
    from moksori.service.tables import User

    with database.session() as session:
        session.add(user := User(email="free@example.com"))
    caller = Caller(user.id, "free", operator=False)
    with client_of(settings, database, storage, caller) as client:
        agreed, codes = consent(client, MINJI), []

        def ask():
            codes.append(clone(client, agreed, MINJI).status_code)

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(codes) == [202, 403, 403, 403]
        assert len(storage.keys("profiles")) == len(MINJI)
        (only,) = client.get(PROFILES).json()["profiles"]
        assert client.delete(f"{PROFILES}/{only['id']}").status_code == 200
        assert clone(client, agreed, MINJI).status_code == 202


def test_profiles_of_others_are_not_there(client, settings, database, storage):
    from moksori.service import problems, profiles
    from moksori.service.callers import Caller
    from moksori.service.tables import User

    told = clone(client, consent(client, MINJI), MINJI).json()
    with database.session() as session:
        session.add(user := User(email="other@example.com"))
    # Not even an operator speaks with another's voice.
    caller = Caller(user.id, "free", operator=True)
    with client_of(settings, database, storage, caller) as theirs:
        assert theirs.get(PROFILES).json() == {"profiles": []}
        assert theirs.get(f"{PROFILES}/{told['id']}").status_code == 404
        assert theirs.delete(f"{PROFILES}/{told['id']}").status_code == 404
        assert clone(theirs, told["consent_id"], MINJI).status_code == 404
    with database.session() as session, pytest.raises(problems.Problem) as caught:
        profiles.choose(session, caller, told["id"], settings)
    assert (caught.value.status, caught.value.word) == (400, "unknown_voice")


def test_runs_are_voices_unless_they_are_of_a_profile(settings, database, tmp_path):
    import json
    from dataclasses import replace

    from moksori.service.callers import LOCAL
    from moksori.service.profiles import voices_of

    kinds = {"me": "tacotron", "vocoder": "wavenet", "voice-1": "tacotron", "new": ""}
    for name, kind in kinds.items():
        folder = tmp_path / "logs" / name
        (folder / "checkpoints").mkdir(parents=True)
        (folder / "run.json").write_text(json.dumps({"kind": kind}))
        (folder / "checkpoints/step-1.safetensors").touch()
    (tmp_path / "logs/new/run.json").write_text("[")
    settings = replace(settings, runs=tmp_path / "logs")
    with database.session() as session:
        voices = voices_of(session, LOCAL, settings)
    assert [each["id"] for each in voices] == ["korean-demo", "run:me"]


def test_a_deleted_voice_leaves_nothing_but_its_outputs_of_the_day(
    client, settings, database, storage
):
    told, _ = prepared(client, settings, database, storage, Tasks(), MINJI)
    answer = client.delete(f"{PROFILES}/{told['id']}").json()
    assert answer["complete"]
    assert answer["gone"]["recordings"] == 2
    assert storage.keys("profiles") == []
    assert client.get(f"{PROFILES}/{told['id']}").status_code == 404


def test_a_voice_whose_worker_was_lost_fails(client, settings, database, storage):
    from moksori.service import jobs
    from moksori.service.revoking import sweep

    told = clone(client, consent(client, MINJI), MINJI).json()
    sweep(client.app.state)
    path = f"{PROFILES}/{told['id']}"
    assert client.get(path).json()["status"] == "processing"
    with database.session() as session:
        jobs.cancel(session, session.get_one(jobs.Job, told["job_id"]))
    sweep(client.app.state)
    assert client.get(path).json()["status"] == "failed"
    assert storage.keys("profiles") == []


def test_without_xtts_a_profile_says_what_is_missing(
    client, settings, database, storage, monkeypatch
):
    from dataclasses import replace

    from moksori.service import jobs, tasks
    from moksori.service.context import JobContext
    from moksori.service.errors import JobError

    told = clone(client, consent(client, MINJI), MINJI).json()
    with database.session() as session:
        job = jobs.begin(session, told["job_id"], "worker")
    worker = tasks.Tasks(replace(settings, fake_voice=False))
    worker._ears = ears()
    missing = JobError("xtts_missing", error="no model.pth", voice=tasks.SHIPPED)
    monkeypatch.setattr(tasks, "_missing_for_clones", lambda: missing)
    with pytest.raises(JobError, match="xtts_missing"):
        worker.prepare(JobContext(job, settings, database, storage))
    shown = client.get(f"{PROFILES}/{told['id']}").json()
    assert (shown["status"], shown["error"]) == ("failed", missing.korean)


def test_a_voice_that_was_revoked_does_not_stay_in_memory(
    client, settings, database, storage
):
    from moksori.service import jobs, tasks
    from moksori.service.context import JobContext

    told, _ = prepared(
        client, settings, database, storage, tasks.Tasks(settings), MINJI
    )
    assert told["status"] == "ready"
    worker = tasks.Tasks(settings)

    def speak(profile_id=None) -> set[str]:
        with database.session() as session:
            request = {"text": "안녕", "voice": "korean-demo", "format": "wav"}
            about = {"profile_id": profile_id}
            job = jobs.create(session, told["user"], "speak", request, **about)
            job = jobs.begin(session, job.id, "worker")
        worker.speak(JobContext(job, settings, database, storage))
        return {name for name, _ in worker._voices}

    told["user"] = "0" * 32
    assert speak(told["id"]) == {told["id"]}
    client.post(f"{CONSENTS}/{told['consent_id']}/revoke")
    assert speak() == {"korean-demo"}
