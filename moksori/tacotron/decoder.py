"""Memory -> frames: prenet, attention, two LSTMs, projections (Shen et al., 2.2).

The reference: one step, read from top to bottom, in two loops. Its fast twin, which
training and synthesis use, is `fused.decoder`.

Shapes: B batch, S symbols, E memory channels, H units of the attention LSTM, N steps of
r frames, M mels. In loops time comes first.
"""

from typing import Any, NamedTuple

import keras
from keras import ops

from moksori.backend.loops import scan
from moksori.tacotron.attention import LocationSensitiveAttention, confine
from moksori.tacotron.lstm import ZoneoutLSTM
from moksori.tacotron.products import dtype_policy


class DecoderState(NamedTuple):
    """What a step passes on to the next."""

    frame: Any  # [B, M] the last frame
    attention_cell: Any  # [B, H]
    attention_hidden: Any  # [B, H]
    context: Any  # [B, E]
    cumulative_weights: Any  # [B, S] the sum of all attention weights so far
    decoder_cell: Any  # [B, units]
    decoder_hidden: Any  # [B, units]


class StepNoise(NamedTuple):
    """The masks of one step: dropout of the prenet, zoneout of cell and output."""

    prenet: tuple  # [B or 1, dim] each
    attention_zoneout: tuple = ()  # (cell, output); empty for their mean
    decoder_zoneout: tuple = ()


class Prenet(keras.layers.Layer):
    """Dense layers with dropout, at synthesis too, whose masks are arguments."""

    def __init__(self, dims, rate, noise, compute="float32", **kwargs):
        super().__init__(**kwargs)
        self.rate, self.noise = rate, noise
        self.layers = [
            keras.layers.Dense(
                dim, activation="relu", dtype=dtype_policy(compute), name=f"dense_{i}"
            )
            for i, dim in enumerate(dims)
        ]

    def build(self, width):
        for layer in self.layers:
            layer.build((None, width))
            width = layer.units

    @property
    def dims(self) -> list[int]:
        return [layer.units for layer in self.layers]

    def masks(self, steps, batch):
        """Draw dropout masks, one [N, B, dim] a layer, scaled to keep the mean."""
        keep = 1.0 - self.rate
        drawn = (
            keras.random.uniform((batch, steps, dim), seed=self.noise)
            for dim in self.dims
        )
        return tuple(
            ops.cast(ops.transpose(chance, (1, 0, 2)) < keep, "float32") / keep
            for chance in drawn
        )

    def call(self, x, masks):
        for layer, mask in zip(self.layers, masks, strict=True):
            x = layer(x)
            x = x * ops.cast(mask, x.dtype)
        return x


