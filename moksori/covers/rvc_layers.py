"""Build the layers of a network that is only run: at once, without weights.

Keras builds a layer when it is first called, and draws weights at random; here each is
replaced by that of a file, so zeros do, and nothing has to be called.
"""

from keras import layers


class Composite(layers.Layer):
    """Hold layers that are built already."""

    def __init__(self):
        super().__init__()
        # Else Keras would run it to find out.
        self.built = True


def convolution(inputs: int, outputs: int, kernel: int = 1, **options):
    """Build a convolution of signals [B, n, inputs]."""
    layer = layers.Conv1D(
        outputs, kernel, padding="same", kernel_initializer="zeros", **options
    )
    layer.build((None, None, inputs))
    return layer


def transposed(inputs: int, outputs: int, kernel: int, stride: int):
    """Build a convolution that makes signals [B, n, inputs] `stride` times as long."""
    layer = layers.Conv1DTranspose(
        outputs, kernel, stride, padding="same", kernel_initializer="zeros"
    )
    layer.build((None, None, inputs))
    return layer


def linear(inputs: int, outputs: int, **options):
    """Build a projection of signals [B, n, inputs]."""
    layer = layers.Dense(outputs, kernel_initializer="zeros", **options)
    layer.build((None, None, inputs))
    return layer


def embedding(count: int, size: int):
    """Build a table of vectors."""
    layer = layers.Embedding(count, size, embeddings_initializer="zeros")
    layer.build(())
    return layer


def normalisation(size: int):
    """Build a normalisation of the channels of signals [B, n, size]."""
    layer = layers.LayerNormalization(epsilon=1e-5)
    layer.build((None, None, size))
    return layer
