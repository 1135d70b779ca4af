"""Histograms: the counts, and a picture of them as SVG that needs nothing else."""

from dataclasses import dataclass
from html import escape

import numpy as np

_WIDTH, _HEIGHT = 420, 190
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 12, 14, 34
_MOST_BINS = 30


@dataclass(frozen=True)
class Histogram:
    """How often values fall between `edges`; `edges` has one more than `counts`."""

    title: str
    unit: str
    edges: list[float]
    counts: list[int]
    median: float
    low: float
    high: float

    @classmethod
    def of(cls, title: str, unit: str, values: list[float]) -> "Histogram":
        """From values [n]; `low` and `high` are the 5th and 95th percentile."""
        array = np.asarray(values, np.float64)
        if array.size == 0:
            return cls(title, unit, [0.0, 1.0], [0], 0.0, 0.0, 0.0)
        bins = int(np.clip(2 * np.sqrt(array.size), 8, _MOST_BINS))
        edges = _round_edges(float(array.min()), float(array.max()), bins)
        counts, _ = np.histogram(array, edges)
        low, median, high = np.percentile(array, (5, 50, 95))
        return cls(
            title,
            unit,
            [round(float(edge), 6) for edge in edges],
            [int(count) for count in counts],
            *(round(float(value), 3) for value in (median, low, high)),
        )

    def svg(self) -> str:
        """The picture, coloured by the style of the page around it."""
        first, last = self.edges[0], self.edges[-1]
        top = max(*self.counts, 1)
        wide, high = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM

        def x(value: float) -> float:
            return _LEFT + wide * (value - first) / (last - first)

        def y(count: float) -> float:
            return _TOP + high * (1 - count / top)

        spans = zip(self.edges, self.edges[1:], self.counts, strict=False)
        bars = [
            f'<rect class="bar" x="{x(a) + 0.5:.1f}" y="{y(count):.1f}" '
            f'width="{max(x(b) - x(a) - 1, 1):.1f}" '
            f'height="{_TOP + high - y(count):.1f}">'
            f"<title>{a:g} to {b:g} {escape(self.unit)}: {count}</title></rect>"
            for a, b, count in spans
            if count
        ]
        marks = [
            f'<text class="tick" x="{x(value):.1f}" y="{_TOP + high + 14}" '
            f'text-anchor="middle">{value:g}</text>'
            for value in _ticks(first, last)
        ]
        marks += [
            f'<text class="tick" x="{_LEFT - 6}" y="{y(count) + 4:.1f}" '
            f'text-anchor="end">{count:g}</text>'
            f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" '
            f'y1="{y(count):.1f}" y2="{y(count):.1f}"/>'
            for count in _ticks(0, top, whole=True)
        ]
        middle = x(self.median)
        return (
            f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
            f'aria-label="{escape(self.title)}">{"".join(marks)}{"".join(bars)}'
            f'<line class="median" x1="{middle:.1f}" x2="{middle:.1f}" y1="{_TOP}" '
            f'y2="{_TOP + high}"/><text class="tick" x="{_LEFT + wide / 2:.0f}" '
            f'y="{_HEIGHT - 4}" text-anchor="middle">{escape(self.unit)}</text></svg>'
        )


def _round_edges(low: float, high: float, bins: int) -> np.ndarray:
    """About so many bins, or fewer, between round numbers that hold every value."""
    step = _round_step((high - low) / bins or max(abs(high), 1.0) / 10)
    first, last = np.floor(low / step), np.floor(high / step) + 1
    # The products may be rounded past the very values that they came from.
    first -= first * step > low
    last += last * step < high
    return np.arange(first, last + 1) * step


def _round_step(least: float) -> float:
    """The smallest of 1, 2, 5 times a power of ten that is not below `least`."""
    power = 10.0 ** np.floor(np.log10(least))
    return float(next(power * n for n in (1, 2, 5, 10) if power * n >= least * 0.999))


def _ticks(low: float, high: float, whole: bool = False) -> list[float]:
    step = _round_step((high - low) / 8)
    step = max(step, 1.0) if whole else step
    first = int(np.ceil(low / step - 1e-9))
    last = int(np.floor(high / step + 1e-9))
    return [round(n * step, 6) for n in range(first, last + 1)]
