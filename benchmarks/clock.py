"""How benchmarks measure: turn by turn, beside the largest products of the machine."""

import time
from collections.abc import Callable, Mapping, Sequence


def turn_by_turn(
    calls: Mapping[str, Callable[[], object]], warmup: int, repeats: int
) -> dict[str, list[tuple[float, float]]]:
    """(wall, processor) seconds of each call, all of them in every round.

    So their ratios hold where absolute figures depend on what else the machine does.
    The first `warmup` rounds do not count.
    """
    times = {name: [] for name in calls}
    for turn in range(warmup + repeats):
        for name, call in calls.items():
            wall, busy = time.perf_counter(), time.process_time()
            call()
            spent = time.perf_counter() - wall, time.process_time() - busy
            if turn >= warmup:
                times[name].append(spent)
    return times


class Products:
    """The largest rate this machine reaches: products of large square matrices.

    Called, it takes a few; `rate` makes of its times the best gigaflop a second.
    """

    SIZE, COUNT = 2048, 4
    GIGAFLOP = COUNT * 2 * SIZE**3 / 1e9

    def __init__(self, dtype: str = "float32"):
        import numpy as np
        from keras import ops

        values = np.random.default_rng(0).normal(size=(self.SIZE, self.SIZE))
        self._matrix = ops.cast(values.astype(np.float32), dtype)

    def __call__(self):
        from keras import ops

        product = self._matrix
        for _ in range(self.COUNT):
            product = ops.matmul(product, self._matrix) * 1e-2
        float(ops.cast(product[0, 0], "float32"))

    @classmethod
    def rate(cls, times: Sequence[tuple[float, float]]) -> float:
        return cls.GIGAFLOP / min(wall for wall, _ in times)


def show(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table whose cells end below each other."""
    lines = [columns, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = zip(line, widths, strict=True)
        print("  ".join(cell.rjust(width) for cell, width in cells))
