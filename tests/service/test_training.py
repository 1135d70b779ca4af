"""Voices trained from the page: what is uploaded, shown, stopped, kept and refused."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.service.people import client_of, fields, sound
from tests.service.working import ended, job_of, until, working

TRAININGS, PROFILES = "/api/v1/trainings", "/api/v1/profiles"
PROGRAM = (sys.executable, str(Path(__file__).with_name("trainer.py")))


class Trainers:
    """Train by the program that stands in."""

    def __init__(self):
        self.functions = {"train": self.train}

    def warm_up(self) -> None:
        pass

    def train(self, context) -> dict:
        from moksori.service.training import train

        return train(context, PROGRAM)


@pytest.fixture
def settings(settings, tmp_path):
    return replace(settings, runs=tmp_path / "logs", queues=("voice-training",))


WAV, LONG, TEXTS = sound(400, 2), sound(410, 2), ("txt", "tsv")


def begin(client, files, **form):
    recordings = [("audio", each) for each in files if each[0][-3:] not in TEXTS]
    agreed = client.post("/api/v1/consents", data=fields(), files=recordings).json()
    form = {"name": "민지", "consent_id": agreed.get("id", "-"), **form}
    return client.post(TRAININGS, data=form, files=[("files", each) for each in files])


def pair(text: str):
    return [("1.wav", WAV), ("1.txt", text.encode())]


def live(database, job_id: str) -> list[dict]:
    """Return what a training told so far."""
    from moksori.service.tables import Chunk

    with database.session() as session:
        rows = session.query(Chunk).filter_by(job_id=job_id).order_by(Chunk.n)
        return [json.loads(row.data) for row in rows]


def test_a_voice_is_trained_and_speaks(
    client, settings, database, storage, monkeypatch
):
    from moksori.service import profiles
    from moksori.service.callers import LOCAL

    monkeypatch.setenv("MOKSORI_SECRET", "s" * 32)
    told = begin(client, pair("안녕"), minutes=5).json()
    assert (told["kind"], told["status"]) == ("trained", "processing")
    with working(settings, database, storage, Trainers()):
        job = ended(database, told["job_id"])
    assert (job.state, job.result["note"]) == ("succeeded", "")
    assert job.queue == "voice-training"
    shown = live(database, job.id)
    assert [each["loss"] for each in shown if "loss" in each] == [0.2, 0.1]
    (picture,) = (each for each in shown if "picture" in each)
    assert picture["step"] == 20
    assert picture["picture"].startswith("data:image/png;base64,")
    profile = client.get(f"{PROFILES}/{told['id']}").json()
    assert profile["status"] == "ready"
    assert profile["total_duration_sec"] > 2
    with database.session() as session:
        assert profiles.choose(session, LOCAL, told["id"], settings) == told["id"]
        names = [each["id"] for each in profiles.voices_of(session, LOCAL, settings)]
        assert names == ["korean-demo", told["id"]]
    folder = settings.folder / "trainings" / told["id"] / "recordings"
    assert sorted(path.name for path in folder.iterdir()) == ["1.txt", "1.wav"]
    gone = client.delete(f"{PROFILES}/{told['id']}").json()
    assert (gone["complete"], gone["gone"]["training_folders"]) == (True, 2)
    assert not folder.exists()
    assert list(settings.runs.iterdir()) == []


def test_a_training_that_is_stopped_keeps_its_voice(
    client, settings, database, storage
):
    from moksori.service import jobs

    told = begin(client, pair("wait")).json()
    with working(settings, database, storage, Trainers()):
        until(lambda: len(live(database, told["job_id"])) == 3)
        with database.session() as session:
            jobs.cancel(session, session.get_one(jobs.Job, told["job_id"]))
        job = ended(database, told["job_id"])
    # Training goes from 0.1 to 0.9 of the way, and had begun.
    assert job.state == "cancelled"
    assert 0.1 < job.progress < 0.3
    profile = client.get(f"{PROFILES}/{told['id']}").json()
    assert profile["status"] == "ready"


def test_a_training_goes_on_where_its_worker_ended(client, settings, database, storage):
    told = begin(client, pair("wait")).json()
    with working(settings, database, storage, Trainers()):
        until(lambda: len(live(database, told["job_id"])) == 3)
    assert job_of(database, told["job_id"]).state == "queued"
    with working(settings, database, storage, Trainers()):
        job = ended(database, told["job_id"])
    assert (job.state, job.attempt) == ("succeeded", 2)
    # What the second attempt told comes behind, not in place of the first.
    assert len(live(database, job.id)) == 6


def test_a_revoked_training_leaves_nothing(client, settings, database, storage):
    from moksori.service.revoking import sweep

    told = begin(client, pair("wait")).json()
    with working(settings, database, storage, Trainers()):
        until(lambda: len(live(database, told["job_id"])) == 3)
        path = f"/api/v1/consents/{told['consent_id']}/revoke"
        assert client.post(path).status_code == 200
        assert ended(database, told["job_id"]).state == "cancelled"
    sweep(client.app.state)
    assert client.get(f"{PROFILES}/{told['id']}").json()["status"] == "revoked"
    assert not list(settings.runs.glob("*"))
    assert not (settings.folder / "trainings" / told["id"]).exists()
    assert storage.keys("profiles") == []


def test_a_training_that_fails_says_why_and_names_no_folder(
    client, settings, database, storage
):
    told = begin(client, pair("fail")).json()
    with working(settings, database, storage, Trainers()):
        job = ended(database, told["job_id"])
    assert (job.state, job.error) == ("failed", "training_failed")
    assert job.message == "preprocess: recordings/1.wav is silent"
    profile = client.get(f"{PROFILES}/{told['id']}").json()
    assert (profile["status"], profile["error"]) == ("failed", job.message)


def test_a_table_names_recordings_as_they_are_called_now(
    client, settings, database, storage
):
    table = "하나.WAV\t안녕\n".encode()
    told = begin(client, [("하나.WAV", WAV), ("transcripts.tsv", table)]).json()
    with working(settings, database, storage, Trainers()):
        ended(database, told["job_id"])
    folder = settings.folder / "trainings" / told["id"] / "recordings"
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["transcripts.tsv", "하나.wav"]
    assert (folder / "transcripts.tsv").read_text() == "하나.wav\t안녕\n"


@pytest.mark.parametrize(
    ("files", "word"),
    [
        ([("1.wav", WAV)], "wrong_files"),
        ([("1.txt", b"a")], "wrong_files"),
        ([("1.wav", WAV), ("1.mp3", WAV), ("1.txt", b"a")], "wrong_files"),
        ([("1.wav", WAV), ("1.txt", b"a"), ("1.txt", b"b")], "wrong_files"),
        ([("..wav", WAV), ("1.txt", b"a")], "wrong_files"),
        ([(".ssh.wav", WAV), ("1.txt", b"a")], "wrong_files"),
        ([("-rf.wav", WAV), ("1.txt", b"a")], "wrong_files"),
        ([("a\u202e.wav", WAV), ("1.txt", b"a")], "wrong_files"),
        ([("a;b$(c).wav", WAV), ("1.txt", b"a")], "wrong_files"),
        ([("가" * 51 + ".wav", WAV), ("1.txt", b"a")], "wrong_files"),
        ([("metadata.tsv", b"a"), *pair("a")], "wrong_files"),
        ([("1.wav", b"PK\x03\x04"), ("1.txt", b"a")], "not_sound"),
        ([("1.wav", WAV), ("1.txt", b"a" * 2_000_000)], "too_large"),
    ],
)
def test_files_that_make_no_corpus_are_refused(client, storage, files, word):
    answer = begin(client, files)
    assert answer.status_code in (400, 404, 413, 415)
    assert answer.json()["error"] == word or answer.status_code == 404
    assert storage.keys("profiles") == []
    assert client.get(PROFILES).json() == {"profiles": []}


def test_a_path_in_a_name_counts_for_nothing(client, settings, database, storage):
    files = [
        ("../../../1.wav", WAV),
        ("C:\\x\\1.txt", b"a"),
        ("𠀀" * 50 + ".wav", LONG),
    ]
    told = begin(client, files).json()
    with working(settings, database, storage, Trainers()):
        ended(database, told["job_id"])
    folder = settings.folder / "trainings" / told["id"] / "recordings"
    assert len(names := sorted(path.name for path in folder.iterdir())) == 3
    assert names[:2] == ["1.txt", "1.wav"]


def test_losses_are_followed_by_their_owner_alone(client, settings, database, storage):
    from moksori.service.callers import Caller
    from moksori.service.tables import User

    told = begin(client, pair("a")).json()
    with database.session() as session:
        session.add(user := User(email="other@example.com"))
    other = Caller(user.id, "free", operator=True)
    with client_of(settings, database, storage, other) as theirs:
        for job_id in (told["job_id"], "0" * 32):
            path = f"{TRAININGS}/{job_id}/live"
            assert theirs.get(path).status_code == 404


def test_losses_are_sent_as_events(client, settings, database, storage):
    told = begin(client, pair("a")).json()
    with working(settings, database, storage, Trainers()):
        ended(database, told["job_id"])
    path = f"{TRAININGS}/{told['job_id']}/live"
    lines = client.get(path).text.splitlines()
    assert [line for line in lines if line.startswith("id")] == [
        f"id: {n}" for n in (1, 2, 3)
    ]
    rest = client.get(path, headers={"Last-Event-ID": "2"}).text.splitlines()
    assert [line for line in rest if line.startswith("id")] == ["id: 3"]
    assert client.get(path, headers={"Last-Event-ID": "-1"}).status_code == 400


def test_recordings_that_went_meanwhile_break_no_worker(
    client, settings, database, storage
):
    told = begin(client, pair("a")).json()
    storage.delete_below(f"profiles/{told['id']}")
    with working(settings, database, storage, Trainers()):
        job = ended(database, told["job_id"])
    assert (job.state, job.error) == ("failed", "recordings_gone")
