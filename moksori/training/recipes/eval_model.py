"""Copy the network in training, to evaluate and preview it."""

from collections.abc import Callable, Mapping

import numpy as np

from moksori.training.weights import assign


class EvalModel:
    """Keeps `network` like the one in training, whose arrays `weights()` gives.

    It is fresh and of the same shape, and lies on one device of the chief alone, so
    that the other hosts need not take part when it is evaluated.
    """

    def __init__(self, network, weights: Callable[[], Mapping[str, np.ndarray]]):
        self.network, self._weights = network, weights

    def refresh(self) -> None:
        """Copy the weights as they are now."""
        assign(self.network, None, self._weights())
