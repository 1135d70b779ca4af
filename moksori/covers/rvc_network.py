"""Run the network of an RVC model (v1 and v2, with pitch): content and pitch to sound.

The inference half of VITS (Kim et al. 2021, "Conditional variational autoencoder with
adversarial learning for end-to-end text-to-speech") with a neural source-filter
generator (Wang et al. 2019), as in github.com/RVC-Project (MIT). Keras, so that it runs
wherever the other networks here do, without torch. Attributes have the names of the
file's weights, which are found by them; weight normalisation is folded before.

B batch, T frames of 10 ms, S samples, H hidden, Z latent channels, G speaker channels.
"""

from collections.abc import Mapping
from itertools import pairwise

import keras
import numpy as np
from keras import ops

from moksori.covers.rvc_encoder import TextEncoder
from moksori.covers.rvc_files import Shape
from moksori.covers.rvc_layers import (
    Composite,
    convolution,
    embedding,
    linear,
    transposed,
)

_SLOPE, _LAST_SLOPE = 0.1, 0.01
_FLOW_KERNEL, _FLOW_LAYERS, _FLOWS = 5, 3, 4
_NAMES = {"weight": ("kernel", "embeddings"), "bias": ("bias",)}


class GatedConvolutions(Composite):
    """Convolve frames [B, T, H] by gated layers with skips, for a speaker [B, 1, G]."""

    def __init__(self, hidden: int, speakers: int):
        super().__init__()
        self.cond_layer = convolution(speakers, 2 * hidden * _FLOW_LAYERS)
        self.in_layers = [
            convolution(hidden, 2 * hidden, _FLOW_KERNEL) for _ in range(_FLOW_LAYERS)
        ]
        widths = [2 * hidden] * (_FLOW_LAYERS - 1) + [hidden]
        self.res_skip_layers = [convolution(hidden, width) for width in widths]

    def call(self, x, speaker):
        skips = 0.0
        conditions = ops.split(self.cond_layer(speaker), _FLOW_LAYERS, axis=-1)
        *first, last = zip(
            self.in_layers, self.res_skip_layers, conditions, strict=True
        )
        for convolve, project, condition in first:
            both = project(_gated(convolve(x) + condition))
            residual, skip = ops.split(both, 2, axis=-1)
            x, skips = x + residual, skips + skip
        convolve, project, condition = last
        return skips + project(_gated(convolve(x) + condition))


def _gated(x):
    value, gate = ops.split(x, 2, axis=-1)
    return ops.tanh(value) * ops.sigmoid(gate)


