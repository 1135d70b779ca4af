"""Read the network of an RVC model from its .pth, without running anything.

The file is a pickle of torch, of which only tensors and plain values are read
(`speakers.weights`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, prod

import numpy as np

from moksori.speakers.weights import WeightsError, read_saved

FRAMES_PER_SECOND = 100
FEATURES = {"v1": 256, "v2": 768}
RATES = 32000, 40000, 48000
_CONFIG_LENGTH = 18
# What RVC's own configurations have at most, and room for others'. A file must not ask
# for a network that fills the memory.
_MOST = {"hidden": 1024, "latent": 1024, "inner": 4096, "heads": 16, "layers": 24}
_MOST |= {"kernel": 15, "channels": 2048, "speakers": 4096, "speaker_channels": 1024}
_MOST_STAGES, _MOST_WIDTH = 8, 64
# The encoder of content that newer programs name; others' models need others.
_ENCODERS = "", "contentvec", "hubert_base"
_VOCODERS = "", "HiFi-GAN"


class RvcError(ValueError):
    """Report a file that is no RVC model that can be read; the text is one line."""


@dataclass(frozen=True)
class Shape:
    """Describe a network of RVC: widths, numbers of layers, and the rate in hertz.

    `features` are those of content, `inner` the width of convolutions between
    attention, `channels` those that the generator begins with; each of its stages
    raises the rate by a factor of `upsampling` and has a block for each of
    `block_kernels` with its `dilations`. Raises `RvcError` for what fits no network.
    """

    features: int
    latent: int
    hidden: int
    inner: int
    heads: int
    layers: int
    kernel: int
    block_kernels: tuple[int, ...]
    dilations: tuple[tuple[int, ...], ...]
    upsampling: tuple[int, ...]
    channels: int
    upsampling_kernels: tuple[int, ...]
    speakers: int
    speaker_channels: int
    sample_rate: int

    def __post_init__(self):
        if type(self.sample_rate) is not int or self.sample_rate not in RATES:
            raise RvcError(f"its rate is none of {RATES}")
        for name, most in _MOST.items():
            if not _whole(getattr(self, name), most):
                raise RvcError(f"its {name} is not from 1 to {most}")
        widths = self.block_kernels, self.upsampling, self.upsampling_kernels
        for numbers in (*widths, self.dilations, *self.dilations):
            if not 0 < len(numbers) <= _MOST_STAGES:
                raise RvcError(f"a part of it has not 1 to {_MOST_STAGES} layers")
        for numbers in (*widths, *self.dilations):
            if not all(_whole(number, _MOST_WIDTH) for number in numbers):
                raise RvcError(f"a layer of it is not 1 to {_MOST_WIDTH} wide")
        if not self._fits():
            raise RvcError("the parts of its configuration do not fit together")

    @classmethod
    def of(cls, values: Mapping) -> "Shape":
        """Return a shape from what `dataclasses.asdict` made of it, after JSON."""
        values = dict(values)
        for name in ("block_kernels", "upsampling", "upsampling_kernels"):
            values[name] = tuple(values[name])
        values["dilations"] = tuple(map(tuple, values["dilations"]))
        return cls(**values)

    def _fits(self) -> bool:
        stages = list(zip(self.upsampling, self.upsampling_kernels, strict=False))
        return (
            self.hop_length * FRAMES_PER_SECOND == self.sample_rate
            and len(self.upsampling) == len(self.upsampling_kernels)
            and len(self.block_kernels) == len(self.dilations)
            and all(kernel % 2 for kernel in self.block_kernels)
            and all(k >= u and (k - u) % 2 == 0 for u, k in stages)
            # Padded by half a step to each side.
            and all(self.steps[n] % 2 == 0 for n in range(len(self.upsampling) - 1))
            and self.hidden % self.heads == 0
            and self.latent % 2 == 0
            and self.channels % 2 ** len(self.upsampling) == 0
        )

    @property
    def hop_length(self) -> int:
        """Return the samples of a frame."""
        return prod(self.upsampling)

    @property
    def steps(self) -> tuple[int, ...]:
        """Return the samples of the wave for one of each stage of the generator."""
        count = range(1, len(self.upsampling) + 1)
        return tuple(prod(self.upsampling[number:]) for number in count)

    @property
    def reach(self) -> int:
        """Return the frames to each side that the generator hears at most."""
        blocks = zip(self.block_kernels, self.dilations, strict=True)
        wide = max(
            k // 2 * sum(each + 1 for each in dilations) for k, dilations in blocks
        )
        rate, frames = 1, 3.0
        for factor, kernel in zip(
            self.upsampling, self.upsampling_kernels, strict=True
        ):
            frames += kernel / factor / rate
            rate *= factor
            # Two more for the excitation.
            frames += (wide + 2) / rate
        return ceil(frames + 3 / rate)


def _whole(value, most: int) -> bool:
    return type(value) is int and 1 <= value <= most


@dataclass(frozen=True)
class RvcWeights:
    """Hold the network of a file: its shape, its weights by name, and what the file
    says of its training."""

    shape: Shape
    arrays: dict[str, np.ndarray]
    version: str
    info: str


def read_weights(content: bytes) -> RvcWeights:
    """Read a .pth that RVC wrote for use, with weight normalisation folded.

    Raises `RvcError` for anything else, by name.
    """
    try:
        saved = read_saved(content)
    except WeightsError as error:
        raise RvcError(f"it is {error}") from None
    weights, version = _for_use(saved)
    # The half of the network that training alone needs.
    weights = {name: a for name, a in weights.items() if not name.startswith("enc_q.")}
    shape = _shape(saved.get("config"), weights, FEATURES[version])
    info = saved.get("info")
    info = info[:80] if isinstance(info, str) else ""
    return RvcWeights(shape, fold(weights), version, info)


def _for_use(saved) -> tuple[dict[str, np.ndarray], str]:
    """Return the weights in what was saved, and the version; refuses by name what is no
    model for use, or one that this program cannot run."""
    if not isinstance(saved, dict):
        raise RvcError("it holds no model of RVC")
    if "weight" not in saved and isinstance(saved.get("model"), dict):
        raise RvcError(
            "it is a checkpoint of a training (G_ or D_), not a model for use: extract "
            "a small model in RVC, and bring that"
        )
    weights, version = saved.get("weight"), saved.get("version", "v1")
    versioned = isinstance(version, str) and version in FEATURES
    if not isinstance(weights, dict) or not versioned:
        raise RvcError("it holds no model of RVC v1 or v2")
    pitched = saved.get("f0", 1)
    if not isinstance(pitched, int) or pitched != 1:
        raise RvcError("it was trained without pitch (f0 0), which is not supported")
    for key, known in (("embedder_model", _ENCODERS), ("vocoder", _VOCODERS)):
        named = saved.get(key, "")
        named = named[:40] if isinstance(named, str) else "no text"
        if named not in known:
            raise RvcError(f"its {key} is not supported: {named!r}")
    if not all(
        isinstance(name, str)
        and isinstance(array, np.ndarray)
        and 0 < array.ndim < 4
        and np.isfinite(array).all()
        for name, array in weights.items()
    ):
        raise RvcError("its weights are not named tensors of numbers")
    return weights, version


def _shape(config, weights: Mapping[str, np.ndarray], features: int) -> Shape:
    """Return the shape of a network from the list in its file, whose order is that of
    the arguments of RVC's class."""
    if not isinstance(config, list) or len(config) != _CONFIG_LENGTH:
        raise RvcError("its configuration is not RVC's list of 18 values")
    _, _, *widths, _, blocks = config[:10]
    kernels, dilations, upsampling, channels, upsampling_kernels = config[10:15]
    if not isinstance(blocks, str) or blocks != "1":
        raise RvcError("its generator has other blocks than RVC's of kind 1")
    lists = [kernels, upsampling, upsampling_kernels, dilations]
    lists += dilations if isinstance(dilations, list) else []
    if not all(isinstance(each, list) for each in lists):
        raise RvcError("its configuration is not RVC's list of 18 values")
    content = weights.get("enc_p.emb_phone.weight")
    if content is None or content.shape[-1] != features:
        found = 0 if content is None else content.shape[-1]
        raise RvcError(
            f"its version is for content of {features} numbers, its weights of {found}"
        )
    # RVC itself goes by the table of speakers, not by the list.
    speakers = len(weights.get("emb_g.weight", ()))
    return Shape(
        features,
        *widths,
        tuple(kernels),
        tuple(map(tuple, dilations)),
        tuple(upsampling),
        channels,
        tuple(upsampling_kernels),
        speakers,
        *config[16:],
    )


def fold(weights: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Replace each pair of `weight_g` and `weight_v` by their `weight`, float32.

    Weight normalisation (Salimans and Kingma 2016): g v / |v|, with a length for each
    place of the first axis. Raises `RvcError` for half a pair.
    """
    folded = {}
    for name, array in weights.items():
        base, _, part = name.rpartition(".")
        if part == "weight_v":
            length = weights.get(f"{base}.weight_g")
            whole = length is not None and length.shape == (len(array), 1, 1)
            if not whole or array.ndim != 3:
                raise RvcError(f"{name[:80]} has no length")
            direction = array.astype(np.float32)
            norm = np.sqrt((direction**2).sum(axis=(1, 2), keepdims=True))
            norm = np.maximum(norm, np.finfo(np.float32).tiny)
            folded[f"{base}.weight"] = length.astype(np.float32) * direction / norm
        elif part != "weight_g":
            folded[name] = array
    return folded
