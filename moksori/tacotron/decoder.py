"""Memory -> frames: prenet, attention, two LSTMs, projections (Shen et al., 2.2).

Shapes: B batch, S symbols, E memory channels, N steps of r frames, M mels. Inside,
time comes first.
"""

import keras
from keras import ops

from moksori.backend.gradients import read_variable
from moksori.backend.loops import scan
from moksori.tacotron import recurrence
from moksori.tacotron.attention import LocationSensitiveAttention
from moksori.tacotron.lstm import ZoneoutLSTM
from moksori.tacotron.products import policy, projected

PADDING_ENERGY = -1e9


class Prenet(keras.layers.Layer):
    """Dense layers whose dropout never sleeps; at synthesis its masks are given."""

    def __init__(self, dims, rate, noise, compute="float32", **kwargs):
        super().__init__(**kwargs)
        self.rate, self.noise = rate, noise
        self.layers = [
            keras.layers.Dense(
                dim, activation="relu", dtype=policy(compute), name=f"dense_{i}"
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
        """Fresh dropout masks, one [N, B, dim] a layer, scaled to keep the mean."""
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
    `compute` is the type of the large products in `call`, and of the prenet's; the last
    projections, whose values are heard, and the loop of `generate` are float32.
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
        """Predict every frame from the real one before its group.

        memory [B, S, E], mask [B, S], mels [B, N * factor, M]. Returns frames
        [B, N * factor, M], stop logits [B, N] and attention weights [B, N, S].
        """
        inputs = self._inputs(mels, factor)
        steps, batch = ops.shape(inputs)[0], ops.shape(inputs)[1]
        lstm = self.attention_lstm
        z = self._project(
            self.prenet(inputs, self.prenet.masks(steps, batch if training else 1))
        )
        h, context, weights = recurrence.recurrence(
            z,
            *self._weights(),
            self.attention.keys(memory),
            memory,
            _penalty(mask),
            *lstm.holds(steps, batch, training),
            compute=self.compute,
        )
        h = self.decoder_lstm(ops.concatenate([h, context], -1), training=training)
        frames, stop = self._heads(ops.concatenate([h, context], -1), factor)
        frames = ops.reshape(
            ops.transpose(frames, (1, 0, 2)), (batch, steps * factor, self.mels)
        )
        return frames, ops.transpose(stop), ops.transpose(weights, (1, 0, 2))

    def initial_state(self, memory):
        """The state before the first step of `generate`: zeros, and a zero frame."""
        zeros = ops.zeros_like(memory[:, 0, :1])
        units = self.decoder_lstm.units
        return (
            ops.tile(zeros, (1, self.mels)),
            *recurrence.initial_state(self.attention_lstm.units, memory),
            ops.tile(zeros, (1, units)),
            ops.tile(zeros, (1, units)),
        )

    def generate(self, state, memory, mask, prenet_masks, factor):
        """Free-running steps, as many as `prenet_masks` [N, 1, dim] has.

        Returns `(state, frames [N, B, factor * M], stop [N, B], weights [N, B, S])`;
        the state continues in the next call.
        """
        utterance = (self.attention.keys(memory), memory, _penalty(mask))
        weights, hold = self._weights(), self.attention_lstm.zoneout

        def step(state, masks):
            frame, attention, upper = state[0], state[1:5], state[5:]
            z = self._project(self.prenet(frame, masks))
            attention, walked, _ = recurrence.step(
                z, attention, hold, hold, weights, utterance
            )
            h, context = attention[1], attention[2]
            h, upper = self.decoder_lstm.step(ops.concatenate([h, context], -1), upper)
            frames, stop = self._heads(ops.concatenate([h, context], -1), factor)
            return (frames[:, -self.mels :], *attention, *upper), (frames, stop, walked)

        state, (frames, stop, walked) = scan(step, state, prenet_masks)
        return state, frames, stop, walked

    def _inputs(self, mels, factor):
        """The frame each step starts from: zero, then the last of every group."""
        last = ops.transpose(mels[:, factor - 1 :: factor], (1, 0, 2))
        return ops.concatenate([ops.zeros_like(last[:1]), last[:-1]], axis=0)

    def _project(self, prenet):
        lstm = self.attention_lstm
        kernel = lstm.kernel[: prenet.shape[-1]]
        return projected(prenet, kernel, self.compute) + lstm.bias

    def _weights(self):
        """Kernels of the shared step: [context; h] -> gates, query, location, score."""
        lstm, attention = self.attention_lstm, self.attention
        kernel = ops.concatenate(
            [lstm.kernel[self.prenet.dims[-1] :], lstm.recurrent], axis=0
        )
        return (
            kernel,
            read_variable(attention.query_kernel),
            attention.location(),
            read_variable(attention.score),
        )

    def _heads(self, x, factor):
        return self.frames(x)[..., : factor * self.mels], self.stop(x)[..., 0]


def _penalty(mask):
    return (1.0 - mask) * PADDING_ENERGY
