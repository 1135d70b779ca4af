"""Draw alignments and spectrograms.

Every function builds a `matplotlib` figure of its own, without pyplot and its global
state, so they may be called from any thread and leave nothing behind. With a `path`
the picture is also written there, aside and renamed.
"""

import math
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from moksori.fonts import families
from moksori.storage import atomic_write

_INK = "#22272e"
_FAINT = "#8b949e"
_MOST_LETTERS = 90


def alignment(
    weights: np.ndarray,
    symbols: Sequence[str],
    path: str | Path | None = None,
    *,
    title: str = "",
    step_seconds: float | None = None,
    stop: int | None = None,
) -> Figure:
    """Draw attention `weights` [steps, symbols] over time, the text upwards.

    Conjoining jamo are shown as letters, with the syllable they form beside them.
    `step_seconds` is the duration of a decoder step; without it the axis counts steps.
    `stop` marks the step at which the model ended.
    """
    weights = np.asarray(weights, np.float32)
    if weights.ndim != 2 or weights.shape[1] != len(symbols):
        raise ValueError(f"{len(symbols)} symbols, but weights are {weights.shape}")
    steps, count = weights.shape
    scale = step_seconds or 1.0
    height = min(12.0, max(3.2, 1.3 + 0.165 * count))
    figure, (axes,) = _figure(8.0, height, title)
    picture = axes.imshow(
        weights.T,
        origin="lower",
        aspect="auto",
        interpolation="nearest",
        cmap="magma",
        vmin=0.0,
        vmax=1.0,
        extent=(0.0, steps * scale, -0.5, count - 0.5),
    )
    _label_symbols(axes, list(symbols), (height - 1.3) * 72 / count)
    if stop is not None:
        _mark(axes, stop * scale, "stop")
    axes.set_xlabel("seconds" if step_seconds else "decoder steps", **_text(10))
    _colorbar(figure, picture, axes, "attention weight")
    return _finish(figure, path)


def spectrograms(
    panels: Sequence[tuple[str, np.ndarray]],
    frame_seconds: float,
    path: str | Path | None = None,
    *,
    title: str = "",
    unit: str = "log amplitude",
) -> Figure:
    """Draw mel spectrograms `(name, [frames, mels])` above each other.

    All share one colour scale, from the 1st percentile of the first panel to its
    largest value, and one time axis in seconds.
    """
    panels = [(name, np.asarray(mel, np.float32)) for name, mel in panels]
    for name, mel in panels:
        if mel.ndim != 2 or not mel.size:
            raise ValueError(f"{name}: a spectrogram of shape {mel.shape}")
    finite = panels[0][1][np.isfinite(panels[0][1])]
    low, high = np.percentile(finite, [1, 100]) if finite.size else (0.0, 1.0)
    longest = max(len(mel) for _, mel in panels) * frame_seconds
    figure, rows = _figure(9.0, 0.9 + 1.9 * len(panels), title, rows=len(panels))
    for axes, (name, mel) in zip(rows, panels, strict=True):
        picture = axes.imshow(
            mel.T,
            origin="lower",
            aspect="auto",
            interpolation="nearest",
            cmap="magma",
            vmin=low,
            vmax=max(high, low + 1e-6),
            extent=(0.0, len(mel) * frame_seconds, 0, mel.shape[1]),
        )
        axes.set_xlim(0.0, longest)
        axes.set_ylabel("mel band", **_text(10))
        _write_title(axes, name, 9.0, size=10, loc="left")
        axes.tick_params(labelbottom=axes is rows[-1])
    rows[-1].set_xlabel("seconds", **_text(10))
    _colorbar(figure, picture, list(rows), unit)
    return _finish(figure, path)


def _figure(width: float, height: float, title: str, rows: int = 1):
    figure = Figure(figsize=(width, height), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, 1, squeeze=False)[:, 0]
    for each in axes:
        _soften(each)
    if title and rows > 1:
        figure.suptitle(_wrapped(title, width, 12), **_text(12))
    elif title:
        _write_title(axes[0], title, width, size=12, loc="center")
    return figure, axes


def _write_title(axes, text: str, width: float, size: float, loc: str) -> None:
    axes.set_title(_wrapped(text, width, size), loc=loc, **_text(size))


