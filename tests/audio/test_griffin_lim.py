"""Sound from spectrograms: as near as asked for, steady in pitch, in chunks."""

import dataclasses

import numpy as np
import pytest

from moksori.audio import griffin_lim, pitch, spectrum
from moksori.metrics.pitch import periodicity_error
from tests.audio.test_spectrum import KOREAN, ODD, TINY, noise, tone, vowel


def mel_error(wave, back, audio):
    """Root mean square difference of the mel levels in decibels."""
    mel, again = (spectrum.mel_spectrogram(w, audio) for w in (wave, back))
    span = audio.ceiling_decibel - audio.floor_decibel
    return np.sqrt(np.mean((mel - again) ** 2)) * span / (2 * audio.mel_range)


@pytest.mark.parametrize("audio", [KOREAN, TINY, ODD])
def test_griffin_lim_brings_the_mel_back(audio):
    wave = vowel(40 * audio.hop_length, audio.sample_rate) + 0.02 * noise(
        40 * audio.hop_length
    )
    mel = spectrum.mel_spectrogram(wave, audio)
    back = griffin_lim.griffin_lim(mel, audio, iterations=32)
    assert back.shape == wave.shape
    assert back.dtype == np.float32
    assert mel_error(wave, back, audio) < 1.5


def test_more_iterations_come_nearer():
    wave = vowel(12000, KOREAN.sample_rate)
    mel = spectrum.mel_spectrogram(wave, KOREAN)
    errors = [
        mel_error(wave, griffin_lim.griffin_lim(mel, KOREAN, iterations=n), KOREAN)
        for n in (2, 8, 32)
    ]
    assert errors == sorted(errors, reverse=True)


def test_griffin_lim_linear_keeps_the_tone():
    wave = tone(12000, KOREAN.sample_rate)
    _, linear = spectrum.spectrograms(wave, KOREAN, linear=True)
    back = griffin_lim.griffin_lim_linear(linear, KOREAN)
    middle = slice(3000, 9000)
    rms = np.sqrt(np.mean(back[middle] ** 2))
    assert rms == pytest.approx(0.5 / np.sqrt(2), rel=0.05)
    peak = np.argmax(np.abs(np.fft.rfft(back[middle] * np.hanning(6000))))
    assert peak * KOREAN.sample_rate / 6000 == pytest.approx(440, abs=5)


def test_equal_seeds_give_equal_waves():
    mel = spectrum.mel_spectrogram(vowel(6000, TINY.sample_rate), TINY)
    first = griffin_lim.griffin_lim(mel, TINY, seed=3)
    np.testing.assert_array_equal(first, griffin_lim.griffin_lim(mel, TINY, seed=3))
    assert np.abs(first - griffin_lim.griffin_lim(mel, TINY, seed=4)).max() > 0


def test_silence_comes_back_as_silence():
    mel = np.full((20, KOREAN.mels), -KOREAN.mel_range, np.float32)
    assert np.abs(griffin_lim.griffin_lim(mel, KOREAN)).max() < 1e-3


def test_levels_beyond_the_range_make_finite_sound():
    mel = np.random.default_rng(0).normal(0, 20, (30, KOREAN.mels))
    assert np.isfinite(griffin_lim.griffin_lim(mel, KOREAN)).all()


def test_another_width_is_refused():
    with pytest.raises(ValueError, match="mels=80"):
        griffin_lim.griffin_lim(np.zeros((4, 20)), KOREAN)
    with pytest.raises(ValueError, match="bins=1025"):
        griffin_lim.griffin_lim_linear(np.zeros((4, 20)), KOREAN)


@pytest.mark.parametrize("linear", [False, True])
def test_griffin_lim_in_chunks_is_as_near_as_in_one(linear):
    wave = vowel(3 * KOREAN.sample_rate, KOREAN.sample_rate)
    mel, levels = spectrum.spectrograms(wave, KOREAN, linear=True)
    invert = griffin_lim.griffin_lim_linear if linear else griffin_lim.griffin_lim
    given = levels if linear else mel
    chunks = list(griffin_lim.griffin_lim_stream(given, KOREAN, seed=3))
    assert len(chunks) > 2
    assert len(chunks[0]) < 0.35 * KOREAN.sample_rate
    ways = invert(given, KOREAN, seed=3), np.concatenate(chunks)
    assert len(ways[0]) == len(ways[1])
    whole, streamed = (
        np.abs(spectrum.mel_spectrogram(way, KOREAN) - mel).mean() for way in ways
    )
    # Five times as far where chunks do not go on from each other.
    assert streamed < 2.5 * whole


def test_the_first_chunk_waits_for_the_first_stretch_only(monkeypatch):
    stretches = []

    def excited(mel, audio, iterations, seed):
        stretches.append(len(mel) * audio.frame_seconds)
        return np.ones((len(mel), audio.bins), np.complex64)

    monkeypatch.setattr(griffin_lim, "_excited", excited)
    quick = dataclasses.replace(KOREAN, griffin_lim_iterations=0)
    mel = np.zeros((round(8 / KOREAN.frame_seconds), KOREAN.mels), np.float32)
    chunks = griffin_lim.griffin_lim_stream(mel, quick)
    heard = len(next(chunks)) + sum(map(len, chunks))
    assert heard == len(mel) * KOREAN.hop_length
    assert stretches[0] == pytest.approx(1.5, abs=0.1)
    assert 1 < len(stretches) < 5


def test_griffin_lim_of_a_short_mel_is_one_chunk():
    mel = spectrum.mel_spectrogram(vowel(7000, KOREAN.sample_rate), KOREAN)
    (chunk,) = griffin_lim.griffin_lim_stream(mel, KOREAN, seed=3)
    np.testing.assert_array_equal(chunk, griffin_lim.griffin_lim(mel, KOREAN, seed=3))
    assert list(griffin_lim.griffin_lim_stream(mel[:0], KOREAN)) == []


def test_pulses_keep_a_voice_from_wavering():
    wave = vowel(2 * KOREAN.sample_rate, KOREAN.sample_rate)
    mel = spectrum.mel_spectrogram(wave, KOREAN)
    plain = griffin_lim.griffin_lim(mel, KOREAN, 32, pulses=False)
    pulsed = griffin_lim.griffin_lim(mel, KOREAN, 32)
    tracks = [pitch.track(x, KOREAN.sample_rate) for x in (wave, plain, pulsed)]
    errors = [periodicity_error(tracks[0], other) for other in tracks[1:]]
    assert errors[1] < 0.7 * errors[0]


def test_nothing_gives_no_wave():
    assert griffin_lim.griffin_lim(np.zeros((0, 20)), TINY).size == 0
