"""Distributions of the next sample: likelihood and draw, one class each.

A distribution reads its parameters [..., O] from the network's last layer and speaks of
a signal [...] in [-1, 1]. A draw is a pure function of two uniform numbers in [0, 1),
so that the loop over time decides where randomness comes from.
"""

import math
from dataclasses import dataclass

import numpy as np
from keras import ops

# The least log scale. A logistic or normal of scale e^-9 is spread over about 4 of the
# 65,536 levels of a 16-bit recording, some 75 dB below full scale: narrower ones model
# nothing that is heard, and their likelihood of digital silence has no bound. In single
# precision a position near 1 is then still known to 1/2000 of the scale.
_LEAST_LOG_SCALE = -9.0
# Scales beyond this would overflow in a draw, which ends at the clip to [-1, 1] anyway.
_LARGEST_LOG_SCALE = 60.0
# How far apart the levels are over which a logistic is integrated.
_LEVEL = 2 / (2**16 - 1)
# A temperature of zero, the most likely draw, without dividing by zero.
_LEAST_TEMPERATURE = 1e-6


@dataclass(frozen=True)
class Categorical:
    """One of `levels` classes, evenly spaced (van den Oord et al. 2016, section 2.2).

    The scale is mid-tread: class levels / 2 is 0 exactly, so that silence stays
    silence. The lowest class repeats the value -1 and is never a target.
    """

    levels: int = 256
    uniforms = 2

    def __post_init__(self):
        if self.levels < 4 or self.levels % 2:
            raise ValueError(f"levels must be even and at least 4, not {self.levels}")

    @property
    def channels(self) -> int:
        """Count the parameters of one sample: a logit for each class."""
        return self.levels

    def classes(self, signal):
        """Quantize a signal [...] to the nearest class, int32 [...]."""
        most = self.levels // 2 - 1
        nearest = ops.round(ops.cast(signal, "float32") * most)
        return ops.cast(ops.clip(nearest, -most, most), "int32") + self.levels // 2

    def values(self, classes):
        """Return the signal, float32 [...], of classes [...]."""
        half = self.levels // 2
        centred = ops.cast(classes, "float32") - half
        return ops.clip(centred / (half - 1), -1.0, 1.0)

    def loss(self, parameters, target):
        """Return -log of likelihoods: parameters [..., O], target [...] -> nats [...].

        It is that of the target's class, a probability and not a density.
        """
        return ops.sparse_categorical_crossentropy(
            self.classes(target), ops.cast(parameters, "float32"), from_logits=True
        )

    def sample(self, parameters, uniforms, temperature=1.0):
        """Draw a signal [...] from parameters [..., O] and uniforms [..., 2].

        The first number decides; a temperature below 1 favours likely classes.
        """
        logits = ops.cast(parameters, "float32")
        return self.values(_chosen(logits, uniforms[..., 0], temperature))


@dataclass(frozen=True)
class LogisticMixture:
    """A mixture of logistic distributions, integrated over 65,536 levels.

    Parameters are [logit of the weight | mean | log scale], `mixtures` of each. Source:
    Salimans et al. 2017, "PixelCNN++", section 2.1; on 16-bit sound van den Oord et al.
    2018, "Parallel WaveNet", section 2.
    """

    mixtures: int = 10
    uniforms = 2

    def __post_init__(self):
        if self.mixtures < 1:
            raise ValueError(f"mixtures must be at least 1, not {self.mixtures}")

    @property
    def channels(self) -> int:
        """Count the parameters of one sample: three for each component."""
        return 3 * self.mixtures

    def units(self, deviation: float) -> tuple[np.ndarray, np.ndarray]:
        """Return factor and shift [O] of the parameters, for a signal that is
        `deviation` times what they speak of."""
        one = np.ones(self.mixtures, np.float32)
        shift = np.float32(math.log(deviation)) * one
        return (
            np.concatenate([one, np.float32(deviation) * one, one]),
            np.concatenate([0 * one, 0 * one, shift]),
        )

    def loss(self, parameters, target):
        """Return -log of likelihoods: parameters [..., O], target [...] -> nats [...].

        The probability of one level around the target; at -1 and 1 it includes all
        that lies beyond, so that the levels' probabilities sum to one.
        """
        logits, mean, log_scale = self._split(parameters)
        target = ops.cast(target, "float32")[..., None]
        rate = ops.exp(-log_scale)
        above = (target - mean + _LEVEL / 2) * rate
        below = (target - mean - _LEVEL / 2) * rate
        up_to, from_here = -ops.softplus(-above), -ops.softplus(below)
        inside = up_to + from_here + _log_width(log_scale, rate)
        component = ops.where(target > 1 - _LEVEL / 2, from_here, inside)
        component = ops.where(target < _LEVEL / 2 - 1, up_to, component)
        weight = logits - ops.logsumexp(logits, axis=-1, keepdims=True)
        return -ops.logsumexp(weight + component, axis=-1)

    def sample(self, parameters, uniforms, temperature=1.0):
        """Draw a signal [...] from parameters [..., O] and uniforms [..., 2].

        The first number chooses the component, the second the place in it; a
        temperature below 1 makes every component narrower.
        """
        logits, mean, log_scale = self._split(parameters)
        component = ops.arange(self.mixtures, dtype="int32")
        chosen = component == _chosen(logits, uniforms[..., 0])[..., None]
        mean = ops.sum(ops.where(chosen, mean, 0.0), axis=-1)
        log_scale = ops.sum(ops.where(chosen, log_scale, 0.0), axis=-1)
        # The tails are cut at 11.5 scales: a stray sample there would be a click.
        place = ops.clip(uniforms[..., 1], 1e-5, 1 - 1e-5)
        place = ops.log(place) - ops.log(1.0 - place)
        return ops.clip(mean + _scale(log_scale, temperature) * place, -1.0, 1.0)

    def _split(self, parameters):
        count = self.mixtures
        parameters = ops.cast(parameters, "float32")
        log_scale = ops.maximum(parameters[..., 2 * count :], _LEAST_LOG_SCALE)
        return parameters[..., :count], parameters[..., count : 2 * count], log_scale


