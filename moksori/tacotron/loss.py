"""The losses of a training; padding counts nowhere.

Where a step runs on several replicas, each with its part of the batch, every term is
that replica's share: its sum over the count of all of them. Shares, and their
gradients, add up to what one device finds for the whole batch.
"""

from keras import ops

from moksori.backend.replicas import all_reduce_sum


def lengths_mask(lengths, size):
    """Mask padding: lengths [B] -> float32 [B, size], 1 where real."""
    return ops.cast(ops.arange(size)[None, :] < lengths[:, None], "float32")


def spectrogram_loss(predicted, target, mask, frames, l1_weight, l2_weight):
    """Return the mean L1 and L2 over real frames.

    predicted and target [B, T, C], mask [B, T]; `frames` is how many frames are real,
    on all replicas.
    """
    difference = (predicted - target) * mask[:, :, None]
    return (
        l1_weight * ops.sum(ops.abs(difference))
        + l2_weight * ops.sum(ops.square(difference))
    ) / (frames * target.shape[-1])


def stop_loss(logits, steps, count, positive_weight):
    """Return the binary cross-entropy of the stop token.

    logits [B, N]; steps [B] are the real ones. The last real step is positive and
    weighs `positive_weight` times. `count` is how many steps are real, on all replicas.
    """
    index = ops.arange(ops.shape(logits)[1])[None, :]
    target = ops.cast(index >= steps[:, None] - 1, "float32")
    entropy = positive_weight * target * ops.softplus(-logits) + (
        1.0 - target
    ) * ops.softplus(logits)
    mask = lengths_mask(steps, ops.shape(logits)[1])
    return ops.sum(entropy * mask) / count


def guided_attention_loss(weights, steps, symbols, count, width):
    """Penalise attention off the diagonal (Tachibana et al. 2018, section 4.1).

    weights [B, N, S]; steps and symbols [B] are the real lengths, `count` as above.
    """
    stray = _along(weights, 2, symbols) - _along(weights, 1, steps)
    far = 1.0 - ops.exp(-ops.square(stray) / (2.0 * width * width))
    real = (
        lengths_mask(steps, ops.shape(weights)[1])[:, :, None]
        * lengths_mask(symbols, ops.shape(weights)[2])[:, None, :]
    )
    return ops.sum(weights * far * real) / count


def attention_figures(weights, steps, symbols, count):
    """Measure how sharp and how diagonal attention is: `focus` and `diagonality`.

    weights [B, N, S]; both lie in 0..1. Focus is the mean largest weight of a step;
    diagonality is 1 minus the mean distance of the weights from the diagonal, as a
    share of the text, so a flat attention has about 2/3. `count` as above.
    """
    real = lengths_mask(steps, ops.shape(weights)[1])
    distance = ops.abs(_along(weights, 2, symbols) - _along(weights, 1, steps))
    near = 1.0 - ops.sum(weights * distance, axis=-1)
    return {
        "focus": ops.sum(ops.max(weights, axis=-1) * real) / count,
        "diagonality": ops.sum(near * real) / count,
    }


def _along(weights, axis, lengths):
    """Return the place along an axis as a share of each row's length.

    A row of length 0, which fills a batch up, is divided by 1.
    """
    shape = [1, 1, 1]
    shape[axis] = -1
    places = ops.cast(ops.arange(ops.shape(weights)[axis]), "float32")
    lengths = ops.maximum(ops.cast(lengths, "float32"), 1.0)
    return ops.reshape(places, shape) / lengths[:, None, None]


class TacotronLoss:
    """The objective of a model: `(total, figures)` of a batch.

    Called with a batch as `Tacotron.call` takes it and values that hold `factor`, a
    tuple of the one current reduction factor, and `guided_weight`, which fades. Rows
    without frames and symbols count nowhere.
    """

    def __init__(
        self,
        model,
        *,
        l1_weight: float,
        l2_weight: float,
        stop_weight: float,
        stop_positive_weight: float,
        guided_attention_width: float,
    ):
        self.model = model
        self.spectrogram_weights = {"l1_weight": l1_weight, "l2_weight": l2_weight}
        self.stop_weight, self.stop_positive_weight = stop_weight, stop_positive_weight
        self.guided_attention_width = guided_attention_width

    def __call__(self, batch, values, training=True):
        (factor,) = values["factor"]
        outputs = self.model(batch, factor=factor, training=training)
        mask = lengths_mask(batch["frames"], ops.shape(batch["mels"])[1])
        steps = (batch["frames"] + factor - 1) // factor
        frames, count = all_reduce_sum(
            ops.sum(mask), ops.sum(ops.cast(steps, "float32"))
        )
        terms = {
            **self._spectrograms(outputs, batch, mask, frames),
            "stop": self.stop_weight
            * stop_loss(outputs["stop"], steps, count, self.stop_positive_weight),
            "guided_attention": values["guided_weight"]
            * guided_attention_loss(
                outputs["alignments"],
                steps,
                batch["symbols"],
                count,
                self.guided_attention_width,
            ),
        }
        total = sum(terms.values())
        figures = attention_figures(
            outputs["alignments"], steps, batch["symbols"], count
        )
        return total, {"loss": total, **terms, **figures}

    def _spectrograms(self, outputs, batch, mask, frames):
        pairs = {
            "mel_before": (outputs["mels_before"], batch["mels"]),
            "mel_after": (outputs["mels"], batch["mels"]),
        }
        if "linear" in outputs:
            pairs["linear"] = (outputs["linear"], batch["linear"])
        return {
            name: spectrogram_loss(*pair, mask, frames, **self.spectrogram_weights)
            for name, pair in pairs.items()
        }
