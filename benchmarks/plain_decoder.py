"""The decoder as one writes it first: everything in the loop, gradients left to Keras.

What `benchmarks/train_step.py` compares with. It differs from `tacotron.decoder` in two
things: no product is taken out of the loop over time, and the backend differentiates
that loop, so the gradient of every weight is accumulated step by step.
"""

from unittest import mock

from keras import ops

from moksori.backend.loops import scan
from moksori.tacotron import model, recurrence
from moksori.tacotron.decoder import Decoder, _penalty
from moksori.tacotron.lstm import cell


class PlainDecoder(Decoder):
    """The same weights, the same noise and the same results, by the short way."""

    def call(self, memory, mask, mels, *, factor, training=False):
        inputs = self._inputs(mels, factor)
        steps, batch = ops.shape(inputs)[0], ops.shape(inputs)[1]
        masks = self.prenet.masks(steps, batch if training else 1)
        holds = [
            *self.attention_lstm.holds(steps, batch, training),
            *self.decoder_lstm.holds(steps, batch, training),
        ]
        weights = self._weights()
        utterance = (self.attention.keys(memory), memory, _penalty(mask))

        def step(state, x):
            frame, *x = x
            drops, (hold_c, hold_h, upper_c, upper_h) = x[:-4], x[-4:]
            z = self._project(self.prenet(frame, drops))
            attention, walked, _ = recurrence.step(
                z, state[:4], hold_c, hold_h, weights, utterance
            )
            _, h, context, _ = attention
            c, below = state[4:]
            z = self.decoder_lstm.project(ops.concatenate([h, context], -1))
            z = z + ops.matmul(below, self.decoder_lstm.recurrent)
            c, h, _ = cell(z, c, below, upper_c, upper_h)
            frames, stop = self._heads(ops.concatenate([h, context], -1), factor)
            return (*attention, c, h), (frames, stop, walked)

        start = self.initial_state(memory)[1:]
        _, (frames, stop, walked) = scan(step, start, (inputs, *masks, *holds))
        frames = ops.reshape(
            ops.transpose(frames, (1, 0, 2)), (batch, steps * factor, self.mels)
        )
        return frames, ops.transpose(stop), ops.transpose(walked, (1, 0, 2))


def plainly():
    """A context in which networks are made with the plain decoder."""
    return mock.patch.object(model, "Decoder", PlainDecoder)
