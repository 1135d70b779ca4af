import json

import pytest

import hparams
from moksori.doctor import forecast
from moksori.doctor.findings import Level
from moksori.doctor.forecast import Rehearsal, examine, rehearsed

TINY = hparams.preset("tiny")
GIBI = 2**30


def rehearsal(device="GPU", size=20, full=20, steps=1000, **measured):
    return Rehearsal(
        "tacotron",
        steps,
        {
            "backend": "jax",
            "device": device,
            "devices": 1,
            "checkpoint": 330 << 20,
            "resident": GIBI,
            "parameters": 9,
        },
        {"size": size, "full": full, "shapes": 6},
        {
            "compile_seconds": 30.0,
            "step_seconds": 0.5,
            "data_seconds": 0.01,
            "frames": 10_000,
            "peak": 4 * GIBI,
            "steps": 9,
            "skipped": 0,
            "others": 0.0,
            **measured,
        },
    )


def one(found, limit=80 * GIBI, made_up=False):
    (finding,) = examine(found, limit, made_up)
    return finding


def test_a_whole_training():
    found = one(rehearsal())
    assert found.level is Level.OK
    assert found.text == (
        "1,000 steps take 11 min on the GPU with jax; 0.5 s a step, 20,000 frames/s; "
        "memory 4.0 GiB; compiling 30 s for each of 6 shapes of batch (26.5%)"
    )
    assert found.values["total_seconds"] == 1000 * 0.5 + 6 * 30
    assert found.values["peak_memory"] == 4 * GIBI


def test_no_more_shapes_than_steps():
    assert rehearsal(steps=2).total_seconds == 2 * 0.5 + 2 * 30


def test_a_part_of_a_batch_is_extrapolated_and_says_so():
    found = one(rehearsal("CPU", size=5))
    assert found.values["step_seconds"] == 2.0
    # What the process held before, a copy of the state and its gradients do not grow.
    fixed = GIBI + 1.5 * (330 << 20)
    assert found.values["peak_memory"] == int(fixed + 4 * (4 * GIBI - fixed))
    assert "memory between 4.0 GiB and 11.5 GiB" in found.text
    assert found.values["extrapolated"]
    assert "extrapolated from 5 of 20 examples" in found.text


@pytest.mark.parametrize(
    ("found", "limit", "level", "word"),
    [
        (
            rehearsal(peak=90 * GIBI),
            80 * GIBI,
            Level.ERROR,
            "tacotron_training.batch_frames",
        ),
        (
            rehearsal(peak=75 * GIBI),
            80 * GIBI,
            Level.WARNING,
            "tacotron_training.batch_frames",
        ),
        (rehearsal(peak=90 * GIBI), None, Level.OK, ""),
        (rehearsal(peak=None), 1, Level.OK, ""),
        (
            rehearsal("CPU", size=1),
            20 * GIBI,
            Level.WARNING,
            "tacotron_training.batch_frames",
        ),
        (rehearsal(data_seconds=0.6), 80 * GIBI, Level.WARNING, "faster disk"),
        (rehearsal(skipped=2), 80 * GIBI, Level.ERROR, "learning rate"),
        (rehearsal(steps=10**7), 80 * GIBI, Level.WARNING, "more GPUs"),
        (rehearsal("CPU", steps=10**7), 80 * GIBI, Level.WARNING, "on a GPU"),
    ],
)
def test_what_stands_in_the_way(found, limit, level, word):
    told = one(found, limit)
    assert told.level is level
    assert word in told.advice


def test_what_a_reader_should_know():
    assert "features were made up" in one(rehearsal(), made_up=True).text
    crowded = rehearsal("CPU", others=0.61)
    assert "others took 61% of the processor" in one(crowded).text
    unknown = rehearsal("CPU", others=None, peak=None)
    assert "memory unknown" in one(unknown).text


@pytest.fixture
def played(tmp_path, monkeypatch):
    """A rehearsal by a script in place of the real one."""

    def play(script):
        python = tmp_path / "python"
        python.write_text(f"#!/bin/sh\n{script}\n")
        python.chmod(0o755)
        monkeypatch.setattr(forecast.sys, "executable", str(python))
        heard = []
        found = rehearsed(
            "tacotron", TINY, None, 1.0, {"PATH": "/usr/bin:/bin"}, heard.append
        )
        return one(found), heard

    return play


@pytest.mark.parametrize(
    ("script", "level", "text"),
    [
        ("kill -9 $$", Level.ERROR, "for want of memory"),
        ("echo torn >&2; exit 1", Level.WARNING, "failed (1): torn"),
        ("echo garbage; echo 17; echo '[]'", Level.WARNING, "it said nothing"),
        ('echo \'{"event": "no-memory", "text": "too big"}\'', Level.ERROR, "too big"),
    ],
)
def test_a_rehearsal_that_goes_wrong(played, script, level, text):
    found, _ = played(script)
    assert found.level is level
    assert text in found.text


def test_a_rehearsal_that_hangs(played, monkeypatch):
    monkeypatch.setattr(forecast, "_PATIENCE", -3.5)
    line = json.dumps({"event": "phase", "text": "compiling"})
    found, heard = played(f"echo '{line}'; sleep 94")
    assert heard == ["compiling"]
    assert found.level is Level.WARNING
    assert "still compiling" in found.text
