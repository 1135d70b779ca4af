"""Vocal models: trained, trained on, stopped, brought, downloaded, revoked."""

import json
from dataclasses import replace

import pytest

from tests.service.people import fields, sound
from tests.service.vocals import (
    JOBS,
    OTHER,
    VOCALS,
    WAV,
    Singers,
    agreed,
    ask,
    begin,
    covered,
    made,
)
from tests.service.working import ended, job_of, until, working


@pytest.fixture
def settings(settings):
    return replace(settings, queues=(*settings.queues, "voice-training"))


@pytest.fixture
def works(settings, database, storage):
    with working(settings, database, storage, Singers()):
        yield


def test_a_model_is_trained_heard_and_downloaded(client, database, works, storage):
    told = begin(client, recordings=(WAV, OTHER)).json()
    assert (told["status"], told["brought"]) == ("processing", False)
    assert told["seconds"] == pytest.approx(25, abs=0.5)
    assert "60초보다 짧습니다" in told["warning"]
    job = ended(database, told["job_id"])
    assert (job.state, job.queue, job.type) == (
        *("succeeded", "voice-training"),
        "train_vocal",
    )
    found = client.get(VOCALS).json()["vocals"]
    (vocal,) = found
    assert (vocal["status"], vocal["sample"]) == ("ready", True)
    assert (vocal["about"]["distance"], vocal["about"]["epochs"]) == (7.5, 2)
    zip = client.get(f"{VOCALS}/{vocal['id']}/download")
    assert zip.content == b"index of 2;2 epochs"
    assert zip.headers["content-disposition"].endswith('.zip"')
    heard = client.get(f"{VOCALS}/{vocal['id']}/sample", headers={"range": "bytes=0-3"})
    assert (heard.status_code, heard.content) == (206, b"RIFF")
    # The zip of the index alone is gone, and it is none of the voices that speak.
    assert len([key for key in storage.keys("profiles") if key.endswith(".zip")]) == 1
    voices = client.get("/api/v1/voices").json()["voices"]
    assert [each["id"] for each in voices] == ["korean-demo"]
    assert client.get("/api/v1/profiles").json() == {"profiles": []}


def test_epochs_are_followed_by_events_and_socket(client, database, works):
    told = begin(client, epochs=3).json()
    ended(database, told["job_id"])
    lines = client.get(f"{JOBS}/{told['job_id']}/events").text.splitlines()
    events = [json.loads(line[6:]) for line in lines if line.startswith("data: ")]
    results = [each["result"] for each in events if "result" in each]
    assert [each["epoch"] for each in results] == [1, 2, 3]
    assert results[1]["distance"] == 7.8
    assert events[-2]["seconds_left"] == 3.0
    path = f"ws://localhost/ws/jobs/{told['job_id']}"
    with client.websocket_connect(path) as socket:
        first = socket.receive_json()
    assert first["state"] == "queued"


def test_a_stopped_training_is_a_whole_model_and_goes_on(
    client, database, works, settings
):
    told = begin(client, name="wait", epochs=9).json()
    until(lambda: (job_of(database, told["job_id"]).result or {}).get("epoch") == 2, 60)
    # Who sings meanwhile has the index.
    zip = client.get(f"{VOCALS}/{told['id']}/download").content
    assert zip == b"index of 1;"
    busy = client.post(f"{VOCALS}/{told['id']}/continue", json={"epochs": 1})
    assert busy.json()["error"] == "training_runs"
    client.delete(f"{JOBS}/{told['job_id']}")
    assert ended(database, told["job_id"]).state == "cancelled"
    vocal = client.get(f"{VOCALS}/{told['id']}").json()
    assert (vocal["status"], vocal["about"]["epochs"]) == ("ready", 2)
    zip = client.get(f"{VOCALS}/{told['id']}/download").content
    assert zip == b"index of 1;2 epochs"
    more = client.post(f"{VOCALS}/{told['id']}/continue", json={"epochs": 1}).json()
    assert ended(database, more["job_id"]).state == "succeeded"
    zip = client.get(f"{VOCALS}/{told['id']}/download").content
    assert zip == b"index of 1;2 epochsindex of 1;1 epochs"
    assert not list((settings.folder / "trainings").glob("*"))


def test_a_training_goes_on_where_its_worker_ended(client, database, settings, storage):
    told = begin(client, name="wait", epochs=5).json()
    with working(settings, database, storage, Singers()):
        until(
            lambda: (job_of(database, told["job_id"]).result or {}).get("epoch") == 2,
            60,
        )
    assert job_of(database, told["job_id"]).state == "queued"
    with working(settings, database, storage, Singers()):
        job = ended(database, told["job_id"])
    assert (job.state, job.attempt) == ("succeeded", 2)
    zip = client.get(f"{VOCALS}/{told['id']}/download").content
    # Three epochs were left.
    assert zip.endswith(b"index of 1;3 epochs")


