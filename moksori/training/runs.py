"""Keep a run in a folder: what is trained, its settings, how far it came.

logs/<run>/run.json         settings, as the script handed them in
           checkpoints/     step-00000800.safetensors: the last few and the best
           events/          TensorBoard
           previews/        pictures and sounds, one folder per step
           lock             held while a training writes here
"""

import contextlib
import datetime
import difflib
import json
import logging
import math
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from moksori import storage
from moksori.backend.errors import RunError
from moksori.training.checkpoints import (
    LOSS,
    Checkpoint,
    Damaged,
    Header,
    read,
    read_header,
    write,
)

VERSION = 1
_SUFFIX = ".safetensors"

log = logging.getLogger(__name__)


class Run:
    """A run folder. `create` and `open` make one; `keep` is how many last checkpoints
    stay besides the best."""

    def __init__(self, folder: str | Path, settings: dict, keep: int = 3):
        if keep < 1:
            raise ValueError("keep must be at least 1")
        self.folder = Path(folder)
        self.settings = settings
        self.keep = keep
        self._locked = False

    @classmethod
    def create(cls, folder: str | Path, settings: dict, keep: int = 3) -> "Run":
        """Begin a new run; refuses a folder that already holds one.

        `settings` is any JSON object; "version" and "created" are added to it.
        """
        folder = Path(folder)
        if (folder / "run.json").exists():
            raise RunError(f"{folder} is already a run: continue it or name another")
        created = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        settings = {"version": VERSION, "created": created, **_plain(settings)}
        try:
            (folder / "checkpoints").mkdir(parents=True, exist_ok=True)
            storage.write_json(folder / "run.json", settings)
        except OSError as error:
            raise RunError(f"cannot create {folder}: {error.strerror}") from None
        return cls(folder, settings, keep)

    @classmethod
    def open(cls, folder: str | Path, keep: int = 3) -> "Run":
        """Open an existing run. Raises `RunError`, naming the nearest one if any."""
        folder = Path(folder)
        try:
            settings = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError):
            raise RunError(_missing(folder)) from None
        except (OSError, ValueError) as error:
            raise RunError(f"cannot read {folder / 'run.json'}: {error}") from None
        if not isinstance(settings, dict) or "version" not in settings:
            raise RunError(f"{folder / 'run.json'} does not describe a run")
        if settings["version"] > VERSION:
            raise RunError(
                f"{folder} was written by a newer program (version "
                f"{settings['version']}, this one knows {VERSION}): update this one"
            )
        return cls(folder, settings, keep)

    @property
    def events(self) -> Path:
        """Return the folder of TensorBoard's events."""
        return self.folder / "events"

    def previews(self, step: int) -> Path:
        """Return the folder of the pictures and sounds made after `step` steps."""
        return self.folder / "previews" / f"step-{step:08d}"

    def check(self, settings: dict, ignore: Iterable[str] = ()) -> None:
        """Refuse to go on with settings other than those the run began with.

        `ignore` holds dotted names that may differ, with all below them, such as
        "hparams.tacotron_training.steps". Raises `RunError` listing each difference.
        """
        lines = differences(self.settings, _plain(settings), ignore)
        if lines:
            raise RunError(
                f"{self.folder} was trained with other settings:\n  "
                + "\n  ".join(lines)
                + "\nuse the same settings, or begin a new run (warm-started from it)"
            )

    def checkpoints(self) -> list[Header]:
        """Read the headers of all readable checkpoints, oldest first."""
        headers = []
        for path in self._paths():
            with contextlib.suppress(Damaged):
                headers.append(read_header(path))
        return headers

    def save(
        self,
        step: int,
        arrays: dict[str, np.ndarray],
        state: dict,
        metric: float | None = None,
        ranked_by: str = LOSS,
    ) -> Path:
        """Write the checkpoint of `step`, then delete those no longer kept.

        `metric` is a figure of which lower is better, called `ranked_by`; one that is
        not finite counts as none. Raises `RunError` when the disk refuses; the older
        ones then remain.
        """
        metric = float(metric) if metric is not None and math.isfinite(metric) else None
        path = self._path(step)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write(path, arrays, state, step, metric, ranked_by)
        except OSError as error:
            raise RunError(
                f"cannot write {path}: {error.strerror}; earlier checkpoints are intact"
            ) from None
        self._prune(path)
        return path

    def restore(
        self, best: bool = False, prefix: str = "", step: int | None = None
    ) -> Checkpoint | None:
        """Read the newest checkpoint, the `best`, or that of `step`.

        None when none was ever written. Raises `RunError`, naming those there are, when
        `step` is not kept.

        Best is the least metric among those with a metric of the newest one's name:
        figures of different names are never compared.

        Only arrays whose names begin with `prefix` are read. A damaged checkpoint is
        named in the log and the one before it taken (and, while this run is locked,
        put aside as `*.damaged`); if none is left, `RunError`.
        """
        paths = self._paths()[::-1]
        if step is not None:
            steps = sorted(header.step for header in self.checkpoints())
            if step not in steps:
                kept = ", ".join(map(str, steps)) or "none"
                raise RunError(f"{self.folder} keeps no step {step}; there are: {kept}")
            paths = [self._path(step)]
        if best:
            ranks = _ranks(self.checkpoints())
            paths.sort(key=lambda path: ranks.get(path, math.inf))
        for path in paths:
            try:
                return read(path, prefix)
            except Damaged as reason:
                log.warning("checkpoint %s is damaged (%s)", path, reason)
                if self._locked:
                    path.rename(path.with_suffix(".damaged"))
        if paths:
            raise RunError(f"no checkpoint in {self.folder} can be read")
        return None

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the run for writing; refuses when another process holds it.

        The kernel drops the lock with the process, however that ends. Inside a lock
        that this object already holds, a second one does nothing.
        """
        if self._locked:
            yield
            return
        path, owner = self.folder / "lock", str(os.getpid())
        with contextlib.ExitStack() as stack:
            try:
                checkpoints = self.folder / "checkpoints"
                stack.enter_context(storage.lock(path, owner, checkpoints))
            except storage.Locked as holder:
                raise RunError(
                    f"{self.folder} is being trained already (process {holder})"
                ) from None
            self._locked = True
            try:
                yield
            finally:
                self._locked = False

    def _path(self, step: int) -> Path:
        return self.folder / "checkpoints" / f"step-{step:08d}{_SUFFIX}"

    def _paths(self) -> list[Path]:
        return sorted((self.folder / "checkpoints").glob(f"step-*{_SUFFIX}"))

    def _prune(self, newest: Path) -> None:
        ranks = _ranks(self.checkpoints())
        paths = list(ranks)
        kept = {newest, *paths[-self.keep :], min(paths[::-1], key=ranks.get)}
        for path in paths:
            if path not in kept:
                path.unlink(missing_ok=True)


def differences(ours: dict, theirs: dict, ignore: Iterable[str] = ()) -> list[str]:
    """List `name: ours -> theirs` for each leaf of `theirs` that is not in ours.

    Names are dotted; those in `ignore`, and all below them, are passed over.
    """
    ignore = {"version", "created", *ignore}

    def walk(prefix: str, a, b) -> Iterator[str]:
        for key in dict.fromkeys([*a, *b]) if prefix else b:
            name = f"{prefix}{key}"
            x, y = a.get(key, _ABSENT), b.get(key, _ABSENT)
            if name in ignore or x == y:
                continue
            if isinstance(x, dict) and isinstance(y, dict):
                yield from walk(f"{name}.", x, y)
            else:
                yield f"{name}: {_brief(x, y)} -> {_brief(y, x)}"

    return list(walk("", ours, theirs))


def _ranks(headers: list[Header]) -> dict[Path, float]:
    """Return the metric of each checkpoint, oldest first: infinity for one that has
    none, or one of another name than the newest with a metric."""
    ranked = [header for header in headers if header.metric is not None]
    name = ranked[-1].ranked_by if ranked else None
    return {
        header.path: header.metric
        if header.metric is not None and header.ranked_by == name
        else math.inf
        for header in headers
    }


_ABSENT = type("Absent", (), {"__repr__": lambda self: "absent"})()


def _brief(value, other) -> str:
    """Return a value for a line; of two long lists only what the other lacks."""
    if value is _ABSENT:
        return repr(value)
    if isinstance(value, list) and isinstance(other, list) and len(value) > 8:
        alone = [item for item in value if item not in other]
        shown = ", ".join(map(str, alone[:8])) + (", …" if len(alone) > 8 else "")
        return f"{len(value)} entries" + (f" with {shown}" if alone else "")
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "…"


def _plain(settings: dict) -> dict:
    return json.loads(json.dumps(settings))


def _missing(folder: Path) -> str:
    if folder.exists():
        return f"{folder} is not a run: it has no run.json"
    runs = [path.parent.name for path in folder.parent.glob("*/run.json")]
    near = difflib.get_close_matches(folder.name, runs, n=3, cutoff=0.0)
    if near:
        return f"no run {folder}; nearest: {', '.join(near)}"
    return f"no run {folder}, and no other run in {folder.parent}"
