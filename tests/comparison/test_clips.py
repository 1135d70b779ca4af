"""What is made of the lines in a folder: figures, failures, and their cost."""

import json

import numpy as np
import pytest

from moksori.audio.files import save
from moksori.comparison.clips import clips, failures, real_time_factor
from moksori.voices import stopping
from tests.datasets.stores import TINY

AUDIO = TINY.audio
RATE = AUDIO.sample_rate


def tone(seconds: float) -> np.ndarray:
    phase = 2 * np.pi * 150 * np.arange(round(seconds * RATE)) / RATE
    return (0.3 * np.sin(phase)).astype(np.float32)


@pytest.fixture
def made(tmp_path):
    """The clips of waves that were spoken, and of rows that differ from the usual."""

    def build(waves, recordings=None, **different):
        folder, rows = tmp_path / "voice", []
        folder.mkdir()
        for line, wave in enumerate(waves, 1):
            name = f"{line:04d}.wav"
            if wave is not None:
                save(folder / name, wave, RATE)
            seconds = 0.0 if wave is None else len(wave) / RATE
            rows.append(
                {"line": line, "wav": name, "seconds": seconds, "spoken": "네"}
                | {"real_time_factor": 0.5, "warnings": [], "attention": None}
                | {"stopped": stopping.TOKEN}
                | different
            )
        text = "".join(json.dumps(row) + "\n" for row in reversed(rows))
        (folder / "manifest.jsonl").write_text(text, "utf-8")
        lines = ["네"] * len(waves)
        return dict(clips(folder, lines, recordings or {}, AUDIO, tmp_path))

    return build


def test_a_clip_like_its_recording_is_no_failure(made):
    clip = made([tone(1.0)], {1: tone(1.0)})[1]
    assert clip["wav"] == "voice/0001.wav"
    assert clip["figures"]["cepstral_decibel"] < 0.1
    assert clip["figures"]["duration_ratio"] == pytest.approx(1.0, abs=0.01)
    assert not clip["failed"]


@pytest.mark.parametrize("recorded", [True, False])
def test_silence_is_a_failure(made, recorded):
    """A clone that says nothing has a wav all the same, and ends by itself."""
    found = made([np.zeros(RATE, np.float32)], {1: tone(1.0)} if recorded else None)
    assert found[1]["failed"]
    assert found[1]["warnings"] == ["nothing is to be heard"]
    assert "cepstral_decibel" not in found[1]["figures"]
    assert failures(found) == {"count": 1, "of": 1, "per_hundred": 100.0}


def test_a_wav_that_is_gone_or_empty_is_an_error(made):
    found = made([None, np.zeros(0, np.float32), tone(1.0)])
    assert "no such file" in found[1]["error"]
    assert "holds no sound" in found[2]["error"]
    assert failures(found)["count"] == 2


@pytest.mark.parametrize(
    ("seconds", "failed"), [(0.6, True), (1.2, False), (2.0, True)]
)
def test_a_length_far_from_the_recording_s_is_a_failure(made, seconds, failed):
    assert made([tone(seconds)], {1: tone(1.0)})[1]["failed"] == failed


@pytest.mark.parametrize(
    "different",
    [{"stopped": stopping.CAP}, {"attention": {"complete": False, "focus": 0.5}}],
)
def test_a_cap_and_lost_attention_are_failures(made, different):
    assert made([tone(1.0)], **different)[1]["failed"]


def test_the_real_time_factor_weighs_by_length():
    spoken = [(1.0, 0.2), (3.0, 0.6)]
    found = {
        n: {"wav": "a.wav", "seconds": s, "figures": {"real_time_factor": f}}
        for n, (s, f) in enumerate(spoken, 1)
    }
    factor = real_time_factor(found | {3: {"error": "it was not spoken"}})
    assert factor["mean"] == pytest.approx((0.2 + 1.8) / 4)
    assert factor["count"] == 2