class Decoder(keras.layers.Layer):
    """Teacher-forced through `call`, free-running through `generate`.

    `reduction_factor` is the largest r: all r * M outputs of a step are projected
    and the current factor takes the first of them, so no shape depends on it.
    `compute` is the type of the prenet's products, and of the large ones of the fast
    twin in `call`; the loops, and the last projections, whose values are heard, are
    float32.
    """

    def __init__(
        self,
        mels,
        prenet_dims,
        prenet_dropout,
        attention_dim,
        location_filters,
        location_kernel,
        attention_lstm,
        decoder_lstm,
        zoneout,
        reduction_factor,
        noise,
        compute="float32",
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.mels, self.reduction_factor = mels, reduction_factor
        self.compute = compute
        self.prenet = Prenet(prenet_dims, prenet_dropout, noise, compute, name="prenet")
        self.attention_lstm = ZoneoutLSTM(
            attention_lstm, zoneout, noise, compute, name="attention_lstm"
        )
        self.attention = LocationSensitiveAttention(
            attention_dim, location_filters, location_kernel, name="attention"
        )
        self.decoder_lstm = ZoneoutLSTM(
            decoder_lstm, zoneout, noise, compute, name="decoder_lstm"
        )
        self.frames = keras.layers.Dense(reduction_factor * mels, name="frames")
        self.stop = keras.layers.Dense(1, name="stop")

    def build(self, memory_dim):
        units = self.attention_lstm.units
        self.prenet.build(self.mels)
        self.attention_lstm.build((None, self.prenet.dims[-1] + memory_dim))
        self.attention.build(units, memory_dim)
        self.decoder_lstm.build((None, units + memory_dim))
        for head in (self.frames, self.stop):
            head.build((None, self.decoder_lstm.units + memory_dim))

    def call(self, memory, mask, mels, *, factor, training=False):
        """Predict every frame from the real one before its group (teacher-forced).

        memory [B, S, E], mask [B, S], mels [B, N * factor, M]. Returns frames
        [B, N * factor, M], stop logits [B, N] and attention weights [B, N, S].
        """
        inputs, masks = self._inputs(mels, factor, training)
        steps, batch = ops.shape(inputs)[0], ops.shape(mels)[0]
        zoneout = (
            *self.attention_lstm.zoneout_masks(steps, batch, training),
            *self.decoder_lstm.zoneout_masks(steps, batch, training),
        )
        text = self.read(memory, mask)

        def step(state, x):
            frame, *masks, attention_c, attention_h, decoder_c, decoder_h = x
            noise = StepNoise(masks, (attention_c, attention_h), (decoder_c, decoder_h))
            return self.step(state._replace(frame=frame), noise, text, factor)

        start = self.initial_state(memory)
        _, outputs = scan(step, start, (inputs, *masks, *zoneout))
        return self._batch_first(*outputs)

    def generate(
        self,
        state,
        memory,
        mask,
        prenet_masks,
        factor,
        window: tuple[int, int] | None = None,
    ):
        """Continue from what was said before (free-running).

        As many steps as `prenet_masks` [N, 1, dim] has. A `window`, symbols behind
        and ahead of the furthest one attended, confines attention
        (`attention.confine`). Returns `(state, frames [N, B, factor * M], stop [N, B],
        weights [N, B, S])`; the state continues in the next call.
        """
        text = self.read(memory, mask)

        def step(state, masks):
            seen = text if window is None else self.confine(text, state, window)
            return self.step(state, StepNoise(masks), seen, factor)

        state, outputs = scan(step, state, prenet_masks)
        return state, *outputs

    def step(self, state: DecoderState, noise: StepNoise, text, factor):
        """Take one step of the paper's figure 1, from the last frame to the next ones.

        `text` is what `read` gave. Returns `(state, (frames [B, factor * M],
        stop [B], weights [B, S]))`.
        """
        prenet = self.prenet(state.frame, noise.prenet)
        cell, hidden, context, weights = self.attention_step(prenet, state, noise, text)
        decoder_cell, decoder_hidden = self.decoder_lstm.step(
            ops.concatenate([hidden, context], -1),
            state.decoder_cell,
            state.decoder_hidden,
            *noise.decoder_zoneout,
        )
        outputs = ops.concatenate([decoder_hidden, context], -1)
        frames, stop = self.project(outputs, factor)
        state = DecoderState(
            frame=frames[:, -self.mels :],
            attention_cell=cell,
            attention_hidden=hidden,
            context=context,
            cumulative_weights=state.cumulative_weights + weights,
            decoder_cell=decoder_cell,
            decoder_hidden=decoder_hidden,
        )
        return state, (frames, stop, weights)

    def attention_step(self, prenet, state: DecoderState, noise: StepNoise, text):
        """Attend to the text: `(cell, hidden, context, weights)` from the prenet's
        output [B, dim]."""
        cell, hidden = self.attention_lstm.step(
            ops.concatenate([prenet, state.context], -1),
            state.attention_cell,
            state.attention_hidden,
            *noise.attention_zoneout,
        )
        weights, context = self.attention.attend(hidden, text, state.cumulative_weights)
        return cell, hidden, context, weights

    def project(self, x, factor):
        """Project to frames [..., factor * M] and stop logits [...]."""
        return self.frames(x)[..., : factor * self.mels], self.stop(x)[..., 0]

    def read(self, memory, mask):
        """Prepare what every step reads of the text: memory [B, S, E], mask [B, S]."""
        return self.attention.read(memory, mask)

    def confine(self, text, state: DecoderState, window: tuple[int, int]):
        """Leave of `text` only what `window` lets the next step attend to."""
        return confine(text, state.cumulative_weights, window)

    def initial_state(self, memory) -> DecoderState:
        """Return the state before the first step: zeros, and a zero frame."""
        zeros = ops.zeros_like(memory[:, 0, :1])

        def blank(units):
            return ops.tile(zeros, (1, units))

        return DecoderState(
            frame=blank(self.mels),
            attention_cell=blank(self.attention_lstm.units),
            attention_hidden=blank(self.attention_lstm.units),
            context=ops.zeros_like(memory[:, 0]),
            cumulative_weights=ops.zeros_like(memory[:, :, 0]),
            decoder_cell=blank(self.decoder_lstm.units),
            decoder_hidden=blank(self.decoder_lstm.units),
        )

    def _inputs(self, mels, factor, training):
        """The frame each step starts from, zero and then the last of every group, and
        the prenet's masks."""
        last = ops.transpose(mels[:, factor - 1 :: factor], (1, 0, 2))
        inputs = ops.concatenate([ops.zeros_like(last[:1]), last[:-1]], axis=0)
        steps, batch = ops.shape(inputs)[0], ops.shape(inputs)[1]
        return inputs, self.prenet.masks(steps, batch if training else 1)

    def _batch_first(self, frames, stop, weights):
        """frames [N, B, r * M], stop [N, B], weights [N, B, S] -> what `call` gives."""
        batch = ops.shape(frames)[1]
        frames = ops.transpose(frames, (1, 0, 2))
        frames = ops.reshape(frames, (batch, -1, self.mels))
        return frames, ops.transpose(stop), ops.transpose(weights, (1, 0, 2))
