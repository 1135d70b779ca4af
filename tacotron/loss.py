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
    entropy = (
        positive_weight * target * ops.softplus(-logits)
        + (1.0 - target) * ops.softplus(logits)
    )
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


def tacotron_loss(
    outputs,
    batch,
    factor,
    guided_weight,
    *,
    l1_weight,
    l2_weight,
    stop_weight,
    stop_positive_weight,
    guided_attention_width,
):
    """All terms of a batch: `{"loss": total, "mel_before": ..., ...}`.

    `outputs` as `Tacotron.call` returns them, `batch` as it takes them;
    `guided_weight` fades from outside.
    """
    mask = lengths_mask(batch["frames"], ops.shape(batch["mels"])[1])
    steps = (batch["frames"] + factor - 1) // factor
    step_mask = lengths_mask(steps, ops.shape(outputs["stop"])[1])
    weigh = {"l1_weight": l1_weight, "l2_weight": l2_weight}
    terms = {
        "mel_before": spectrogram_loss(
            outputs["mels_before"], batch["mels"], mask, **weigh
        ),
        "mel_after": spectrogram_loss(outputs["mels"], batch["mels"], mask, **weigh),
        "stop": stop_weight
        * stop_loss(outputs["stop"], steps, step_mask, stop_positive_weight),
        "guided_attention": guided_weight
        * guided_attention_loss(
            outputs["alignments"], steps, batch["symbols"], guided_attention_width
        ),
    }
    if "linear" in outputs:
        terms["linear"] = spectrogram_loss(
            outputs["linear"], batch["linear"], mask, **weigh
        )
    return {"loss": sum(terms.values()), **terms}