@pytest.mark.parametrize(
    ("name", "word"),
    [("short", "cannot_sing"), ("missing", "covers_missing"), ("die", "singer_died")],
)
def test_a_training_that_fails_says_why(client, database, works, storage, name, word):
    vocal = made(client, database, name=name)
    job = client.get(f"{JOBS}/{vocal['job']['id']}").json()
    assert (vocal["status"], job["error"]) == ("failed", word)
    assert vocal["error"] == job["message"]
    assert client.get(f"{VOCALS}/{vocal['id']}/download").status_code == 409


def test_a_spoken_consent_is_of_the_same_person(client, database, works):
    statement = ("statement", sound(700, 6.0, seed=2))
    sent = [("audio", WAV), statement]
    consent = client.post("/api/v1/consents", data=fields(), files=sent).json()["id"]
    form = {"name": "민지", "consent_id": consent, "epochs": 1}
    told = client.post(VOCALS, data=form, files=[("files", WAV)]).json()
    assert ended(database, told["job_id"]).error == "other_speaker"


def test_what_makes_no_model_is_refused(client, storage):
    short = sound(400, 5.0)
    assert begin(client, recordings=(short,)).json()["error"] == "too_short"
    assert begin(client, recordings=(WAV,) * 6).json()["error"] == "no_recording"
    assert begin(client, epochs=-1).json()["field"] == "epochs"
    others = agreed(client, [OTHER])
    refused = begin(client, consent_id=others)
    assert refused.json()["error"] == "other_recording"
    assert storage.keys("profiles") == []


def test_a_model_is_brought_and_nothing_of_its_zip_stays(
    client, database, works, storage
):
    def bring(data):
        form = {"name": "가져온", "consent_id": agreed(client, [data])}
        return client.post(f"{VOCALS}/import", data=form, files=[("file", data)])

    assert bring(b"\x80\x04pickle").json()["error"] == "no_zip"
    evil = bring(b"PK\x03\x04 pickle").json()
    job = ended(database, evil["job_id"])
    assert job.message == "만들지 못했습니다: brought.zip holds no model"
    good = bring(b"PK\x03\x04 good").json()
    assert ended(database, good["job_id"]).state == "succeeded"
    vocal = client.get(f"{VOCALS}/{good['id']}").json()
    assert (vocal["status"], vocal["brought"]) == ("ready", True)
    assert (vocal["seconds"], vocal["sample"]) == (12.0, False)
    assert client.get(f"{VOCALS}/{good['id']}/sample").status_code == 404
    keys = storage.keys(f"profiles/{good['id']}")
    assert [key for key in keys if "samples" in key] == []
    more = client.post(f"{VOCALS}/{good['id']}/continue", json={})
    assert more.json()["error"] == "no_clips"


def test_revoking_purges_the_model_and_its_covers(client, database, works, storage):
    vocal = made(client, database)
    job = covered(client, database, vocal["id"])
    path = f"/api/v1/consents/{vocal['consent_id']}/revoke"
    told = client.post(path).json()
    assert told["complete"]
    assert told["gone"]["outputs"] == 4
    assert storage.keys("profiles") == storage.keys("jobs") == []
    assert client.get(job["artefacts"][0]["url"]).status_code in (404, 410)
    assert client.get(f"{VOCALS}/{vocal['id']}").json()["status"] == "revoked"
    for answer in (
        ask(client, vocal["id"]),
        client.get(f"{VOCALS}/{vocal['id']}/download"),
        client.post(f"{VOCALS}/{vocal['id']}/continue", json={}),
    ):
        assert answer.json()["error"] == "consent_revoked"


def test_a_deleted_model_is_gone(client, database, works, storage):
    vocal = made(client, database)["id"]
    assert client.delete(f"{VOCALS}/{vocal}").json()["complete"]
    assert client.get(VOCALS).json()["vocals"] == []
    assert client.get(f"{VOCALS}/{vocal}").status_code == 404
    assert storage.keys("profiles") == []


def test_a_worker_that_can_sing_does_not_look_again(settings, monkeypatch):
    from moksori.service import tasks

    answers = [["make covers"], []]
    monkeypatch.setattr(tasks, "_missing_for_covers", lambda: answers.pop(0))
    worker = tasks.Tasks(replace(settings, fake_voice=True))
    told = [worker.initialize(None)["missing_for_covers"] for _ in range(3)]
    assert told == [["make covers"], [], []]
