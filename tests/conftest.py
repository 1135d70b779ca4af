"""What every test relies on: a quiet TensorFlow, and the same cases on every run."""

import os

# Before anything imports Keras; a value from outside still counts.
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "1")

from hypothesis import settings

# No deadline: how long a case takes says nothing on a busy machine.
settings.register_profile("moksori", deadline=None, derandomize=True, database=None)
settings.load_profile("moksori")