@dataclass(frozen=True)
class Gaussian:
    """A single normal distribution; parameters are [mean | log standard deviation].

    Source: Ping et al. 2018, "ClariNet", section 3.1.
    """

    channels = 2
    uniforms = 2

    def units(self, deviation: float) -> tuple[np.ndarray, np.ndarray]:
        """Return factor and shift [O], as `LogisticMixture.units`."""
        factor = np.array([deviation, 1.0], np.float32)
        return factor, np.array([0.0, math.log(deviation)], np.float32)

    def loss(self, parameters, target):
        """Return -log of densities: parameters [..., O], target [...] -> nats [...].

        It is negative where the density exceeds 1.
        """
        mean, log_scale = self._split(parameters)
        distance = (ops.cast(target, "float32") - mean) * ops.exp(-log_scale)
        return 0.5 * ops.square(distance) + log_scale + 0.5 * math.log(2 * math.pi)

    def sample(self, parameters, uniforms, temperature=1.0):
        """Draw a signal [...] from parameters [..., O] and uniforms [..., 2].

        The temperature scales the standard deviation. Source: Box and Muller 1958, "A
        note on the generation of random normal deviates".
        """
        mean, log_scale = self._split(parameters)
        radius = ops.sqrt(-2.0 * ops.log(ops.maximum(uniforms[..., 0], 1e-7)))
        normal = radius * ops.cos(2 * math.pi * uniforms[..., 1])
        return ops.clip(mean + _scale(log_scale, temperature) * normal, -1.0, 1.0)

    def _split(self, parameters):
        parameters = ops.cast(parameters, "float32")
        return parameters[..., 0], ops.maximum(parameters[..., 1], _LEAST_LOG_SCALE)


Distribution = Categorical | LogisticMixture | Gaussian


def by_name(name: str, mixtures: int = 10) -> Distribution:
    """Return the distribution called `categorical`, `logistic` or `gaussian`.

    `mixtures` counts the components of `logistic`. Another name is a `ValueError`.
    """
    if name == "categorical":
        return Categorical()
    if name == "logistic":
        return LogisticMixture(mixtures)
    if name == "gaussian":
        return Gaussian()
    raise ValueError(f"no distribution {name}: categorical, logistic or gaussian")


def _log_width(log_scale, rate):
    """log(1 - exp(-d)) for a level of d = _LEVEL * rate scales.

    With p(x) the logistic function, p(a) - p(b) = p(a) p(-b) (1 - exp(b - a)). This is
    the last factor, whose logarithm has the series log d - d/2 + d^2/24 - d^4/2880 +
    ...: exact to single precision for d <= 0.25, the most that the least scale allows,
    and finite however small d is.
    """
    width = _LEVEL * rate
    square = ops.square(width)
    series = -width / 2 + square / 24 - ops.square(square) / 2880
    return math.log(_LEVEL) - log_scale + series


def _chosen(logits, uniforms, temperature=1.0):
    """The first index, int32 [...], whose cumulative softmax of logits [..., N] exceeds
    uniforms [...]."""
    shifted = logits - ops.max(logits, axis=-1, keepdims=True)
    reached = ops.cumsum(
        ops.exp(shifted / ops.maximum(temperature, _LEAST_TEMPERATURE)), axis=-1
    )
    whole = reached[..., -1:]
    passed = reached <= uniforms[..., None] * whole
    # Rounding may lift the product to the whole: the last index with any probability
    # is then the answer, not one behind it.
    possible = reached < whole
    return ops.sum(ops.cast(passed & possible, "int32"), axis=-1)


def _scale(log_scale, temperature):
    return temperature * ops.exp(ops.minimum(log_scale, _LARGEST_LOG_SCALE))
