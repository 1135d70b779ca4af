"""What training minimises; padding counts nowhere."""

from keras import ops


def lengths_mask(lengths, size):
    """lengths [B] -> [B, size] floats, 1 where real."""
    return ops.cast(ops.arange(size)[None, :] < lengths[:, None], "float32")


def spectrogram_loss(predicted, target, mask, l1_weight, l2_weight):
    """Mean L1 and L2 over real frames: predicted and target [B, T, C], mask [B, T]."""
    difference = (predicted - target) * mask[:, :, None]
    count = ops.sum(mask) * target.shape[-1]
    return (
        l1_weight * ops.sum(ops.abs(difference))
        + l2_weight * ops.sum(ops.square(difference))
    ) / count


def stop_loss(logits, steps, mask, positive_weight):
    """Binary cross-entropy of the stop token: logits [B, N], steps [B], mask [B, N].

    The last real step is positive and weighs `positive_weight` times.
    """
    index = ops.arange(ops.shape(logits)[1])[None, :]
    target = ops.cast(index >= steps[:, None] - 1, "float32")
    entropy = positive_weight * target * ops.softplus(-logits) + (
        1.0 - target
    ) * ops.softplus(logits)
    return ops.sum(entropy * mask) / ops.sum(mask)


def guided_attention_loss(weights, steps, symbols, width):
    """How far attention strays from the diagonal (Tachibana et al. 2018, section 4.1).

    weights [B, N, S]; steps and symbols [B] are the real lengths.
    """
    down = ops.cast(ops.arange(ops.shape(weights)[1]), "float32")[None, :, None]
    along = ops.cast(ops.arange(ops.shape(weights)[2]), "float32")[None, None, :]
    n = ops.cast(steps, "float32")[:, None, None]
    s = ops.cast(symbols, "float32")[:, None, None]
    far = 1.0 - ops.exp(-ops.square(along / s - down / n) / (2.0 * width * width))
    real = ops.cast((down < n) & (along < s), "float32")
    return ops.sum(weights * far * real) / ops.sum(ops.cast(steps, "float32"))


def attention_figures(weights, steps, symbols):
    """How sure and how diagonal attention is: `{"focus": ..., "diagonality": ...}`.

    weights [B, N, S]; both lie in 0..1. Focus is the mean largest weight of a step;
    diagonality is 1 minus the mean distance of the weights from the diagonal, as a
    share of the text, so a flat attention has about 2/3.
    """
    down = ops.cast(ops.arange(ops.shape(weights)[1]), "float32")[None, :]
    along = ops.cast(ops.arange(ops.shape(weights)[2]), "float32")[None, None, :]
    n = ops.cast(steps, "float32")[:, None]
    s = ops.cast(symbols, "float32")[:, None, None]
    real = ops.cast(down < n, "float32")
    count = ops.sum(real)
    distance = ops.abs(along / s - (down / n)[:, :, None])
    away = ops.sum(ops.sum(weights * distance, axis=-1) * real) / count
    focus = ops.sum(ops.max(weights, axis=-1) * real) / count
    return {"focus": focus, "diagonality": 1.0 - away}


class TacotronLoss:
    """The objective of a model: `(total, figures)` of a batch.

    Called with a batch as `Tacotron.call` takes it and values that hold `factor`, a
    tuple of the one current reduction factor, and `guided_weight`, which fades.
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
        terms = {
            **self._spectrograms(outputs, batch, mask),
            "stop": self.stop_weight
            * stop_loss(
                outputs["stop"],
                steps,
                lengths_mask(steps, ops.shape(outputs["stop"])[1]),
                self.stop_positive_weight,
            ),
            "guided_attention": values["guided_weight"]
            * guided_attention_loss(
                outputs["alignments"],
                steps,
                batch["symbols"],
                self.guided_attention_width,
            ),
        }
        total = sum(terms.values())
        figures = attention_figures(outputs["alignments"], steps, batch["symbols"])
        return total, {"loss": total, **terms, **figures}

    def _spectrograms(self, outputs, batch, mask):
        pairs = {
            "mel_before": (outputs["mels_before"], batch["mels"]),
            "mel_after": (outputs["mels"], batch["mels"]),
        }
        if "linear" in outputs:
            pairs["linear"] = (outputs["linear"], batch["linear"])
        return {
            name: spectrogram_loss(*pair, mask, **self.spectrogram_weights)
            for name, pair in pairs.items()
        }
