"""Trimming, levelling and measuring recordings."""

import dataclasses

import numpy as np
import pytest

import hparams
from moksori.audio import levels

AUDIO = hparams.preset("korean").audio
RATE = AUDIO.sample_rate


def tone(seconds, height=0.5, hertz=200.0):
    time = np.arange(round(seconds * RATE)) / RATE
    return (height * np.sin(2 * np.pi * hertz * time)).astype(np.float32)


def silence(seconds):
    return np.zeros(round(seconds * RATE), np.float32)


def test_trimming_keeps_a_tail_and_half_of_it_before():
    wave = np.concatenate([silence(1), tone(2), silence(1)])
    kept = levels.trim(wave, AUDIO)
    seconds = 2 + 1.5 * AUDIO.tail_seconds
    assert kept.size / RATE == pytest.approx(seconds, abs=0.04)
    assert np.abs(kept).max() == np.abs(wave).max()
    lead = np.flatnonzero(kept)[0] / RATE
    assert lead == pytest.approx(AUDIO.tail_seconds / 2, abs=0.02)


def test_a_quiet_ending_within_the_threshold_stays():
    ending = tone(0.3, height=0.5 * 10 ** (-(AUDIO.trim_decibel - 3) / 20))
    wave = np.concatenate([tone(1), ending, silence(1)])
    assert levels.trim(wave, AUDIO).size > 1.3 * RATE


def test_what_lies_below_the_threshold_goes():
    noise = tone(1, height=0.5 * 10 ** (-(AUDIO.trim_decibel + 3) / 20))
    wave = np.concatenate([tone(1), noise])
    assert levels.trim(wave, AUDIO).size < 1.2 * RATE


@pytest.mark.parametrize("samples", [0, 1, 50, 500, RATE])
def test_silence_is_trimmed_to_nothing(samples):
    assert levels.trim(np.zeros(samples, np.float32), AUDIO).size == 0


@pytest.mark.parametrize("samples", [1, 7, 119, 121, 481])
def test_short_waves_survive(samples):
    wave = np.full(samples, 0.5, np.float32)
    assert levels.trim(wave, AUDIO).size == samples
    assert np.isfinite(levels.signal_to_noise(wave, RATE))


def test_peak_level_leaves_the_original_alone():
    wave = tone(1, height=0.1)
    before = wave.copy()
    peak = np.abs(levels.level(wave, AUDIO)).max()
    assert 20 * np.log10(peak) == pytest.approx(AUDIO.level_decibel, abs=0.01)
    np.testing.assert_array_equal(wave, before)


def test_loudness_level():
    audio = dataclasses.replace(AUDIO, level="lufs")
    wave = levels.level(tone(2, height=0.01, hertz=1000.0), audio)
    assert levels.loudness(wave, RATE) == pytest.approx(audio.loudness_lufs, abs=0.1)


def test_loudness_never_passes_the_peak():
    audio = dataclasses.replace(AUDIO, level="lufs", loudness_lufs=0.0)
    spiky = tone(2, height=0.01)
    spiky[RATE] = 0.5
    peak = np.abs(levels.level(spiky, audio)).max()
    assert 20 * np.log10(peak) == pytest.approx(audio.level_decibel, abs=0.01)


def test_loudness_of_minutes_is_that_of_the_standard():
    import pyloudnorm

    rate = 8000
    rng = np.random.default_rng(0)
    wave = rng.standard_normal(150 * rate) * np.linspace(0.001, 0.3, 150 * rate)
    wave[100 * rate : 110 * rate] = 0
    wanted = pyloudnorm.Meter(rate).integrated_loudness(wave)
    assert levels.loudness(wave, rate) == pytest.approx(wanted, abs=0.005)


def test_loudness_of_something_very_short():
    assert np.isfinite(levels.loudness(tone(0.1), RATE))


def test_no_level_is_a_copy():
    audio = dataclasses.replace(AUDIO, level="none")
    wave = tone(0.1)
    same = levels.level(wave, audio)
    np.testing.assert_array_equal(same, wave)
    assert same is not wave


@pytest.mark.parametrize("decibel", [10, 20, 40, 60])
def test_signal_to_noise_of_a_known_mixture(decibel):
    speech = np.concatenate([silence(0.5), tone(2, height=0.5), silence(0.5)])
    height = 0.5 / np.sqrt(2) * 10 ** (-decibel / 20)
    noise = np.random.default_rng(0).normal(0, height, speech.size)
    mixture = (speech + noise).astype(np.float32)
    assert levels.signal_to_noise(mixture, RATE) == pytest.approx(decibel, abs=1.5)


def test_signal_to_noise_ends_at_a_hundred():
    wave = np.concatenate([tone(1), silence(1)])
    assert levels.signal_to_noise(wave, RATE) == 100
    assert levels.signal_to_noise(silence(1), RATE) == 0


def test_flat_tops_are_clipping_and_a_loud_tone_is_not():
    loud = tone(1, height=1.0)
    assert levels.clipped_share(loud) == 0
    clipped = np.clip(1.5 * loud, -1, 1)
    share = np.mean(np.abs(clipped) == 1)
    assert levels.clipped_share(clipped) == pytest.approx(share, rel=0.1)
    assert levels.clipped_share(0.3 * clipped) == pytest.approx(share, rel=0.1)
    assert levels.clipped_share(silence(1)) == 0


def test_rms():
    assert levels.rms_decibel(tone(1, height=1.0)) == pytest.approx(-3.01, abs=0.01)
    assert levels.rms_decibel(silence(1)) == -120
    assert levels.rms_decibel(silence(0)) == -120


def test_a_leveller_puts_pieces_at_one_loudness_and_bends_peaks():
    leveller = levels.Leveller(AUDIO.sample_rate, lufs=-20.0)
    quiet, loud = tone(2, 0.02), tone(1, 0.5)
    pieces = [leveller.feed(quiet), leveller.feed(loud), leveller.finish()]
    assert levels.loudness(pieces[0], AUDIO.sample_rate) == pytest.approx(-20, abs=0.1)
    assert len(np.concatenate(pieces)) == len(quiet) + len(loud)
    highest = np.abs(pieces[1]).max()
    assert 10 ** (-3 / 20) < highest < 10 ** (-0.99 / 20)


def test_a_leveller_does_not_measure_silence():
    leveller = levels.Leveller(AUDIO.sample_rate)
    silence = np.zeros(3 * AUDIO.sample_rate, np.float32)
    assert len(leveller.feed(silence)) == 0
    wave = leveller.feed(tone(2, 0.1))
    assert len(wave) == 5 * AUDIO.sample_rate
    assert levels.loudness(wave[-2 * AUDIO.sample_rate :], AUDIO.sample_rate) < -15
    short = levels.Leveller(AUDIO.sample_rate)
    assert len(short.feed(tone(0.5))) == 0
    assert len(short.finish()) == len(tone(0.5))
