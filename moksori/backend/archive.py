"""Read weights that other programs saved."""

from pathlib import Path

import numpy as np


def read_checkpoint(prefix: Path) -> dict[str, np.ndarray]:
    """Read a checkpoint of TensorFlow, of which `prefix` names the files without their
    ends; returns its variables by name. Works on every backend."""
    import tensorflow as tf

    reader = tf.train.load_checkpoint(str(prefix))
    names = reader.get_variable_to_shape_map()
    return {name: np.asarray(reader.get_tensor(name)) for name in names}