def _colorbar(figure: Figure, picture, axes, label: str) -> None:
    height = figure.get_figheight()
    bar = figure.colorbar(picture, ax=axes, pad=0.015, aspect=6 * height, fraction=0.03)
    _soften(bar.ax)
    bar.set_label(label, **_text(10))


def _mark(axes, x: float, name: str) -> None:
    axes.axvline(x, color="white", linewidth=1.0, linestyle=(0, (4, 3)))
    note = {**_text(9), "color": "white"}
    place = axes.get_xaxis_transform()
    axes.text(x, 0.02, f"{name} ", transform=place, ha="right", va="bottom", **note)


def _soften(axes) -> None:
    for side in axes.spines.values():
        side.set_color("#d0d4d9")
    axes.tick_params(color=_FAINT, labelcolor=_INK, labelsize=8, length=3)


def _finish(figure: Figure, path: str | Path | None) -> Figure:
    if path is not None:
        path = Path(path)
        kind = path.suffix[1:] or "png"
        with atomic_write(path) as file:
            figure.savefig(file, format=kind)
    return figure


def _label_symbols(axes, symbols: list[str], points: float) -> None:
    """Write letters at the axis, syllables outside it; only these in a crowd.

    `points` is the height of one row.
    """
    crowded = len(symbols) > _MOST_LETTERS
    names = [""] * len(symbols) if crowded else [letter(s) for s in symbols]
    axes.set_yticks(range(len(symbols)))
    axes.set_yticklabels(names, **_text(min(10.0, points * 0.8)))
    axes.tick_params(axis="y", length=0, pad=2)
    size = max(5.0, min(12.0, points * (2.2 if crowded else 1.2)))
    for begin, end, syllable in syllables(symbols):
        if end - begin == 1:
            continue
        axes.text(
            -0.006 if crowded else -0.035,
            (begin + end - 1) / 2,
            syllable,
            transform=axes.get_yaxis_transform(),
            ha="right",
            va="center",
            **_text(size),
        )
        if begin:
            axes.axhline(begin - 0.5, color="white", linewidth=0.3, alpha=0.35)


def syllables(symbols: Sequence[str]) -> list[tuple[int, int, str]]:
    """Return `(begin, end, text)` for each syllable that conjoining jamo form, and for
    each symbol that stands alone."""
    groups, begin = [], 0
    while begin < len(symbols):
        end = begin + 1
        for size in (3, 2):
            text = unicodedata.normalize("NFC", "".join(symbols[begin : begin + size]))
            if len(text) == 1 and begin + size <= len(symbols):
                end = begin + size
                break
        text = unicodedata.normalize("NFC", "".join(symbols[begin:end]))
        groups.append((begin, end, text))
        begin = end
    return groups


def letter(symbol: str) -> str:
    """Return how a symbol is shown alone: a conjoining jamo as the letter that is
    written, a space as ␣, anything else as it is."""
    if symbol == " ":
        return "␣"
    name = unicodedata.name(symbol, "") if len(symbol) == 1 else ""
    kind, _, rest = name.removeprefix("HANGUL ").partition(" ")
    if kind not in ("CHOSEONG", "JUNGSEONG", "JONGSEONG"):
        return symbol
    try:
        return unicodedata.lookup(f"HANGUL LETTER {rest}")
    except KeyError:
        return symbol


def _text(size: float) -> dict:
    return {"fontfamily": list(families()), "fontsize": size, "color": _INK}


def _wrapped(text: str, width: float, size: float) -> str:
    """Wrap text into lines of `width` inches, at spaces where there are any."""
    room = width * 0.86 * 72 / size
    lines, line = [], ""
    for word in text.split(" "):
        joined = f"{line} {word}" if line else word
        if line and _ems(joined) > room:
            lines.append(line)
            joined = word
        while _ems(joined) > room:
            cut = max(1, math.floor(len(joined) * room / _ems(joined)))
            lines.append(joined[:cut])
            joined = joined[cut:]
        line = joined
    return "\n".join([*lines, line])


def _ems(text: str) -> float:
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return 0.95 * wide + 0.58 * (len(text) - wide)
