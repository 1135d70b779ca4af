"""Draw a registry: who sounds like whom.

On the left, the templates on their two principal components; on the right, the cosine
of every pair. The same registry gives the same picture.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from moksori.fonts import families
from moksori.speakers.bandwidth import Band
from moksori.storage import atomic_write

if TYPE_CHECKING:
    from moksori.speakers.registry import Registry

_INK, _FAINT = "#22272e", "#d0d4d9"
_LONGEST = 14  # letters of a name
# More names than these are thinned out; more numbers are not readable.
_MOST_NAMES, _MOST_NUMBERS = 60, 12


def plot(registry: "Registry", path: str | Path, band: Band = Band.WIDE) -> None:
    """Draw the templates of a band into a picture, png or what the suffix says.

    Raises `ValueError` for a registry without a template of that band.
    """
    templates = registry.templates(band)
    if not len(templates.ids):
        raise ValueError("nobody is enrolled: there is nothing to draw")
    names = [_shortened(registry.get(each).name) for each in templates.ids]
    draw(names, templates.matrix, path)


def project(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Project unit vectors [N, D] on their two principal components.

    Returns coordinates [N, 2] and the share of the variance of each [2]. The sign of a
    component, which is free, makes its largest coordinate positive. With fewer than
    three vectors what is missing is 0.
    """
    centred = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    left, scale, _ = np.linalg.svd(centred, full_matrices=False)
    power = scale**2
    # What rounding leaves of a component is none.
    scale = np.where(power > 1e-12 * max(power.sum(), 1e-12), scale, 0.0)
    places = (left * scale)[:, :2]
    places = np.pad(places, ((0, 0), (0, 2 - places.shape[1])))
    # Rounded, as two vectors are equally far from their mean.
    largest = places[np.abs(places).round(9).argmax(axis=0), [0, 1]]
    places *= np.where(largest < 0, -1.0, 1.0)
    shares = np.pad(power / max(power.sum(), 1e-12), (0, 2))[:2]
    return places, shares


def draw(names: list[str], vectors: np.ndarray, path: str | Path) -> None:
    """Draw unit vectors [N, D] with their names into a picture, in order of names."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    order = sorted(range(len(names)), key=lambda each: (names[each], each))
    names, vectors = [names[each] for each in order], vectors[order]
    height = min(14.0, 4.5 + 0.1 * len(names))
    figure = Figure(figsize=(2.1 * height, height), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    _draw_places(left, names, vectors)
    picture = _draw_cosines(right, names, vectors @ vectors.T)
    bar = figure.colorbar(picture, ax=right, fraction=0.04, pad=0.02)
    bar.set_label("cosine", **_text(9))
    for axes in (left, right, bar.ax):
        axes.tick_params(color=_FAINT, labelcolor=_INK, labelsize=8)
        for side in axes.spines.values():
            side.set_color(_FAINT)
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as file:
        # The date would make every file another one.
        kind = path.suffix[1:] or "png"
        figure.savefig(file, format=kind, metadata=_without_date(kind))


def _draw_places(axes, names: list[str], vectors: np.ndarray) -> None:
    places, shares = project(vectors)
    axes.scatter(*places.T, s=26, color="#3b6ea8", zorder=2)
    reach = max(np.abs(places).max(), 0.05) * 1.25
    axes.set_xlim(-reach, reach)
    axes.set_ylim(-reach, reach)
    axes.set_aspect("equal")
    axes.axhline(0, color=_FAINT, linewidth=0.6, zorder=1)
    axes.axvline(0, color=_FAINT, linewidth=0.6, zorder=1)
    for number in _labelled(places, reach):
        note = {
            "textcoords": "offset points",
            "xytext": (5, 4),
            "annotation_clip": True,
        }
        axes.annotate(names[number], places[number], **note, **_text(9))
    axes.set_title("principal components", **_text(11))
    axes.set_xlabel(f"first ({100 * shares[0]:.0f} % of the variance)", **_text(9))
    axes.set_ylabel(f"second ({100 * shares[1]:.0f} %)", **_text(9))


def _labelled(places: np.ndarray, reach: float) -> list[int]:
    """Return the points whose names fit: none hides a name that is there already."""
    taken: list[np.ndarray] = []
    chosen = []
    room = reach * np.array([0.22, 0.055])
    for number, place in enumerate(places):
        if all((np.abs(place - other) > room).any() for other in taken):
            taken.append(place)
            chosen.append(number)
    return chosen


def _draw_cosines(axes, names: list[str], cosines: np.ndarray):
    count = len(names)
    form = {"cmap": "magma", "vmin": min(0.0, cosines.min()), "vmax": 1.0}
    picture = axes.imshow(cosines, interpolation="nearest", **form)
    shown = range(0, count, -(-count // _MOST_NAMES))
    labels = [names[each] for each in shown]
    size = _text(9 if count <= 30 else 7)
    axes.set_xticks(shown, labels, rotation=90, **size)
    axes.set_yticks(shown, labels, **size)
    if count <= _MOST_NUMBERS:
        for row, column in np.ndindex(count, count):
            value = cosines[row, column]
            ink = {**_text(8), "color": "white" if value < 0.65 else _INK}
            axes.text(column, row, f"{value:.2f}", ha="center", va="center", **ink)
    axes.set_title("cosine of each pair", **_text(11))
    return picture


def _shortened(name: str) -> str:
    # A name is text of the user's: nothing in it is a formula.
    name = name.replace("$", r"\$")
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"


def _without_date(kind: str) -> dict | None:
    return {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(kind)


def _text(size: float) -> dict:
    return {"fontfamily": list(families()), "fontsize": size, "color": _INK}
