"""How copies are judged: figures, references, intervals."""

import sys
import types

import numpy as np
import pytest

from benchmarks import copies, systems
from tests.benchmarks.judged import RATE, Given, means, noisy, voice


def test_recordings_do_not_differ_from_themselves(evaluator, recordings):
    measured = evaluator.measure(Given(recordings.waves))
    found = means(measured)
    assert found.pop("pesq", 4.64) == pytest.approx(4.64, abs=0.01)
    assert found == {"periodicity": 0, "voicing": 1, "cents": 0, "cepstral": 0}
    assert [row["id"] for row in measured["utterances"]] == ["a", "b", "c"]
    assert measured["real_time_factor"] >= 0


def test_more_noise_is_worse_by_every_figure(evaluator, recordings):
    found = [
        means(evaluator.measure(Given([noisy(w, ratio) for w in recordings.waves])))
        for ratio in (1000, 30, 1)
    ]
    for name in copies.measurable():
        values = [each[name] for each in found]
        better = name in ("pesq", "voicing")
        assert values == sorted(values, reverse=better), name
        assert values[0] != values[-1], name


def test_silence_is_judged(evaluator, recordings):
    silence = [np.zeros_like(wave) for wave in recordings.waves]
    found = means(evaluator.measure(Given(silence)))
    assert found["voicing"] == 0
    assert found["cents"] is None
    assert found["periodicity"] > 0.3
    assert found.get("pesq", 1.0) == 1.0


def test_pesq_hears_waves_at_16_khz(monkeypatch):
    heard = []

    def pesq(rate, recording, wave, mode):
        heard.append((rate, recording, wave, mode))
        return 3.5

    monkeypatch.setitem(sys.modules, "pesq", types.SimpleNamespace(pesq=pesq))
    monkeypatch.setattr(copies.importlib.util, "find_spec", lambda name: True)
    wave = voice(0)
    assert copies.rating()(wave, 0.5 * wave, RATE) == 3.5
    rate, recording, other, mode = heard[0]
    assert (rate, mode) == (16000, "wb")
    assert recording.size == 2 * wave.size
    assert other == pytest.approx(0.5 * recording, abs=1e-6)
    assert copies.rating()(wave, 0 * wave, RATE) == 1.0
    assert len(heard) == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [(lambda w: w[:-1], "as long as"), (lambda w: w * np.nan, "not finite")],
)
def test_what_is_no_copy_is_refused(evaluator, recordings, change, words):
    with pytest.raises(ValueError, match=words):
        evaluator.measure(Given([change(wave) for wave in recordings.waves]))


@pytest.mark.parametrize("height", [0.5, 0.05])
def test_companding_costs_the_same_share_at_any_level(height):
    time = np.arange(RATE) / RATE
    wave = (height * np.sin(2 * np.pi * 200 * time)).astype(np.float32)
    copy = copies.Companded([wave]).generate([])[0]
    ratio = 10 * np.log10(np.mean(wave**2) / np.mean((copy - wave) ** 2))
    assert 34 < ratio < 42  # eight bits; a straight scale would lose 20 dB


def test_companding_keeps_silence_and_leaves_less_noise_with_preemphasis():
    assert not copies.Companded([np.zeros(50, np.float32)], 0.85).generate([])[0].any()
    # Noise of the companding follows what is companded, and speech is mostly bass.
    wave = voice(1)
    plain, sharp = (copies.Companded([wave], p).generate([])[0] for p in (0.0, 0.85))
    treble = [np.mean(np.diff(copy - wave, 2) ** 2) for copy in (plain, sharp)]
    assert treble[1] < treble[0] / 4


def test_references_are_the_floor_and_two_ceilings(evaluator, recordings):
    ours, floor, low, high = systems.references()
    assert ours.name == "Griffin-Lim from pulses"
    assert floor.name == "Griffin-Lim, 32 iterations"
    found = [
        means(evaluator.measure(system.make(recordings)))
        for system in (floor, low, high)
    ]
    assert found[0]["periodicity"] > 10 * max(f["periodicity"] for f in found[1:])
