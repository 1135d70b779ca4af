"""WaveNet (van den Oord et al. 2016) as a vocoder: mels and a speaker -> signal.

Legend: B batch, T steps, F frames, M mels, C conditioning channels, L layers,
R residual, G gate, S skip channels, n upsampling stages, O parameters of a sample.

The signal is a float in [-1, 1], which the caller makes of a wave (by companding, say)
and turns back. A step is one sample of it in each of its bands, which are drawn
independently, given all that was before (as in FeatherWave, Tian et al. 2020, with its
multi-band linear prediction); a full-band signal has one.
"""

import keras
import numpy as np
from keras import ops

from moksori.backend.compilation import padded_size
from moksori.wavenet.distributions import Categorical, by_name
from moksori.wavenet.export import Weights
from moksori.wavenet.layers import GatedBlock
from moksori.wavenet.upsample import Upsample

_FRAME_KERNEL = 3
# Frames whose gates are conditioned together, where a program is made for each number.
_FRAMES = (64, 128, 256, 512)


class WaveNet(keras.Model):
    """The stack of gated blocks between an embedding and two output layers.

    Arguments are those of `hparams.WaveNet`, with the number of `mels` and of
    `speakers`; `compute` is the type of the matrix products in training.

    `deviation` is the standard deviation of the signal, where that is known: what is
    read is divided by it, and what is predicted multiplied.

    `hop_length` counts the steps of a frame; `receptive_field` those that a parameter
    depends on, the step before it included; `context` the frames wanted on either side
    of the mels.
    """

    def __init__(
        self,
        *,
        mels: int,
        speakers: int,
        layers: int,
        cycles: int,
        kernel: int,
        residual_channels: int,
        gate_channels: int,
        skip_channels: int,
        condition_channels: int,
        upsample: tuple[int, ...],
        distribution: str,
        mixtures: int,
        bands: int = 1,
        deviation: float = 1.0,
        compute: str = "float32",
        seed: int = 1,
    ):
        super().__init__(name="wavenet")
        keras.utils.set_random_seed(seed)
        self.mels, self.speakers, self.compute = mels, speakers, compute
        self.residual, self.skip = residual_channels, skip_channels
        self.gate, self.kernel = gate_channels, kernel
        self.bands, self.deviation = bands, deviation
        self.distribution = by_name(distribution, mixtures)
        self.discrete = isinstance(self.distribution, Categorical)
        if self.discrete and (bands, deviation) != (1, 1.0):
            raise ValueError("classes are of a signal of one band and full scale")
        cycle = layers // cycles
        self.dilations = tuple(2 ** (i % cycle) for i in range(layers))
        self.receptive_field = 1 + (kernel - 1) * sum(self.dilations)
        self.upsample = Upsample(upsample, name="upsample")
        self.hop_length = self.upsample.hop_length
        self.input_embedding = self._input_embedding(residual_channels)
        self.speaker = keras.layers.Embedding(
            speakers, 2 * condition_channels, name="speakers"
        )
        widths = (2 * condition_channels, condition_channels)
        self.frames = [
            keras.layers.Conv1D(
                width,
                _FRAME_KERNEL,
                activation="relu",
                kernel_initializer="he_normal",
                name=f"frames_{i}",
            )
            for i, width in enumerate(widths)
        ]
        self.context = self.upsample.context + len(self.frames) * (_FRAME_KERNEL // 2)
        self.blocks = [
            GatedBlock(
                kernel,
                dilation,
                residual_channels,
                gate_channels,
                condition_channels,
                depth=layers,
                last=i == layers - 1,
                compute=compute,
                name=f"block_{i}",
            )
            for i, dilation in enumerate(self.dilations)
        ]
        self.to_skip = keras.layers.Dense(
            skip_channels, kernel_initializer="he_normal", name="skip"
        )
        self.head = keras.layers.Dense(
            skip_channels, kernel_initializer="he_normal", name="head"
        )
        self.out = keras.layers.Dense(bands * self.distribution.channels, name="out")
        self._build(condition_channels)

    def _input_embedding(self, residual):
        if self.discrete:
            return keras.layers.Embedding(
                self.distribution.levels,
                residual,
                embeddings_initializer=_ramp,
                name="entry",
            )
        return keras.layers.Dense(residual, name="entry")

    def _build(self, channels):
        self.input_embedding.build((None, self.bands))
        self.speaker.build((None,))
        self.frames[0].build((None, None, self.mels))
        self.frames[1].build((None, None, 2 * channels))
        self.to_skip.build((None, None, len(self.blocks) * self.gate // 2))
        self.head.build((None, None, self.skip))
        self.out.build((None, None, self.skip))
        self.built = True

    def call(self, signal, mels, speaker, output_length: int | None = None):
        """Predict the parameters [B, T', bands, O] of every step from its past.

        signal [B, T, bands]: step t stands before output t, so it is the signal delayed
        by one; mels [B, F + 2 * context, M], where F * hop_length >= T and both end
        together; speaker int [B]. With `output_length` the past is what `signal` holds,
        and the last T' = `output_length` <= T - receptive_field + 1 steps are given.
        Without, zeros stand before the first step in every layer, and T' = T.
        """
        conditioning = self.upsample(self.condition(mels, speaker), dtype=self.compute)
        h, gated = self.embed(signal), []
        steps = output_length or signal.shape[1]
        for block in self.blocks:
            if output_length is None:
                h = ops.pad(h, ((0, 0), (block.reach, 0), (0, 0)))
            h, z = block(h, conditioning, output_length=steps)
            gated.append(z)
        return self.output_head(ops.concatenate(gated, axis=-1))

    def step(self, signal, buffers, conditioning):
        """Predict one step: signal [B, bands], buffers [B, (k-1)d, R] of every block,
        conditioning [B, C] at the rate of steps -> (parameters [B, bands, O],
        buffers)."""
        h, gated, after = self.embed(signal), [], []
        for block, buffer in zip(self.blocks, buffers, strict=True):
            h, z, buffer = block.step(h, buffer, conditioning)
            gated, after = [*gated, z], [*after, buffer]
        return self.output_head(ops.concatenate(gated, axis=-1)), after

    def reseed(self, seed: int, step: int) -> None:
        """Do nothing: this network draws no random numbers."""

    def condition(self, mels, speaker):
        """Encode mels and speaker at the rate of frames: [B, F + 2n, C]."""
        first, second = self.frames
        x = ops.conv(mels, first.kernel, padding="valid") + first.bias
        return second(ops.relu(x + self.speaker(speaker)[:, None]))

    def embed(self, signal):
        """Embed a signal [..., bands] -> h [..., R]."""
        if self.discrete:
            return self.input_embedding(self.distribution.classes(signal[..., 0]))
        return self.input_embedding(signal / self.deviation)

    def output_head(self, gated):
        """Project the gated units of all blocks [..., L * G/2] -> parameters
        [..., bands, O].

        One product for all skips at once is the same as their sum.
        """
        skips = ops.matmul(gated, ops.cast(self.to_skip.kernel, gated.dtype))
        skips = ops.relu(ops.cast(skips, "float32") + self.to_skip.bias)
        parameters = self.out(ops.relu(self.head(skips)))
        shape = (*parameters.shape[:-1], self.bands, self.distribution.channels)
        parameters = ops.reshape(parameters, (-1, *shape[1:]))
        if self.discrete:
            return parameters
        factor, shift = self.distribution.units(self.deviation)
        return parameters * factor + shift

    def padded(self, mels):
        """Repeat first and last frame: mels [F, M] -> [F + 2 * context, M]."""
        return np.pad(mels, ((self.context, self.context), (0, 0)), mode="edge")

    def local_conditioning(self, mels: np.ndarray, speaker: int = 0) -> np.ndarray:
        """Condition the gates of all layers on an utterance: mels [F, M] -> float32
        [F + 2n, L, G]."""
        rows = self.padded(np.asarray(mels, np.float32))
        spare = padded_size(len(rows), _FRAMES) - len(rows)
        batch = np.pad(rows, ((0, spare), (0, 0)))[None]
        features = self.condition(batch, np.array([speaker], np.int32))[0]
        weights = ops.stack([block.gate[block.taps :] for block in self.blocks])
        gates = ops.convert_to_numpy(ops.einsum("fc,lcg->flg", features, weights))
        return gates[: len(gates) - spare]

    def export(self) -> Weights:
        """Export all that generation needs, as arrays."""
        array, count, half = ops.convert_to_numpy, len(self.blocks), self.gate // 2
        residual, width = self.residual, self.residual + self.skip
        res_skip = np.zeros((count, half, width), np.float32)
        res_skip_bias = np.zeros((count, width), np.float32)
        res_skip[:, :, residual:] = array(self.to_skip.kernel).reshape(count, half, -1)
        res_skip_bias[0, residual:] = array(self.to_skip.bias)
        for i, block in enumerate(self.blocks[:-1]):
            res_skip[i, :, :residual] = array(block.next)
            res_skip_bias[i, :residual] = array(block.next_bias)
        taps = [array(block.gate)[: block.taps] for block in self.blocks]
        biases = [array(block.gate_bias) for block in self.blocks]
        entry, post2 = self.input_embedding, array(self.out.kernel)
        factor, shift = np.ones(1, np.float32), np.zeros(1, np.float32)
        if not self.discrete:
            factor, shift = self.distribution.units(self.deviation)
            factor, shift = (np.tile(each, self.bands) for each in (factor, shift))
        return Weights(
            embedding=array(entry.embeddings) if self.discrete else None,
            scale=None if self.discrete else array(entry.kernel) / self.deviation,
            offset=None if self.discrete else array(entry.bias),
            filter_gate=np.stack(taps).reshape(count, self.kernel, residual, self.gate),
            filter_gate_bias=np.stack(biases),
            res_skip=res_skip,
            res_skip_bias=res_skip_bias,
            post1=array(self.head.kernel),
            post1_bias=array(self.head.bias),
            post2=post2 * factor,
            post2_bias=array(self.out.bias) * factor + shift,
            phases=array(self.upsample.phases()),
            dilations=self.dilations,
            distribution=self.distribution,
        )


def _ramp(shape, dtype=None):
    """Rows that tell neighbouring levels little apart: a random direction times the
    level, and a little noise."""
    levels, width = shape
    level = ops.linspace(-1.0, 1.0, levels)[:, None]
    direction = keras.random.normal((1, width), dtype=dtype)
    return level * direction + 0.1 * keras.random.normal(shape, dtype=dtype)
