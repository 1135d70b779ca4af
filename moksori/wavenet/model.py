"""WaveNet (van den Oord et al. 2016) as a vocoder: mels and a speaker -> signal.

Legend: B batch, T samples, F frames, M mels, C conditioning channels, L layers,
R residual, G gate, S skip channels, n upsampling stages, O output parameters.

The signal is a float in [-1, 1]: whatever the caller makes of a wave (companded, say)
and turns back. It is the only thing the network hears of the past.
"""

import keras
import numpy as np
from keras import ops

from moksori.wavenet.distributions import Categorical, by_name
from moksori.wavenet.export import Weights
from moksori.wavenet.layers import GatedBlock
from moksori.wavenet.upsample import Upsample

_FRAME_KERNEL = 3


class WaveNet(keras.Model):
    """The stack. Arguments are those of `hparams.WaveNet`, with the number of `mels`
    and of `speakers`; `compute` is the type of the matrix products in training.

    `receptive_field` is the number of samples that a parameter depends on, the sample
    before it included; `context` that of frames wanted on either side of the mels.
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
        compute: str = "float32",
        seed: int = 1,
    ):
        super().__init__(name="wavenet")
        keras.utils.set_random_seed(seed)
        self.mels, self.speakers, self.compute = mels, speakers, compute
        self.residual, self.skip = residual_channels, skip_channels
        self.gate, self.kernel = gate_channels, kernel
        self.distribution = by_name(distribution, mixtures)
        self.discrete = isinstance(self.distribution, Categorical)
        cycle = layers // cycles
        self.dilations = tuple(2 ** (i % cycle) for i in range(layers))
        self.receptive_field = 1 + (kernel - 1) * sum(self.dilations)
        self.upsample = Upsample(upsample, name="upsample")
        self.hop_length = self.upsample.hop_length
        self.entry = self._entry(residual_channels)
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
        self.out = keras.layers.Dense(self.distribution.channels, name="out")
        self._build(condition_channels)

    def _entry(self, residual):
        if self.discrete:
            return keras.layers.Embedding(
                self.distribution.levels,
                residual,
                embeddings_initializer=_ramp,
                name="entry",
            )
        return keras.layers.Dense(residual, name="entry")

    def _build(self, channels):
        self.entry.build((None, 1))
        self.speaker.build((None,))
        self.frames[0].build((None, None, self.mels))
        self.frames[1].build((None, None, 2 * channels))
        self.to_skip.build((None, None, len(self.blocks) * self.gate // 2))
        self.head.build((None, None, self.skip))
        self.out.build((None, None, self.skip))
        self.built = True

    def call(self, signal, mels, speaker, counted: int | None = None):
        """Parameters [B, T', O] of every sample after its past.

        signal [B, T]: sample t stands before output t, so it is the signal delayed by
        one; mels [B, F + 2 * context, M], where F * hop_length >= T and both end
        together; speaker int [B]. With `counted` the past is what `signal` holds, and
        the last T' = `counted` <= T - receptive_field + 1 samples are given. Without,
        silence of every layer stands before the first sample, and T' = T.
        """
        conditioning = self.upsample(self.features(mels, speaker), dtype=self.compute)
        h, gated = self.enter(signal), []
        steps = counted or signal.shape[1]
        for block in self.blocks:
            if counted is None:
                h = ops.pad(h, ((0, 0), (block.reach, 0), (0, 0)))
            h, z = block(h, conditioning, counted=steps)
            gated.append(z)
        return self.leave(ops.concatenate(gated, axis=-1))

    def step(self, signal, pasts, conditioning):
        """One sample: signal [B], pasts a list of [B, (k-1)d, R], conditioning [B, C]
        at the rate of samples -> (parameters [B, O], pasts)."""
        h, gated, after = self.enter(signal), [], []
        for block, past in zip(self.blocks, pasts, strict=True):
            h, z, past = block.step(h, past, conditioning)
            gated, after = [*gated, z], [*after, past]
        return self.leave(ops.concatenate(gated, axis=-1)), after

    def reseed(self, seed: int, step: int) -> None:
        """Nothing here is drawn."""

    def silence(self, streams: int):
        """The pasts of `step` before the first sample."""
        return [ops.zeros((streams, b.reach, self.residual)) for b in self.blocks]

    def features(self, mels, speaker):
        """What the gates are told of frames: [B, F + 2n, C]."""
        first, second = self.frames
        x = ops.conv(mels, first.kernel, padding="valid") + first.bias
        return second(ops.relu(x + self.speaker(speaker)[:, None]))

    def enter(self, signal):
        """signal [...] -> h [..., R]."""
        if self.discrete:
            return self.entry(self.distribution.classes(signal))
        return self.entry(signal[..., None])

    def leave(self, gated):
        """The gated units of all blocks [..., L * G/2] -> parameters [..., O].

        One product for all skips at once is the same as their sum.
        """
        skips = ops.matmul(gated, ops.cast(self.to_skip.kernel, gated.dtype))
        skips = ops.relu(ops.cast(skips, "float32") + self.to_skip.bias)
        return self.out(ops.relu(self.head(skips)))

    def padded(self, mels):
        """mels [F, M], first and last frame repeated: [F + 2 * context, M]."""
        return np.pad(mels, ((self.context, self.context), (0, 0)), mode="edge")

    def frame_gates(self, mels: np.ndarray, speaker: int = 0) -> np.ndarray:
        """The conditioning of an utterance [F, M]: float32 [F + 2n, L, G]."""
        batch = self.padded(np.asarray(mels, np.float32))[None]
        features = self.features(batch, np.array([speaker], np.int32))[0]
        weights = ops.stack([block.gate[block.taps :] for block in self.blocks])
        return ops.convert_to_numpy(ops.einsum("fc,lcg->flg", features, weights))

    def export(self) -> Weights:
        """All that generation needs, as arrays."""
        array, count, half = ops.convert_to_numpy, len(self.blocks), self.gate // 2
        mix = np.zeros((count, half, self.residual + self.skip), np.float32)
        mix_bias = np.zeros((count, self.residual + self.skip), np.float32)
        mix[:, :, self.residual :] = array(self.to_skip.kernel).reshape(count, half, -1)
        mix_bias[0, self.residual :] = array(self.to_skip.bias)
        for i, block in enumerate(self.blocks[:-1]):
            mix[i, :, : self.residual] = array(block.next)
            mix_bias[i, : self.residual] = array(block.next_bias)
        taps = [array(block.gate)[: block.taps] for block in self.blocks]
        return Weights(
            embedding=array(self.entry.embeddings) if self.discrete else None,
            scale=None if self.discrete else array(self.entry.kernel)[0],
            offset=None if self.discrete else array(self.entry.bias),
            gate=np.stack(taps).reshape(count, self.kernel, self.residual, self.gate),
            gate_bias=np.stack([array(block.gate_bias) for block in self.blocks]),
            mix=mix,
            mix_bias=mix_bias,
            head1=array(self.head.kernel),
            head1_bias=array(self.head.bias),
            head2=array(self.out.kernel),
            head2_bias=array(self.out.bias),
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
