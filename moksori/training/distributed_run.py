"""Share one run between hosts: the chief reads, writes and broadcasts it."""

import contextlib
from pathlib import Path

import numpy as np

from moksori.backend.devices import Devices
from moksori.training.checkpoints import LOSS, Checkpoint
from moksori.training.runs import Run


class DistributedRun:
    """A run as `training.loop.fit` needs it, on every host.

    `run` is the chief's; the others, who need not see its folder, have none. What
    raises `RunError` for the chief raises it for all.
    """

    def __init__(self, run: Run | None, devices: Devices, folder: str | Path):
        self._run, self._devices = run, devices
        self.folder = Path(folder)
        self.events = run.events if run else None
        self.begun = bool(devices.broadcast_from_chief(lambda: bool(run.checkpoints())))

    def previews(self, step: int) -> Path:
        """Return what `Run.previews` does; on the chief only."""
        return self._run.previews(step)

    @property
    def settings(self) -> dict:
        """Return the settings of the run; on the chief only."""
        return self._run.settings

    def restore(self) -> Checkpoint | None:
        """Broadcast the newest checkpoint as the chief finds it; None without any."""
        devices = self._devices
        if devices.hosts == 1:
            return self._run.restore()
        found: list[Checkpoint] = []

        def look() -> dict | None:
            checkpoint = self._run.restore()
            if checkpoint is None:
                return None
            found.append(checkpoint)
            shapes = [[n, a.dtype.str, a.shape] for n, a in checkpoint.arrays.items()]
            names = ("step", "state", "metric", "ranked_by")
            return {"arrays": shapes, **{n: getattr(checkpoint, n) for n in names}}

        described = devices.broadcast_from_chief(look)
        if described is None:
            return None
        if found:
            arrays = list(found[0].arrays.values())
        else:
            arrays = [np.zeros(shape, dtype) for _, dtype, shape in described["arrays"]]
        arrays = devices.broadcast_arrays(arrays)
        names = [name for name, _, _ in described.pop("arrays")]
        named = dict(zip(names, arrays, strict=True))
        return Checkpoint(arrays=named, path=self.folder, **described)

    def save(self, step, arrays, state, metric=None, ranked_by=LOSS) -> None:
        """Let the chief write a checkpoint; see `Run.save`."""
        if self._run is not None:
            self._run.save(step, arrays, state, metric, ranked_by)

    @contextlib.contextmanager
    def lock(self):
        """Hold the run for writing; see `Run.lock`."""
        with contextlib.ExitStack() as stack:

            def hold() -> None:
                stack.enter_context(self._run.lock())

            self._devices.broadcast_from_chief(hold)
            yield
