"""Covers: a song, or a recording, by a vocal model; what is refused, charged, kept."""

from dataclasses import replace
from pathlib import Path

import pytest

from moksori.audio import files
from tests.service.people import client_of
from tests.service.singer import WAITS
from tests.service.vocals import (
    COVERS,
    JOBS,
    OTHER,
    RATE,
    WAV,
    Singers,
    ask,
    covered,
    made,
    song,
)
from tests.service.working import ended, job_of, until, working


@pytest.fixture
def settings(settings):
    return replace(settings, queues=(*settings.queues, "voice-training"))


@pytest.fixture
def works(settings, database, storage):
    with working(settings, database, storage, Singers()):
        yield


def test_a_song_is_covered_marked_and_charged(client, database, works, settings):
    vocal = made(client, database)["id"]
    before = client.get("/api/v1/usage").json()["characters"]["used"]
    job = covered(client, database, vocal, semitones=3, format="wav")
    assert (job["state"], job["type"]) == ("succeeded", "cover")
    assert job["request"]["how"] == {
        "semitones": 3.0,
        "index_rate": 0.5,
        "protect": 0.33,
        "room": 0.3,
    }
    names = [each["name"] for each in job["artefacts"]]
    assert names == ["cover.wav", "voice.wav", "vocals.wav", "backing.wav"]
    after = client.get("/api/v1/usage").json()
    # 6.2 s, with the silence behind an mp3, of 0.15 s a character.
    assert after["characters"]["used"] - before in (42, 43)
    assert after["seconds"] == pytest.approx(6.2, abs=0.1)
    told = {}
    for each in job["artefacts"]:
        sent = client.get(each["url"])
        told[each["name"]] = sent.headers.get("x-watermark-id")
        wave, rate = files.decode_channels(io_file(sent.content, settings))
        assert (wave.shape[1], rate) == (2, RATE)
    sent = client.get(job["artefacts"][0]["url"]).content
    answer = client.post("/api/v1/verify", files={"audio": sent}).json()
    assert (answer["answer"], answer["job_id"]) == ("ours", job["id"])
    assert told["cover.wav"] == told["voice.wav"] is not None
    assert told["vocals.wav"] is None
    assert "room" not in covered_speech(client, database, vocal)["request"]["how"]


def io_file(data: bytes, settings) -> Path:
    path = settings.folder / "heard.wav"
    path.write_bytes(data)
    return path


def covered_speech(client, database, vocal) -> dict:
    form = {"vocal_id": vocal, "format": "mp3"}
    sent = [("recording", WAV)]
    told = client.post(f"{COVERS}/speech", data=form, files=sent).json()
    assert ended(database, told["id"]).state == "succeeded"
    job = client.get(f"{JOBS}/{told['id']}").json()
    assert [each["name"] for each in job["artefacts"]] == ["speech.mp3"]
    return job


def test_stems_are_sung_over_and_a_single_channel_stays_one(
    client, database, works, settings
):
    vocal = made(client, database)["id"]
    parts = {"vocals": WAV, "backing": OTHER}
    job = covered(client, database, vocal, parts, stems=False, format="wav")
    (one,) = job["artefacts"]
    wave, _ = files.decode_channels(io_file(client.get(one["url"]).content, settings))
    assert wave.shape[1] == 1


def test_what_is_no_song_is_refused_and_nothing_stays(client, database, works, storage):
    vocal = made(client, database)["id"]
    for sent, word in (
        ({"vocals": WAV}, "no_song"),
        ({"song": WAV, "vocals": WAV}, "no_song"),
        ({"song": b"<html>"}, "not_sound"),
        ({"song": song()[:200]}, "not_sound"),
    ):
        assert ask(client, vocal, sent).json()["error"] in (word, "cut_off", "no_sound")
    assert ask(client, "0" * 32).status_code == 404
    assert ask(client, vocal, semitones=25).json()["field"] == "semitones"
    assert storage.keys("songs") == []


def test_songs_have_a_size_of_their_own(settings, database, storage):
    small = replace(settings, song_bytes=2**20)
    with client_of(small, database, storage) as client:
        refused = ask(client, "0" * 32, {"song": bytes(4 * 2**20)})
    assert refused.json()["error"] == "too_large"
    assert "2 MB" in refused.json()["message"]


def test_songs_beyond_the_quota_are_refused(
    settings, database, storage, works, monkeypatch
):
    from moksori.service.callers import Caller
    from moksori.service.tables import User
    from moksori.service.tiers import TIERS

    # 15 s a month.
    monkeypatch.setitem(TIERS, "free", replace(TIERS["free"], characters=100))
    with database.session() as session:
        session.add(user := User(email="free@example.com"))
    free = Caller(user.id, "free", operator=False)
    with client_of(settings, database, storage, free) as client:
        vocal = made(client, database)["id"]
        assert ask(client, vocal, format="wav").json()["error"] == "format_not_in_tier"
        answers = [ask(client, vocal).status_code for _ in range(3)]
    assert answers == [202, 202, 429]


def test_songs_are_deleted_when_no_job_needs_them(client, database, storage, settings):
    from moksori.service import covers, jobs
    from moksori.service.tables import Job

    with working(settings, database, storage, Singers()):
        vocal = made(client, database)["id"]
    waits = ask(client, vocal).json()["id"]
    assert covers.expire(database, storage, -1.0) == 0
    with database.session() as session:
        jobs.cancel(session, session.get_one(Job, waits))
    assert covers.expire(database, storage, 1.0) == 0
    assert covers.expire(database, storage, -1.0) == 1
    assert storage.keys("songs") == []


def test_a_cover_is_cancelled_at_once(client, database, works):
    vocal = made(client, database)["id"]
    told = ask(client, vocal, semitones=WAITS).json()
    until(lambda: job_of(database, told["id"]).stage == "separate")
    client.delete(f"{JOBS}/{told['id']}")
    assert ended(database, told["id"]).state == "cancelled"
