"""The decoder that training and synthesis use: the same network, fewer products.

Teacher-forced, the decoder LSTM never feeds back, so only attention LSTM and attention
share a loop; free-running, the kernels of a step are put together once.
"""

from typing import NamedTuple

from keras import ops

from moksori.backend.gradients import read_variable
from moksori.tacotron.attention import Memory
from moksori.tacotron.decoder import Decoder, DecoderState, StepNoise
from moksori.tacotron.fused import recurrence
from moksori.tacotron.products import project


class Text(NamedTuple):
    """What every step reads: the memory, and the kernels of `recurrence.step`."""

    memory: Memory
    weights: tuple


class FusedDecoder(Decoder):
    """The reference's weights, noise and results; `compute` is the type of the large
    products in `call`."""

    def call(self, memory, mask, mels, *, factor, training=False):
        """Predict every frame from the real one before its group (teacher-forced)."""
        inputs, masks = self._inputs(mels, factor, training)
        steps, batch = ops.shape(inputs)[0], ops.shape(inputs)[1]
        z = self._project(self.prenet(inputs, masks))
        text = self.read(memory, mask)
        hidden, context, weights = recurrence.recurrence(
            z,
            *text.weights,
            *text.memory,
            *self.attention_lstm.zoneout_masks(steps, batch, training),
            compute=self.compute,
        )
        hidden = self.decoder_lstm(
            ops.concatenate([hidden, context], -1), training=training
        )
        outputs = self.project(ops.concatenate([hidden, context], -1), factor)
        return self._batch_first(*outputs, weights)

    def attention_step(self, prenet, state: DecoderState, noise: StepNoise, text):
        """Attend to the text by the kernels that `read` put together."""
        zoneout = noise.attention_zoneout or (self.attention_lstm.zoneout,) * 2
        (cell, hidden, context, _), weights, _ = recurrence.step(
            self._project(prenet), state[1:5], *zoneout, *text
        )
        return cell, hidden, context, weights

    def read(self, memory, mask) -> Text:
        """Prepare memory, and kernels: [context; hidden] -> gates, query, location,
        score."""
        lstm, attention = self.attention_lstm, self.attention
        kernel = ops.concatenate(
            [lstm.kernel[self.prenet.dims[-1] :], lstm.recurrent], axis=0
        )
        weights = (
            kernel,
            read_variable(attention.query_kernel),
            ops.matmul(attention.filter, attention.location_kernel),
            read_variable(attention.score),
        )
        return Text(super().read(memory, mask), weights)

    def confine(self, text: Text, state: DecoderState, window: tuple[int, int]) -> Text:
        """Leave of `text` only what `window` lets the next step attend to."""
        return text._replace(memory=super().confine(text.memory, state, window))

    def _project(self, prenet):
        """What the prenet's output adds to the gates [..., 4H]."""
        lstm = self.attention_lstm
        kernel = lstm.kernel[: prenet.shape[-1]]
        return project(prenet, kernel, self.compute) + lstm.bias