class Coupling(Composite):
    """Undo a step of the flow: one half of the channels [B, T, Z] moves the other."""

    def __init__(self, shape: Shape):
        super().__init__()
        self.pre = convolution(shape.latent // 2, shape.hidden)
        self.enc = GatedConvolutions(shape.hidden, shape.speaker_channels)
        self.post = convolution(shape.hidden, shape.latent // 2)

    def call(self, z, speaker):
        kept, moved = ops.split(z, 2, axis=-1)
        mean = self.post(self.enc(self.pre(kept), speaker))
        return ops.concatenate([kept, moved - mean], axis=-1)


class Flip(Composite):
    """Reverse the order of channels, so that each half is moved in its turn."""

    def call(self, z, speaker):
        return ops.flip(z, axis=-1)


class Flow(Composite):
    """Run the flow backwards, from the encoder's latent to the generator's."""

    def __init__(self, shape: Shape):
        super().__init__()
        steps = [(Coupling(shape), Flip()) for _ in range(_FLOWS)]
        self.flows = [layer for step in steps for layer in step]

    def call(self, z, speaker):
        for layer in reversed(self.flows):
            z = layer(z, speaker)
        return z


class ResidualBlock(Composite):
    """Add to a signal [B, n, channels] what dilated convolutions make of it (HiFi-GAN,
    Kong et al. 2020)."""

    def __init__(self, channels: int, kernel: int, dilations: tuple[int, ...]):
        super().__init__()
        same = channels, channels, kernel
        self.convs1 = [convolution(*same, dilation_rate=each) for each in dilations]
        self.convs2 = [convolution(*same) for _ in dilations]

    def call(self, x):
        for first, second in zip(self.convs1, self.convs2, strict=True):
            inner = first(ops.leaky_relu(x, _SLOPE))
            x = x + second(ops.leaky_relu(inner, _SLOPE))
        return x


class Source(Composite):
    """Weigh the excitation [B, S, 1]."""

    def __init__(self):
        super().__init__()
        self.l_linear = linear(1, 1, activation="tanh")

    def call(self, excitation):
        return self.l_linear(excitation)


class Generator(Composite):
    """Generate a wave [B, S, 1] from a latent [B, T, Z], an excitation [B, S, 1] and a
    speaker [B, 1, G]."""

    def __init__(self, shape: Shape):
        super().__init__()
        self.m_source = Source()
        self.conv_pre = convolution(shape.latent, shape.channels, 7)
        self.cond = convolution(shape.speaker_channels, shape.channels)
        stages = zip(shape.upsampling, shape.upsampling_kernels, strict=True)
        self.ups, self.noise_convs, self.resblocks = [], [], []
        for number, (factor, kernel) in enumerate(stages, 1):
            channels = shape.channels >> number
            # Samples of the excitation for one of this stage.
            step = shape.steps[number - 1]
            self.ups.append(transposed(2 * channels, channels, kernel, factor))
            width = 2 * step if step > 1 else 1
            self.noise_convs.append(convolution(1, channels, width, strides=step))
            self.resblocks += [
                ResidualBlock(channels, *each)
                for each in zip(shape.block_kernels, shape.dilations, strict=True)
            ]
        self.conv_post = convolution(channels, 1, 7, use_bias=False)

    def call(self, z, excitation, speaker):
        source = self.m_source(excitation)
        x = self.conv_pre(z) + self.cond(speaker)
        count = len(self.resblocks) // len(self.ups)
        places = pairwise(range(0, len(self.resblocks) + 1, count))
        stages = zip(self.ups, self.noise_convs, places, strict=True)
        for raise_rate, add, (begin, end) in stages:
            x = raise_rate(ops.leaky_relu(x, _SLOPE)) + add(source)
            x = sum(block(x) for block in self.resblocks[begin:end]) / count
        return ops.tanh(self.conv_post(ops.leaky_relu(x, _LAST_SLOPE)))


class Synthesizer(keras.Model):
    """Map content [B, T, features], pitch numbers [B, T], noise [B, T, Z] and an
    excitation [B, S, 1] to a wave [B, S, 1], of the first speaker of the file."""

    def __init__(self, shape: Shape):
        super().__init__()
        self.enc_p = TextEncoder(shape)
        self.flow = Flow(shape)
        self.dec = Generator(shape)
        self.built = True
        self.emb_g = embedding(shape.speakers, shape.speaker_channels)

    def call(self, content, pitch, noise, excitation):
        return self.generate(self.latent(content, pitch, noise), excitation)

    def latent(self, content, pitch, noise):
        """Compute what the generator makes its wave of [B, T, Z]: all of T is heard."""
        mean, log_deviation = self.enc_p(content, pitch)
        return self.flow(mean + ops.exp(log_deviation) * noise, self._speaker())

    def generate(self, z, excitation):
        """Generate a wave [B, S, 1], which hears `Shape.reach` frames to each side."""
        return self.dec(z, excitation, self._speaker())

    def _speaker(self):
        return self.emb_g(ops.zeros((1, 1), "int32"))


def build(shape: Shape, arrays: Mapping[str, np.ndarray]) -> Synthesizer:
    """Build a network with the weights of a file by their names.

    Raises `ValueError` for a weight that is missing, too much, or of another shape.
    """
    network = Synthesizer(shape)
    missing = {id(variable) for variable in network.variables}
    for name, array in arrays.items():
        variable, array = _variable(network, name), array.astype(np.float32)
        # Torch has the channels first that Keras has last.
        if name.endswith(".weight") and variable.name != "embeddings":
            array = array.T
        if tuple(variable.shape) != array.shape:
            raise ValueError(f"{name} has the shape {array.shape}")
        variable.assign(array)
        missing.discard(id(variable))
    if missing:
        count = len(network.variables)
        raise ValueError(f"{len(missing)} of {count} weights are missing")
    return network


def _variable(network: Synthesizer, name: str):
    """Return the variable to which the name of a weight leads."""
    *path, last = name.split(".")
    thing = network
    for part in path:
        if part.isdigit():
            rest = thing[int(part) :] if isinstance(thing, list) else []
            thing = next(iter(rest), None)
        else:
            thing = getattr(thing, part, None)
    found = [getattr(thing, each, None) for each in _NAMES.get(last, (last,))]
    for each in found:
        if isinstance(each, keras.Variable):
            return each
    raise ValueError(f"{name[:80]} has no place in a network of RVC")
