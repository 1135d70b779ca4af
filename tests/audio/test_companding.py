"""Round trips, ends and noise of mu-law; emphasis in one piece and in many."""

import numpy as np
import pytest

from moksori.audio.companding import (
    Deemphasis,
    compress,
    deemphasize,
    expand,
    preemphasize,
)

MUS = [1, 15, 255, 65535]


def noise(samples: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1, 1, samples).astype(np.float32)


@pytest.mark.parametrize("mu", MUS)
def test_there_and_back(mu):
    wave = np.concatenate([noise(5000), noise(5000) ** 9])
    np.testing.assert_allclose(
        expand(compress(wave, mu), mu), wave, rtol=2e-6, atol=1e-30
    )
    np.testing.assert_allclose(
        compress(expand(wave, mu), mu), wave, rtol=2e-6, atol=1e-30
    )


@pytest.mark.parametrize("mu", MUS)
@pytest.mark.parametrize("function", [compress, expand])
def test_silence_and_full_scale_stay_exactly(function, mu):
    ends = np.array([-1, 0, 1], np.float32)
    np.testing.assert_array_equal(function(ends, mu), ends)


@pytest.mark.parametrize("mu", MUS)
@pytest.mark.parametrize("function", [compress, expand])
def test_rising_and_odd(function, mu):
    wave = np.linspace(-1.5, 1.5, 3001, dtype=np.float32)
    found = function(wave, mu)
    assert np.all(np.diff(found) > 0)
    np.testing.assert_array_equal(found, -function(-wave, mu))


def test_values_of_the_formula():
    """ln(1 + 255 / 100) / ln(256), and 255 / ln(256) times as fine near zero."""
    assert compress(np.array([0.01]))[0] == pytest.approx(0.2284774, abs=1e-6)
    assert compress(np.array([1e-7]))[0] == pytest.approx(1e-7 * 45.985, rel=1e-3)


def test_quantisation_noise_of_256_levels():
    """Half a level of 127, seen through the steepest slope of `expand` on the way."""
    wave = np.concatenate([noise(20000), noise(20000, 1) ** 5])
    signal = compress(wave)
    error = np.abs(expand(np.round(signal * 127) / 127) - wave)
    slope = np.log(256) / 255 * 256 ** np.minimum(np.abs(signal) + 0.5 / 127, 1)
    assert np.all(error <= slope * 0.5 / 127 + 1e-6)
    loud = np.abs(wave) > 0.1
    ratio = np.mean(wave[loud] ** 2) / np.mean(error[loud] ** 2)
    assert 10 * np.log10(ratio) > 36
    quiet = 0.01 * noise(20000, 2)
    fine = expand(np.round(compress(quiet) * 127) / 127) - quiet
    coarse = np.round(quiet * 127) / 127 - quiet
    assert np.mean(fine**2) < np.mean(coarse**2) / 300


def test_a_mu_that_is_not_positive():
    for mu in (0, -255, float("nan")):
        with pytest.raises(ValueError, match="mu"):
            compress(noise(3), mu)
        with pytest.raises(ValueError, match="mu"):
            expand(noise(3), mu)


def test_emphasis_is_a_difference():
    wave = np.array([1, 0.5, -0.25], np.float32)
    np.testing.assert_allclose(preemphasize(wave, 0.5), [1, 0, -0.5])
    np.testing.assert_allclose(deemphasize(np.array([1.0, 0, 0]), 0.5), [1, 0.5, 0.25])


@pytest.mark.parametrize("coefficient", [0, 0.5, 0.97])
def test_emphasis_there_and_back(coefficient):
    wave = noise(30000)
    back = deemphasize(preemphasize(wave, coefficient), coefficient)
    np.testing.assert_allclose(back, wave, atol=1e-5)


@pytest.mark.parametrize("sizes", [[1] * 50, [0, 7, 0, 300], [5000]])
def test_pieces_are_the_whole(sizes):
    wave, take = noise(sum(sizes)), Deemphasis(0.97)
    pieces = [take(piece) for piece in np.split(wave, np.cumsum(sizes)[:-1])]
    assert [piece.size for piece in pieces] == sizes
    np.testing.assert_array_equal(np.concatenate(pieces), deemphasize(wave, 0.97))


@pytest.mark.parametrize(
    "function",
    [compress, expand, lambda w: preemphasize(w, 0.9), lambda w: deemphasize(w, 0.9)],
)
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_never_in_place_and_always_single(function, kind):
    wave = noise(100).astype(kind)
    before = wave.copy()
    found = function(wave)
    assert found.dtype == np.float32
    assert not np.shares_memory(found, wave)
    np.testing.assert_array_equal(wave, before)
    assert function(wave[:0]).shape == (0,)


def test_emphasis_is_of_one_wave():
    for function in (preemphasize, deemphasize):
        with pytest.raises(ValueError, match="samples"):
            function(noise(6).reshape(2, 3), 0.9)
