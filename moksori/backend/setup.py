"""Load the backend that Keras uses, and set up the devices that train.

TensorFlow writes half a dozen lines about the processor and missing GPU libraries to
standard error when it is loaded, whatever its log level, and a person looking for the
one line that concerns them should not have to read them.
"""

import os
import sys
import tempfile
from collections.abc import Callable

from moksori.backend.cluster import ClusterSpec
from moksori.backend.devices import Devices
from moksori.backend.errors import RunError


def load_backend(prepare: Callable[[], object] = lambda: None) -> str:
    """Load Keras, `prepare` its backend and wake it; returns the backend's name.

    What is written meanwhile is shown only if that fails by more than a person's
    mistake.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as notes:
        os.dup2(notes.fileno(), 2)
        try:
            import keras

            prepare()
            keras.ops.convert_to_numpy(keras.ops.zeros(1))
            # Seeding loads TensorFlow where there is one, whatever the backend.
            keras.utils.set_random_seed(1)
            return keras.backend.backend()
        except RunError:
            raise
        except BaseException:
            notes.seek(0)
            os.write(kept, notes.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def setup_devices(asked: str = "all", cluster: ClusterSpec | None = None) -> Devices:
    """Load the backend on the devices asked for: "all", or a number of them.

    A machine without accelerators counts as one device, or is divided into as many as
    are asked for, which is good for a rehearsal only. With a `cluster` the number is
    that of each host. To be called before anything else has used the backend. Raises
    `RunError` for what this machine does not have.
    """
    if asked != "all" and (not asked.isdigit() or int(asked) < 1):
        raise RunError(f"--devices {asked}: all, or a number from 1")
    number = None if asked == "all" else int(asked)
    found: list[Devices] = []

    def prepare() -> None:
        found.append(_devices_of_backend()(number, cluster))

    load_backend(prepare)
    return found[0]


def single_device() -> Devices:
    """Return one device of a process that trains alone, whether or not its backend is
    in use already."""
    return _devices_of_backend()(1, None, configure=False)


def _devices_of_backend() -> type[Devices]:
    import keras

    backend = keras.backend.backend()
    if backend == "jax":
        from moksori.backend.devices_jax import JaxDevices

        return JaxDevices
    if backend == "tensorflow":
        from moksori.backend.devices_tensorflow import TensorFlowDevices

        return TensorFlowDevices
    raise RunError(f"KERAS_BACKEND={backend}: train with tensorflow or jax")
