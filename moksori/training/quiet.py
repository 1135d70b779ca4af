"""Starting a backend without its notes.

TensorFlow writes half a dozen lines about the processor and missing GPU libraries to
standard error when it is loaded, whatever its log level, and a person looking for the
one line that concerns them should not have to read them.
"""

import os
import sys
import tempfile
from collections.abc import Callable

from moksori.training.runs import RunError


def load_backend(prepare: Callable[[], None] = lambda: None) -> str:
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
