"""Losses against scipy's densities and each other, draws against the losses."""

import numpy as np
import pytest
from keras import ops
from scipy import special, stats

from moksori.wavenet import distributions
from moksori.wavenet.distributions import Categorical, Gaussian, LogisticMixture
from tests.tacotron.made import gradients

pytestmark = pytest.mark.backend

EVERY = [Categorical(), LogisticMixture(3), Gaussian()]
CONTINUOUS = EVERY[1:]
LEVELS = np.linspace(-1, 1, 2**16)
WIDTH = LEVELS[1] - LEVELS[0]
LAST = np.nextafter(np.float32(1), np.float32(0))
DRAWS = 2**14


def name(distribution) -> str:
    return type(distribution).__name__


def loss(distribution, parameters, target) -> np.ndarray:
    parameters, target = np.float32(parameters), np.float32(target)
    return ops.convert_to_numpy(distribution.loss(parameters, target))


def draw(distribution, parameters, uniforms, temperature=1.0) -> np.ndarray:
    parameters, uniforms = np.float32(parameters), np.float32(uniforms)
    return ops.convert_to_numpy(distribution.sample(parameters, uniforms, temperature))


def spread() -> np.ndarray:
    """Pairs of uniforms that fill the unit square evenly, the same on every run."""
    points = stats.qmc.Sobol(2, scramble=False).random(DRAWS) + 0.5 / DRAWS
    return points.astype(np.float32)


