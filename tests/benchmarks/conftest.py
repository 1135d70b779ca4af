import pytest

from benchmarks import copies
from moksori.audio.spectrum import mel_spectrogram
from tests.benchmarks.judged import TINY, voice


@pytest.fixture(scope="module")
def recordings():
    waves = [voice(seed) for seed in range(3)]
    mels = [mel_spectrogram(wave, TINY.audio) for wave in waves]
    who = ["minji"] * 3
    return copies.Recordings("made", ["a", "b", "c"], who, waves, mels, TINY.audio)


@pytest.fixture(scope="module")
def evaluator(recordings):
    return copies.CopySynthesisEvaluator(recordings)
