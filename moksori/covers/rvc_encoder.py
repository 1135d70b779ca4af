"""Encode content and pitch into the latent of an RVC model: its text encoder.

Frames attend to each other with embeddings of their distance (Shaw et al. 2018,
"Self-attention with relative position representations"), as in VITS. Attributes have
the names of the file's weights.

B batch, T frames of 10 ms, H hidden, Z latent channels.
"""

from math import sqrt

import numpy as np
from keras import ops

from moksori.covers.rvc_files import Shape
from moksori.covers.rvc_layers import (
    Composite,
    convolution,
    embedding,
    linear,
    normalisation,
)

_PITCHES = 256
_REACH = 10  # frames to each side whose distance attention knows
_SLOPE = 0.1


class RelativeAttention(Composite):
    """Attend among frames [B, T, H] by content and distance."""

    def __init__(self, hidden: int, heads: int):
        super().__init__()
        self.heads = heads
        self.conv_q, self.conv_k, self.conv_v, self.conv_o = (
            convolution(hidden, hidden) for _ in range(4)
        )
        embeddings = (1, 2 * _REACH + 1, hidden // heads)
        self.emb_rel_k = self.add_weight(embeddings, "zeros", name="emb_rel_k")
        self.emb_rel_v = self.add_weight(embeddings, "zeros", name="emb_rel_v")

    def call(self, x):
        q, k, v = (self._split(f(x)) for f in (self.conv_q, self.conv_k, self.conv_v))
        q = q / sqrt(q.shape[-1])
        scores = ops.matmul(q, ops.transpose(k, (0, 1, 3, 2)))
        near = ops.matmul(q, ops.transpose(self.emb_rel_k, (0, 2, 1)))
        shares = ops.softmax(scores + self._spread(near), axis=-1)
        heard = ops.matmul(shares, v)
        heard = heard + ops.matmul(self._gather(shares), self.emb_rel_v)
        heard = ops.reshape(ops.transpose(heard, (0, 2, 1, 3)), ops.shape(x))
        return self.conv_o(heard)

    def _split(self, x):
        """Split channels into heads: [B, heads, T, H / heads]."""
        frames, hidden = x.shape[1:]
        x = ops.reshape(x, (-1, frames, self.heads, hidden // self.heads))
        return ops.transpose(x, (0, 2, 1, 3))

    def _spread(self, near):
        """Put values by distance [B, heads, T, 21] where frames meet: [.., T, T]."""
        frames = near.shape[2]
        distance = np.arange(frames)[None, :] - np.arange(frames)[:, None]
        return _taken(near, distance + _REACH, np.abs(distance) <= _REACH)

    def _gather(self, shares):
        """Return the shares of near frames by distance: [B, heads, T, 21]."""
        frames = shares.shape[2]
        places = np.arange(frames)[:, None] + np.arange(-_REACH, _REACH + 1)
        return _taken(shares, places, (places >= 0) & (places < frames))


def _taken(values, places, valid):
    """Take values [B, heads, T, n] at places [T, m] of rows, 0 where not valid."""
    places = np.where(valid, places, 0).astype("int32")[None, None]
    shape = (*ops.shape(values)[:2], *places.shape[2:])
    taken = ops.take_along_axis(values, ops.broadcast_to(places, shape), axis=-1)
    return taken * valid[None, None].astype("float32")


class FeedForward(Composite):
    """Mix the channels of neighbouring frames [B, T, H]."""

    def __init__(self, hidden: int, inner: int, kernel: int):
        super().__init__()
        self.conv_1 = convolution(hidden, inner, kernel, activation="relu")
        self.conv_2 = convolution(inner, hidden, kernel)

    def call(self, x):
        return self.conv_2(self.conv_1(x))


class Encoder(Composite):
    """Encode frames [B, T, H] by blocks of attention and convolution."""

    def __init__(self, shape: Shape):
        super().__init__()
        count, hidden = range(shape.layers), shape.hidden
        self.attn_layers = [RelativeAttention(hidden, shape.heads) for _ in count]
        self.ffn_layers = [
            FeedForward(hidden, shape.inner, shape.kernel) for _ in count
        ]
        self.norm_layers_1 = [normalisation(hidden) for _ in count]
        self.norm_layers_2 = [normalisation(hidden) for _ in count]

    def call(self, x):
        blocks = zip(
            *(self.attn_layers, self.norm_layers_1),
            *(self.ffn_layers, self.norm_layers_2),
            strict=True,
        )
        for attend, norm_1, mix, norm_2 in blocks:
            x = norm_1(x + attend(x))
            x = norm_2(x + mix(x))
        return x


class TextEncoder(Composite):
    """Map content [B, T, features] and pitch numbers [B, T] to the mean and the
    logarithm of the deviation of the latent, [B, T, Z] each."""

    def __init__(self, shape: Shape):
        super().__init__()
        self.scale = sqrt(shape.hidden)
        self.emb_phone = linear(shape.features, shape.hidden)
        self.emb_pitch = embedding(_PITCHES, shape.hidden)
        self.encoder = Encoder(shape)
        self.proj = convolution(shape.hidden, 2 * shape.latent)

    def call(self, content, pitch):
        x = (self.emb_phone(content) + self.emb_pitch(pitch)) * self.scale
        x = self.encoder(ops.leaky_relu(x, _SLOPE))
        return ops.split(self.proj(x), 2, axis=-1)