def mixture(seed: int, mixtures: int, *shape: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    each = (*shape, mixtures)
    parts = random.normal(size=each), random.uniform(-1, 1, each)
    return np.concatenate([*parts, random.uniform(-8, 0, each)], axis=-1)


def around(distribution, means, log_scale: float) -> np.ndarray:
    """Parameters of one scale: all means for a mixture of three, else the first."""
    if isinstance(distribution, Gaussian):
        return np.array([means[0], log_scale])
    return np.array([1, 0, -1, *means, *[log_scale] * 3])


def mixture_loss(parameters, target) -> np.ndarray:
    """In double precision, from differences of scipy's distribution function.

    They are taken below the mean, where they are exact, by symmetry.
    """
    logits, mean, log_scale = np.split(np.float64(parameters), 3, axis=-1)
    target, scale = np.float64(target)[..., None], np.exp(log_scale)
    logistic = stats.logistic(0, scale)
    edges = [-np.abs(target - mean) + side * WIDTH / 2 for side in (-1, 1)]
    below, above = (logistic.logcdf(edge) for edge in edges)
    inside = above + np.log1p(-np.exp(below - above))
    least, most = -1 + WIDTH / 2, 1 - WIDTH / 2
    mass = np.where(target < least, logistic.logcdf(least - mean), inside)
    mass = np.where(target > most, logistic.logsf(most - mean), mass)
    return -special.logsumexp(special.log_softmax(logits, axis=-1) + mass, axis=-1)


def test_classes_are_mid_tread():
    categorical = Categorical()
    signal = np.array([-2, -1, -0.5 / 127 - 1e-6, 0, 0.49 / 127, 1, 2], np.float32)
    classes = ops.convert_to_numpy(categorical.classes(signal))
    np.testing.assert_array_equal(classes, [1, 1, 127, 128, 128, 255, 255])
    every = np.arange(256)
    values = ops.convert_to_numpy(categorical.values(every))
    assert values[128] == 0
    assert values[0] == values[1] == -1
    assert values[255] == 1
    np.testing.assert_array_equal(values[1:], -values[:0:-1])
    again = ops.convert_to_numpy(categorical.classes(values))
    np.testing.assert_array_equal(again[1:], every[1:])


def test_a_value_is_within_half_a_class():
    categorical, signal = Categorical(), np.linspace(-1, 1, 9999, dtype=np.float32)
    values = ops.convert_to_numpy(categorical.values(categorical.classes(signal)))
    assert np.abs(values - signal).max() <= 0.5 / 127 + 1e-6


def test_categorical_loss_is_scipys():
    random = np.random.default_rng(1)
    logits, classes = random.normal(0, 5, (7, 4, 256)), random.integers(1, 256, (7, 4))
    every = special.log_softmax(logits, axis=-1)
    expected = -np.take_along_axis(every, classes[..., None], axis=-1)[..., 0]
    found = loss(Categorical(), logits, (classes - 128) / 127)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.parametrize("mixtures", [1, 3, 10])
def test_logistic_loss_is_scipys(mixtures):
    parameters = mixture(2, mixtures, 50, 4)
    inside = np.random.default_rng(3).uniform(-1, 1, 50)
    target = np.stack([inside, inside**9, -np.ones(50), np.ones(50)], axis=1)
    found = loss(LogisticMixture(mixtures), parameters, target)
    expected = mixture_loss(np.float32(parameters), np.float32(target))
    np.testing.assert_allclose(found, expected, rtol=2e-4, atol=2e-4)


def test_logistic_loss_far_away_is_linear():
    """A tail falls by one nat per scale, long after a probability is zero in float."""
    target, scale = np.array([-1, -0.5, 0, 0.5, 1]), np.exp(-5)
    found = loss(LogisticMixture(1), np.tile([0, 30.0, -5], (5, 1)), target)
    inside = (30 - target) / scale - np.log(2 * np.sinh(WIDTH / 2 / scale))
    np.testing.assert_allclose(found[1:4], inside[1:4], rtol=1e-5)
    np.testing.assert_allclose(found[0], (31 - WIDTH / 2) / scale, rtol=1e-5)
    assert found[4] == 0


@pytest.mark.parametrize("mean", [-1.5, 0, 0.3, 1])
@pytest.mark.parametrize("log_scale", [-20, -9, -4, 0, 3])
def test_probabilities_of_all_levels_sum_to_one(mean, log_scale):
    parameters = np.tile([0, mean, log_scale], (2**16, 1))
    mass = np.exp(-np.float64(loss(LogisticMixture(1), parameters, LEVELS)))
    # A position near 1 is rounded to 6e-8, and the least scale is 1.2e-4.
    assert mass.sum() == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("log_scale", [-7, -4, -1, 2])
def test_logistic_of_fine_levels_is_its_density(log_scale):
    target = np.linspace(-0.9, 0.9, 41)
    found = loss(LogisticMixture(1), np.tile([0, 0.1, log_scale], (41, 1)), target)
    density = stats.logistic(0.1, np.exp(log_scale)).logpdf(target)
    np.testing.assert_allclose(found, -density - np.log(WIDTH), rtol=2e-4)


def test_equal_components_are_one():
    one = np.array([0, 0.2, -4])
    found = loss(LogisticMixture(5), np.repeat(one, 5), 0.25)
    assert found == pytest.approx(loss(LogisticMixture(1), one, 0.25), rel=1e-6)


def test_gaussian_loss_is_scipys():
    random = np.random.default_rng(4)
    mean, log_sigma = random.uniform(-1, 1, (9, 5)), random.uniform(-6, 1, (9, 5))
    target = random.uniform(-1, 1, (9, 5))
    found = loss(Gaussian(), np.stack([mean, log_sigma], axis=-1), target)
    expected = -stats.norm(mean, np.exp(log_sigma)).logpdf(target)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_classes_of_a_density_are_that_density():
    centres = (np.arange(256) - 128) / 127
    density = stats.norm(0.1, 0.2).logpdf(centres)
    density[0] = -np.inf
    target = centres[60:200]
    found = loss(Categorical(), np.tile(np.maximum(density, -1e4), (140, 1)), target)
    gaussian = loss(Gaussian(), np.tile([0.1, np.log(0.2)], (140, 1)), target)
    np.testing.assert_allclose(found, gaussian + np.log(127), rtol=1e-4)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_classes_are_drawn_as_often_as_they_are_likely(temperature):
    logits = np.random.default_rng(5).normal(0, 2, 256)
    logits[0] = -1e4
    found = draw(
        Categorical(), np.tile(logits, (DRAWS, 1)), np.sort(spread(), 0), temperature
    )
    count = np.bincount(np.rint(found * 127).astype(int) + 128, minlength=256)
    target = np.arange(1, 256) - 128
    likely = np.exp(
        -loss(Categorical(), np.tile(logits / temperature, (255, 1)), target / 127)
    )
    # A class takes an interval of evenly spaced uniforms.
    assert np.abs(count[1:] - DRAWS * likely).max() < 1.1
    assert np.all(np.diff(found) >= 0)


@pytest.mark.parametrize("log_scale", [-6, -3, -0.5])
@pytest.mark.parametrize("distribution", CONTINUOUS, ids=name)
def test_draws_follow_the_loss(distribution, log_scale):
    """Kolmogorov and Smirnov's distance between the draws and the summed loss."""
    parameters = around(distribution, [0.2, -0.4, 0.5], log_scale)
    mass = np.exp(
        -np.float64(loss(distribution, np.tile(parameters, (2**16, 1)), LEVELS))
    )
    if isinstance(distribution, Gaussian):
        mass *= WIDTH
        mass[0] = stats.norm(0.2, np.exp(log_scale)).cdf(-1 + WIDTH / 2)
    drawn = np.sort(draw(distribution, np.tile(parameters, (DRAWS, 1)), spread()))
    expected = np.interp(drawn, LEVELS + WIDTH / 2, np.cumsum(mass))
    share = (np.arange(DRAWS) + 0.5) / DRAWS
    inside = np.abs(drawn) < 1 - WIDTH
    assert inside.mean() > 0.3
    assert np.abs(expected - share)[inside].max() < 0.004


@pytest.mark.parametrize("distribution", CONTINUOUS, ids=name)
def test_temperature_scales_the_distance_from_the_mean(distribution):
    parameters = np.tile(around(distribution, [0.1] * 3, -4), (DRAWS, 1))
    whole = draw(distribution, parameters, spread()) - 0.1
    half = draw(distribution, parameters, spread(), 0.5) - 0.1
    assert np.abs(whole).max() > 0.05
    np.testing.assert_allclose(half, whole / 2, atol=1e-6)


@pytest.mark.parametrize("distribution", EVERY, ids=name)
def test_temperature_zero_is_the_most_likely(distribution):
    parameters = {
        "Categorical": np.where(np.arange(256) == 128 + 64, 0.1, 0.0),
        "LogisticMixture": np.array([-50, 0, -50, 0.9, 64 / 127, 0.9, -1, -1, -1]),
        "Gaussian": np.array([64 / 127, -1]),
    }[name(distribution)]
    found = draw(distribution, np.tile(parameters, (DRAWS, 1)), spread(), 0.0)
    np.testing.assert_allclose(found, 64 / 127, atol=1e-6)


@pytest.mark.parametrize("uniform", [0.0, 0.5, LAST, 1.0])
@pytest.mark.parametrize("scale", [0, 1e-3, 5.0, 200.0])
def test_an_impossible_class_is_never_drawn(uniform, scale):
    random = np.random.default_rng(6)
    logits = scale * random.normal(size=(500, 256))
    possible = random.random((500, 256)) < 0.1
    possible[:, 128] = True
    possible[:, 0] = False
    found = draw(
        Categorical(), np.where(possible, logits, -1e9), np.full((500, 2), uniform)
    )
    chosen = np.rint(found * 127).astype(int) + 128
    assert np.all(possible[np.arange(500), chosen])


@pytest.mark.parametrize("distribution", EVERY, ids=name)
@pytest.mark.parametrize("parameter", [-1e9, -50, 0, 50, 1e9])
def test_draws_at_the_ends_are_finite(distribution, parameter):
    ends = np.array([0.0, 1e-30, 0.5, LAST], np.float32)
    uniforms = np.stack(np.meshgrid(ends, ends), axis=-1)
    found = draw(
        distribution, np.full((4, 4, distribution.channels), parameter), uniforms
    )
    assert np.all(np.abs(found) <= 1)


def test_tails_end():
    ends = np.array([[0.5, 0], [0.5, LAST]])
    found = draw(LogisticMixture(1), np.tile([0, 0, -5.0], (2, 1)), ends)
    np.testing.assert_allclose(found, np.array([-11.51, 11.51]) * np.exp(-5), rtol=1e-3)
    ends = np.array([[0, 0.5], [0, 0]])
    found = draw(Gaussian(), np.tile([0, -5.0], (2, 1)), ends)
    np.testing.assert_allclose(found, np.array([-5.68, 5.68]) * np.exp(-5), rtol=1e-3)


@pytest.mark.parametrize("distribution", EVERY, ids=name)
def test_losses_and_gradients_are_finite_at_the_extremes(distribution):
    random = np.random.default_rng(7)
    extremes = [-1e4, -88, -9, 0, 9, 88, 1e4]
    parameters = random.choice(extremes, (400, distribution.channels))
    target = random.choice([-1, -1 + 1e-6, -0.3, 0, 1 - 1e-6, 1], 400)
    parameters, target = np.float32(parameters), np.float32(target)
    assert np.all(np.isfinite(loss(distribution, parameters, target)))
    (found,) = gradients(lambda p: ops.sum(distribution.loss(p, target)), [parameters])
    assert np.all(np.isfinite(found))
    assert np.abs(found).max() > 0.1


def test_logistic_gradient_is_that_of_the_reference():
    parameters = np.float32(mixture(8, 2, 60))
    target = np.random.default_rng(9).uniform(-1, 1, 60).astype(np.float32)
    target[:10], target[10:20] = -1, 1
    # Near a component: a gradient far away is as large as the distance in scales.
    parameters[:, 2:4] = target[:, None] + 0.5 * np.exp(parameters[:, 4:])
    (found,) = gradients(
        lambda p: ops.sum(LogisticMixture(2).loss(p, target)), [parameters]
    )
    for place in range(6):
        step = 1e-6 * np.eye(6)[place]
        ends = [mixture_loss(parameters + side * step, target) for side in (-1, 1)]
        expected = (ends[1] - ends[0]) / 2e-6
        np.testing.assert_allclose(found[:, place], expected, rtol=2e-3, atol=2e-3)


@pytest.mark.parametrize("distribution", EVERY, ids=name)
def test_half_precision_parameters_are_judged_in_single(distribution):
    parameters = ops.cast(np.zeros((2, distribution.channels)), "bfloat16")
    target = np.zeros(2, np.float32)
    found = distribution.loss(parameters, target)
    assert found.dtype == "float32"
    assert distribution.sample(parameters, spread()[:2]).dtype == "float32"
    expected = loss(distribution, np.zeros((2, distribution.channels)), target)
    np.testing.assert_array_equal(ops.convert_to_numpy(found), expected)


def test_by_name():
    assert distributions.by_name("categorical", 4) == Categorical()
    assert distributions.by_name("logistic", 4) == LogisticMixture(4)
    assert distributions.by_name("gaussian", 4) == Gaussian()
    assert [d.channels for d in EVERY] == [256, 9, 2]
    with pytest.raises(ValueError, match="no distribution cauchy"):
        distributions.by_name("cauchy", 4)
    with pytest.raises(ValueError, match="mixtures"):
        LogisticMixture(0)
    with pytest.raises(ValueError, match="even"):
        Categorical(255)
