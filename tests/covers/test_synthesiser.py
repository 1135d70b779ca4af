"""Harmonics and noise: as their definition says, in tune, and with a gradient."""

import keras
import numpy as np
import pytest

from moksori.covers import pitch, synthesiser, world
from moksori.covers.synthesiser import BANDS, Synthesiser, pulses
from moksori.covers.world import CEPSTRA, RATES

pytestmark = [pytest.mark.usefixtures("covers_installed"), pytest.mark.backend]


def timbre(frames: int, odds: float = -9.0, seed: int = 0):
    """A timbre that stays, [1, frames, CEPSTRA] and [1, frames, BANDS]."""
    cepstra = np.random.default_rng(seed).normal(0, 1, CEPSTRA) / (
        1 + np.arange(CEPSTRA)
    )
    cepstra = np.tile(cepstra, (1, frames, 1)).astype("f4")
    return cepstra, np.full((1, frames, BANDS), odds, "f4")


def test_pulses_are_the_harmonics_added_up():
    rate, hertz = 16000, np.linspace(200, 260, 60)
    made = pulses(hertz, rate, 100, 4600)
    times = np.arange(100, 4600) / rate
    # A pitch that rises by a line has a phase that rises by a parabola.
    slope = 60 / (59 * pitch.FRAME_SECONDS)
    phase = 2 * np.pi * (200 * times + slope * times**2 / 2)
    count = np.floor(rate / 2 / (200 + slope * times))
    number = np.arange(1, 41)[:, None]
    added = (np.cos(number * phase) * (number <= count)).sum(axis=0)
    # In the last frame the pitch is held.
    np.testing.assert_allclose(made, added * np.sqrt(2 / count), atol=2e-3)
    assert abs(np.mean(made**2) - 1) < 0.02
    assert not pulses(np.zeros(60), rate, 0, 4600).any()


@pytest.mark.parametrize("odds", [-30.0, 0.0])
def test_a_timbre_that_stays_is_a_filter_of_minimum_phase(odds):
    rate, samples = 22050, 6000
    cepstra, noisiness = timbre(60, odds)
    tone = pulses(np.full(60, 210.0), rate, 0, samples)
    noise = np.random.default_rng(1).standard_normal(samples).astype("f4")
    made = Synthesiser(rate)(cepstra, noisiness, tone[None], noise[None])
    share = 1 / (1 + np.exp(-odds))
    source = np.sqrt(1 - share) * tone + np.sqrt(share) * noise
    power = world._world().decode_spectral_envelope(
        cepstra[0, :1].astype(float), rate, 2048
    )[0]
    cepstrum = np.fft.irfft(np.log(power) / 2)
    cepstrum[1:1024] *= 2
    cepstrum[1025:] = 0
    response = np.fft.irfft(np.exp(np.fft.rfft(cepstrum)))
    wanted = np.convolve(source, response)[:samples]
    error = keras.ops.convert_to_numpy(made)[0] - wanted
    assert np.sqrt(np.mean(error**2)) < 0.01 * wanted.std()


@pytest.mark.parametrize("rate", RATES)
def test_a_tone_is_in_tune_and_as_long_as_asked(rate):
    hertz = np.full(301, 220.0)
    cepstra, noisiness = timbre(301, -6.0)
    samples = int(1.5 * rate) + 7
    wave = synthesiser.synthesise(
        hertz, world.Timbre(cepstra[0], noisiness[0]), rate, samples
    )
    assert (wave.shape, wave.dtype) == ((samples,), np.float32)
    contour = world.refine(wave, rate, pitch.track(wave, rate))[40:-40]
    assert len(contour) > 200
    assert (contour > 0).all()
    assert abs(np.median(1200 * np.log2(contour / 220))) < 5


def test_windows_do_not_show(monkeypatch):
    rng = np.random.default_rng(2)
    hertz = np.where(
        np.arange(900) % 300 < 200, 200 + 40 * np.sin(np.arange(900) / 30), 0
    )
    noisiness = rng.normal(-3, 1, (900, BANDS))
    cepstra, _ = timbre(900)
    sound = world.Timbre(cepstra[0], noisiness)
    whole = synthesiser.synthesise(hertz, sound, 16000, 72000)
    monkeypatch.setattr(synthesiser, "_WINDOW", 280)
    parts = synthesiser.synthesise(hertz, sound, 16000, 72000)
    np.testing.assert_allclose(parts, whole, atol=1e-4)


def test_a_loss_of_the_wave_finds_the_timbre_that_made_it():
    rate, samples = 16000, 6400
    tone = pulses(np.full(81, 210.0), rate, 0, samples)[None]
    noise = np.random.default_rng(1).standard_normal((1, samples)).astype("f4")
    make, distance = Synthesiser(rate), synthesiser.spectral_distance(rate)
    wanted = make(*timbre(81, -3.0, seed=5), tone, noise)
    start = keras.Input((81, CEPSTRA))
    shift = keras.layers.Dense(CEPSTRA + BANDS, kernel_initializer="zeros")(start)
    made = make(start + shift[..., :CEPSTRA], shift[..., CEPSTRA:], tone, noise)
    model = keras.Model(start, made)
    model.compile(keras.optimizers.Adam(0.05), distance)
    losses = [model.train_on_batch(timbre(81)[0], wanted) for _ in range(40)]
    assert losses[-1] < 0.5 * losses[0]


def test_a_silence_is_not_endlessly_far():
    distance = synthesiser.spectral_distance(16000)
    noise = np.random.default_rng(1).standard_normal((2, 4000)).astype("f4")
    assert float(distance(0 * noise, noise)) < 20
    assert float(distance(noise, noise)) < 1e-3
