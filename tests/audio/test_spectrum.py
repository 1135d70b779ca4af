"""Spectrograms against librosa and against arithmetic."""

import dataclasses
import hashlib

import numpy as np
import pytest

import hparams
from moksori.audio import frames, spectrum

PRESETS = [hparams.preset(name).audio for name in hparams.PRESETS]
KOREAN, TINY = hparams.preset("korean").audio, hparams.preset("tiny").audio
ODD = dataclasses.replace(TINY, hop_length=100, win_length=333)


def noise(samples, seed=0):
    return np.random.default_rng(seed).normal(0, 0.1, samples).astype(np.float32)


def tone(samples, rate, hertz=440.0, height=0.5):
    time = np.arange(samples) / rate
    return (height * np.sin(2 * np.pi * hertz * time)).astype(np.float32)


def vowel(samples, rate, pitch=120.0):
    """A harmonic sound with a moving pitch: what a mel inversion is for."""
    time = np.arange(samples) / rate
    phase = 2 * np.pi * np.cumsum(pitch * (1 + 0.1 * np.sin(4 * time))) / rate
    parts = [np.sin(n * phase) / n for n in range(1, int(3000 / pitch))]
    return (0.2 * np.sum(parts, axis=0)).astype(np.float32)


@pytest.mark.parametrize("audio", [KOREAN, TINY, ODD])
@pytest.mark.parametrize("samples", [1, 99, 300, 301, 1024, 5000, 30001])
def test_frames_are_exactly_samples_by_hops(audio, samples):
    mel, linear = spectrum.spectrograms(noise(samples), audio, linear=True)
    count = -(-samples // audio.hop_length)
    assert mel.shape == (count, audio.mels)
    assert linear.shape == (count, audio.bins)
    assert mel.dtype == linear.dtype == np.float32
    assert frames.frame_count(samples, audio) == count


def test_nothing_has_no_frames():
    mel, linear = spectrum.spectrograms(np.zeros(0, np.float32), TINY, linear=True)
    assert mel.shape == (0, TINY.mels)
    assert linear.shape == (0, TINY.bins)


@pytest.mark.parametrize("audio", PRESETS, ids=hparams.PRESETS)
def test_equal_to_librosa(audio):
    import librosa

    wave = 0.3 * vowel(20000, audio.sample_rate) + 0.1 * noise(20000)
    sharp = np.append(wave[0], wave[1:] - audio.preemphasis * wave[:-1])
    # Our first window begins `margin` before the wave; librosa pads a short window
    # on both sides to the length of the transform.
    before = frames.margin(audio) + (audio.n_fft - audio.win_length) // 2
    magnitude = np.abs(
        librosa.stft(
            np.pad(sharp, (before, 2 * audio.n_fft)),
            n_fft=audio.n_fft,
            hop_length=audio.hop_length,
            win_length=audio.win_length,
            center=False,
        )
    )
    basis = librosa.filters.mel(
        sr=audio.sample_rate,
        n_fft=audio.n_fft,
        n_mels=audio.mels,
        fmin=audio.fmin,
        fmax=audio.fmax,
    )
    mel, linear = spectrum.spectrograms(wave, audio, linear=True)
    scaled = magnitude * audio.n_fft / audio.sample_rate
    for ours, theirs in ((mel, basis @ magnitude), (linear, scaled)):
        decibel = 20 * np.log10(np.maximum(theirs, 1e-9)).T[: len(ours)]
        span = audio.ceiling_decibel - audio.floor_decibel
        unit = (decibel - audio.floor_decibel) / span
        expected = np.clip(2 * unit - 1, -1, 1) * audio.mel_range
        np.testing.assert_allclose(ours, expected, atol=2e-3)


def test_features_stay_equal_to_those_of_older_stores():
    basis, touched, transposed = spectrum.mel_filters(TINY)
    digest = hashlib.sha256(np.abs(basis).tobytes()).hexdigest()
    assert digest.startswith("fdaac7944d6f0149")
    np.testing.assert_array_equal(basis[:, touched], transposed.T)
    assert np.count_nonzero(transposed) == np.count_nonzero(basis)


def test_the_mel_is_the_same_with_and_without_linear():
    wave = noise(9000)
    mel, linear = spectrum.spectrograms(wave, KOREAN, linear=True)
    assert linear.shape == (30, KOREAN.bins)
    np.testing.assert_array_equal(mel, spectrum.mel_spectrogram(wave, KOREAN))
    assert spectrum.spectrograms(wave, KOREAN, linear=False)[1] is None


def test_the_wave_is_left_alone_and_may_be_of_other_types():
    wave = noise(3000).astype(np.float64)
    before = wave.copy()
    mel = spectrum.mel_spectrogram(wave, KOREAN)
    np.testing.assert_array_equal(wave, before)
    same = spectrum.mel_spectrogram(wave.astype(np.float32), KOREAN)
    np.testing.assert_array_equal(mel, same)
    with pytest.raises(ValueError, match="samples"):
        spectrum.mel_spectrogram(wave[None], KOREAN)


def test_silence_is_the_floor_and_levels_stay_in_range():
    assert np.all(spectrum.mel_spectrogram(np.zeros(3000), KOREAN) == -KOREAN.mel_range)
    loud = spectrum.spectrograms(1000 * noise(3000), KOREAN, linear=True)
    for levels in loud:
        assert levels.max() == KOREAN.mel_range


def test_twice_as_loud_is_six_decibel_more():
    audio = dataclasses.replace(KOREAN, floor_decibel=-200.0)
    wave = 0.1 * noise(6000)
    quiet, loud = (spectrum.mel_spectrogram(w, audio) for w in (wave, 2 * wave))
    step = 20 * np.log10(2) * 2 * audio.mel_range / 220
    np.testing.assert_allclose(loud - quiet, step, atol=1e-4)


def test_a_flat_spectrum_reads_the_same_in_both():
    audio = dataclasses.replace(KOREAN, preemphasis=0.0)
    mel, linear = spectrum.spectrograms(noise(240000), audio, linear=True)
    inside = linear[:, audio.n_fft // 20 : audio.n_fft // 4]
    per_decibel = 2 * audio.mel_range / 100
    assert abs(mel.mean() - inside.mean()) < 1.5 * per_decibel


def test_a_frame_is_centred_on_its_hop():
    audio = dataclasses.replace(KOREAN, preemphasis=0.0)
    wave = np.zeros(30 * audio.hop_length, np.float32)
    wave[10 * audio.hop_length + audio.hop_length // 2] = 1.0
    energy = spectrum.mel_spectrogram(wave, audio).sum(axis=1)
    assert np.argmax(energy) == 10
    np.testing.assert_allclose(energy[9], energy[11], rtol=1e-3)


def test_every_setting_of_the_filters_counts():
    wave = noise(3000)
    first = spectrum.mel_spectrogram(wave, KOREAN)
    for change in ({"fmin": 0.0}, {"fmax": 8000.0}, {"sample_rate": 22050}):
        other = dataclasses.replace(KOREAN, **change)
        assert np.abs(spectrum.mel_spectrogram(wave, other) - first).max() > 1e-3
    np.testing.assert_array_equal(spectrum.mel_spectrogram(wave, KOREAN), first)


@pytest.mark.parametrize("audio", [KOREAN, TINY, ODD])
def test_synthesis_undoes_analysis(audio):
    wave = noise(20 * audio.hop_length)
    padded = frames.pad(wave, audio)
    weight = frames.overlap_weight(20, audio)
    back = frames.synthesise(frames.analyse(padded, audio), weight, audio)
    begin = frames.margin(audio)
    kept = slice(begin, begin + wave.size)
    np.testing.assert_allclose(back[kept], padded[kept], atol=1e-5)
