"""From the rate of mel frames to the rate of samples.

Every stage is a sub-pixel convolution (Shi et al. 2016) in time alone: each of its
`factor` phases weighs a frame and its two neighbours, with the same weights for all
channels. Stages begin as repetition. Because they are linear and shared by the
channels, they commute with the projections to the gates: generation projects once a
frame, and not once a sample.
"""

import math

import keras
from keras import ops


class Upsample(keras.layers.Layer):
    """Stages of the given factors; their product is the hop length.

    Shapes: B batch, F frames, C channels, n stages.
    """

    def __init__(self, factors: tuple[int, ...], **kwargs):
        super().__init__(**kwargs)
        self.factors = tuple(factors)
        self.hop_length = math.prod(self.factors)
        self.context = len(self.factors)
        self.stages = [
            self.add_weight(
                shape=(factor, 3), initializer=_repetition, name=f"stage_{i}"
            )
            for i, factor in enumerate(self.factors)
        ]
        self.built = True

    def phases(self):
        """Merge all stages into one: [hop_length, 2n + 1], the weights of the frames
        from n before its own to n after it in each sample of a hop."""
        table = ops.ones((1, 1))
        for stage in self.stages:
            before = ops.pad(table[-1:], ((0, 0), (0, 2)))
            after = ops.pad(table[:1], ((0, 0), (2, 0)))
            rows = ops.concatenate([before, ops.pad(table, ((0, 0), (1, 1))), after])
            count = table.shape[0]
            windows = ops.stack([rows[j : j + count] for j in range(3)], axis=1)
            table = ops.einsum("qj,pjw->pqw", ops.convert_to_tensor(stage), windows)
            table = ops.reshape(table, (-1, rows.shape[1]))
        return table

    def call(self, frames, dtype=None):
        """Upsample frames [B, F + 2n, C] -> [B, F * hop_length, C], in `dtype`."""
        dtype = dtype or frames.dtype
        frames = ops.cast(frames, dtype)
        taps, count = 2 * self.context + 1, frames.shape[1] - 2 * self.context
        windows = ops.stack([frames[:, j : j + count] for j in range(taps)], axis=2)
        samples = ops.matmul(ops.cast(self.phases(), dtype), windows)
        return ops.reshape(samples, (-1, count * self.hop_length, frames.shape[2]))


def _repetition(shape, dtype=None):
    """Each phase takes its own frame, and none of the neighbours."""
    row = ops.convert_to_tensor([[0.0, 1.0, 0.0]], dtype=dtype)
    return ops.repeat(row, shape[0], axis=0)
