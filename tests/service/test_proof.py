"""Tokens and what a file that holds one is told to be."""

from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest

RATE = 22050


def verify(database, settings, *about):
    from moksori.service import proof

    service = SimpleNamespace(database=database, settings=settings)
    return proof.verify(service, *about)


@pytest.fixture(scope="module")
def wave():
    """Noise that swells and fades, 4 s: it can be marked as speech can."""
    count = 4 * RATE
    noise = np.random.default_rng(0).normal(0, 0.1, count)
    swell = 1 + 0.6 * np.sin(2 * np.pi * 3 * np.arange(count) / RATE)
    return (noise * swell).astype(np.float32)


@pytest.fixture
def spoken(database, settings, monkeypatch):
    """A job of the local user, its token, and what marks with it."""
    from moksori.audio import watermark
    from moksori.service import proof
    from moksori.service.tables import LOCAL_USER, Job

    with database.session() as session:
        job = Job(
            user_id=LOCAL_USER,
            type="speak",
            request={"voice": "korean-demo"},
            tier="enterprise",
            queue="voice-synthesis",
        )
        session.add(job)
        session.flush()
        token = proof.issue(session, job, settings)
        assert proof.issue(session, job, settings) == token < 2**32
    # The search for speeds is tested with the detector.
    at_speed = partial(watermark.detect, speeds=(1.0,))
    monkeypatch.setattr(watermark, "detect", at_speed)
    key = bytes.fromhex(settings.watermark_keys["1"])
    return job, lambda wave, token=token: watermark.mark(wave, RATE, token, key)


def test_what_was_made_here_is_told_to_its_owner_only(database, settings, spoken, wave):
    from moksori.service.callers import LOCAL, Caller

    job, marked = spoken
    told = verify(database, settings, LOCAL, marked(wave), RATE)
    assert (told["answer"], told["voice"]) == ("ours", "korean-demo")
    assert told["job_id"] == job.id
    assert not told["revoked"]
    stranger = Caller("1" * 32, "free", operator=False)
    told = verify(database, settings, stranger, marked(wave), RATE)
    assert told["answer"] == "ours"
    assert not {"job_id", "user_id"} & set(told)


def test_a_token_that_was_not_issued_is_inconclusive_and_no_mark_not_ours(
    database, settings, spoken, wave
):
    from moksori.service.callers import LOCAL

    _, marked = spoken
    forged = marked(wave, token=0x0F0F0F0F)
    assert verify(database, settings, LOCAL, forged, RATE)["answer"] == "inconclusive"
    assert verify(database, settings, LOCAL, wave, RATE)["answer"] == "not_ours"
    short = verify(database, settings, LOCAL, wave[:RATE], RATE)
    assert short["answer"] == "too_short"


def test_a_token_counts_with_its_own_key_only(database, settings, spoken, wave):
    from dataclasses import replace

    from moksori.service.callers import LOCAL

    _, marked = spoken
    renewed = {"1": "11" * 16, "2": settings.watermark_keys["1"]}
    turned = replace(settings, watermark_keys=renewed)
    told = verify(database, turned, LOCAL, marked(wave), RATE)
    assert told["answer"] == "inconclusive"
    kept = {**settings.watermark_keys, "2": "22" * 16}
    both = replace(settings, watermark_keys=kept)
    assert verify(database, both, LOCAL, marked(wave), RATE)["answer"] == "ours"


def test_a_long_recording_is_searched_in_parts(database, settings, monkeypatch):
    from moksori.audio import watermark
    from moksori.service.callers import LOCAL

    heard = []

    def detect(wave, sample_rate, key):
        heard.append(wave[0])
        none = np.zeros(32, np.float32)
        return watermark.Detection(0, 0.7, none, 1.0, 0.0, 30.0)

    monkeypatch.setattr(watermark, "detect", detect)
    told = verify(database, settings, LOCAL, np.arange(100 * 600.0), 100)
    assert (told["answer"], told["heard_seconds"]) == ("not_ours", 120)
    assert heard == [0, 19000, 38000, 57000]
    heard.clear()
    verify(database, settings, LOCAL, np.arange(100 * 61.0), 100)
    assert heard == [0, 3050]


def test_tokens_are_drawn_again_until_one_is_free(database, settings, monkeypatch):
    from moksori.service import proof
    from moksori.service.tables import LOCAL_USER, Job

    drawn = iter([7, 7, 7, 8])
    monkeypatch.setattr(proof.secrets, "randbits", lambda bits: next(drawn))
    about = {"user_id": LOCAL_USER, "type": "speak", "request": {}, "tier": "free"}
    with database.session() as session:
        jobs = [Job(**about, queue="q") for _ in range(2)]
        session.add_all(jobs)
        session.flush()
        assert [proof.issue(session, job, settings) for job in jobs] == [7, 8]


def test_a_file_is_asked_about_over_http(database, settings, spoken, wave):
    from moksori.audio.encoding import encode
    from moksori.service.callers import Caller
    from tests.service.people import client_of

    job, marked = spoken
    mp3 = encode(marked(wave), RATE, "mp3")
    with client_of(settings, database, None) as client:
        told = client.post("/api/v1/verify", files={"audio": ("a.mp3", mp3)}).json()
        assert (told["answer"], told["job_id"]) == ("ours", job.id)
        page = client.post("/api/v1/verify", files={"audio": ("a.wav", b"<html>")})
        assert (page.status_code, page.json()["error"]) == (415, "not_sound")
    stranger = Caller("1" * 32, "free", operator=False)
    with client_of(settings, database, None, stranger) as client:
        told = client.post("/api/v1/verify", files={"audio": ("a.mp3", mp3)}).json()
        assert told["answer"] == "ours"
        assert job.id not in str(told)
        assert job.user_id not in str(told)
