"""Keep a moving average of the weights while Adam updates them.

Keras has one of its own, with a constant decay: from its first thousand steps it would
remember mostly the random weights that training began with.
"""

import keras
from keras import ops


class AveragedAdam(keras.optimizers.Adam):
    """Adam (Kingma and Ba 2015) whose variables include, for each weight, an average
    over its past values (Polyak and Juditsky 1992).

    The decay of the average is `average`, and in the first steps (n + 1) / (n + 10), so
    that it always looks back over a tenth of the training at most. What it holds is
    read from a checkpoint with `training.weights.averaged`.
    """

    def __init__(self, learning_rate: float, average: float, **options):
        super().__init__(learning_rate, **options)
        self.average = average

    def build(self, variables) -> None:
        """Create the averages, equal to the weights."""
        if self.built:
            return
        super().build(variables)
        self.averages = self.add_optimizer_variables(variables, "average")
        self.begin()

    def begin(self) -> None:
        """Set the averages to the weights as they are now."""
        for mean, weight in zip(self.averages, self._trainable_variables, strict=True):
            mean.assign(weight)

    def update_step(self, gradient, variable, learning_rate) -> None:
        """Update one weight, then its average."""
        super().update_step(gradient, variable, learning_rate)
        taken = ops.cast(self.iterations, "float32")
        decay = ops.minimum(self.average, (taken + 1.0) / (taken + 10.0))
        mean = self.averages[self._get_variable_index(variable)]
        weight = ops.convert_to_tensor(variable)
        self.assign_add(mean, (1.0 - decay) * (weight - ops.convert_to_tensor(mean)))
