"""How a vocoder's quality grew with its training: the history and its picture.

A history is a file of JSON lines, a row for each system that was measured: what
`benchmarks.systems` says of it, which recordings it was measured with, and its figures.
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from moksori.storage import atomic_write

_SPEED = "speed/steps_per_second"
_INK, _FAINT = "#22272e", "#8b949e"
_PANELS = {
    "pesq": "PESQ, wide-band (higher is better)",
    "periodicity": "error of periodicity (lower is better)",
}


def read(path: Path) -> list[dict]:
    """The rows of a history; none where there is no file.

    Raises `ValueError` naming the line that is not one.
    """
    rows = []
    if path.exists():
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
            try:
                rows.append(json.loads(line))
            except ValueError:
                raise ValueError(f"{path}:{number}: is not a line of JSON") from None
    return rows


def append(path: Path, row: dict) -> None:
    """Add one measurement to a history."""
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = {name: value for name, value in row.items() if name != "utterances"}
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(kept, ensure_ascii=False) + "\n")


def key(row: dict) -> tuple:
    """Equal for two rows when one would only repeat the measurement of the other."""
    names = ("name", "created", "step", "features", "count")
    return (*(row[name] for name in names), *row["measured"])


def training_seconds(events: Path) -> dict[int, float]:
    """Logged steps -> how long a training took until then, in seconds.

    From the speeds in its folder of events, so that pauses do not count. Empty where
    there are none.
    """
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    if not events.is_dir():
        return {}
    shown = EventAccumulator(str(events), size_guidance={"scalars": 0}).Reload()
    if _SPEED not in shown.Tags()["scalars"]:
        return {}
    taken, total, before = {}, 0.0, 0
    for event in shown.Scalars(_SPEED):
        if event.value > 0:
            total += (event.step - before) / event.value
        taken[event.step], before = total, event.step
    return taken


def until(step: int, taken: dict[int, float]) -> float | None:
    """Training seconds until `step`, from those of the logged steps around it."""
    if not taken:
        return None
    steps = sorted(taken)
    known = [0, *steps]
    return float(np.interp(step, known, [0.0, *(taken[s] for s in steps)]))


def draw(rows: Sequence[dict], path: Path) -> Figure:
    """PESQ and error of periodicity over the steps of each run, as a picture.

    What was not trained lies across it; shading is the 95 % interval. Where there is
    one run and its time is known, hours stand above. Raises `ValueError` when no row
    is of a run.
    """
    runs = _by(row for row in rows if row["run"])
    if not runs:
        raise ValueError("nothing to draw: no run was measured")
    known = [
        name for name in _PANELS if any(_with(points, name) for points in runs.values())
    ]
    size = (4.7 * len(known), 4.2)
    figure = Figure(figsize=size, dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(1, len(known), squeeze=False)[0]
    for axes, name in zip(panels, known, strict=True):
        for index, ((run, _), points) in enumerate(runs.items()):
            _line(axes, run, _with(points, name), name, f"C{index}")
        _levels(axes, [row for row in rows if not row["run"]], name)
        axes.set_xlabel("training steps", color=_INK)
        axes.set_title(_PANELS[name], fontsize=11, color=_INK)
        axes.grid(color="#e6e8eb", linewidth=0.6)
        axes.tick_params(color=_FAINT, labelcolor=_INK, labelsize=8, length=3)
        for side in axes.spines.values():
            side.set_color("#d0d4d9")
        if len(runs) == 1:
            _hours(axes, next(iter(runs.values())))
    handles, labels = panels[0].get_legend_handles_labels()
    place = {"loc": "outside lower center", "ncols": 2, "frameon": False}
    figure.legend(handles, labels, fontsize=8, labelcolor=_INK, **place)
    kind = path.suffix[1:] or "png"
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as file:
        figure.savefig(file, format=kind)
    return figure


def _by(rows: Iterable[dict]) -> dict[tuple, list[dict]]:
    """Rows of each run by step, the last measured where there are several of one."""
    runs: dict[tuple, dict[int, dict]] = {}
    for row in rows:
        runs.setdefault((row["run"], row["created"]), {})[row["step"]] = row
    return {run: [steps[s] for s in sorted(steps)] for run, steps in runs.items()}


def _with(rows: Iterable[dict], figure: str) -> list[dict]:
    return [r for r in rows if r["figures"].get(figure, {}).get("mean") is not None]


def _line(axes, name: str, points: list[dict], figure: str, colour: str) -> None:
    steps = [row["step"] for row in points]
    means = [row["figures"][figure]["mean"] for row in points]
    low, high = (
        [row["figures"][figure]["interval"][end] for row in points] for end in (0, 1)
    )
    axes.plot(steps, means, marker="o", markersize=3, color=colour, label=name)
    axes.fill_between(steps, low, high, color=colour, alpha=0.15, linewidth=0)


def _levels(axes, rows: list[dict], figure: str) -> None:
    """What was not trained, as lines across; the first, Griffin-Lim, with interval."""
    dashes = ("-", "--", ":", "-.")
    latest = {row["name"]: row for row in _with(rows, figure)}
    for index, (name, row) in enumerate(latest.items()):
        of = row["figures"][figure]
        style = dashes[index % len(dashes)]
        axes.axhline(of["mean"], color=_FAINT, linestyle=style, label=name)
        if index == 0:
            axes.axhspan(*of["interval"], color=_FAINT, alpha=0.15, linewidth=0)


def _hours(axes, points: list[dict]) -> None:
    """An axis above with the hours that the steps took."""
    timed = [(p["step"], p["training_seconds"]) for p in points]
    timed = [(0, 0.0), *((s, t / 3600) for s, t in timed if s and t)]
    if len(timed) < 2:
        return
    steps, hours = np.array(timed).T
    slope = hours[-1] / steps[-1]

    def to_hours(x):
        return np.interp(x, steps, hours) + slope * (x - np.clip(x, 0, steps[-1]))

    def to_steps(x):
        beyond = (x - np.clip(x, 0, hours[-1])) / slope
        return np.interp(x, hours, steps) + beyond

    above = axes.secondary_xaxis("top", functions=(to_hours, to_steps))
    above.set_xlabel("hours of training", color=_INK, fontsize=9)
    above.tick_params(color=_FAINT, labelcolor=_INK, labelsize=8, length=3)
