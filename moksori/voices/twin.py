"""A network beside the one in training, for what has to look at its weights.

It lives on one device of the chief alone, so that nobody else has to take part when it
speaks.
"""

from collections.abc import Callable, Mapping

import numpy as np

from moksori.training.weights import assign


class Twin:
    """`model` is fresh and of the same shape; `weights` gives the arrays of the one in
    training, as `training.weights` names them."""

    def __init__(self, model, weights: Callable[[], Mapping[str, np.ndarray]]):
        self.model, self._weights = model, weights

    def refresh(self) -> None:
        """Take the weights as they are now."""
        assign(self.model, None, self._weights())
