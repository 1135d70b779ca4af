"""Measure how well attention follows the text.

An alignment is float [steps, symbols]: each row says where a decoder step looked and
sums to one. The caller cuts padded alignments to their real lengths
first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

SHORTEST_SKIP = 3
FARTHEST_RETURN = 2
_HEARD = 0.1
_WIDTH = 0.2
_NULL_LEAD = "\u110b"


@dataclass(frozen=True)
class Walk:
    """Hold the way attention took through the text.

    `path` [steps] is the symbol looked at most, single-step glances taken out; `skips`
    are `(begin, end)` symbols, end exclusive, that it left out; `repeats` are `(begin,
    end)` steps that it spent behind where it had been. `started` and `reached_end` say
    whether it met the first and the last sounds.
    """

    path: np.ndarray
    skips: tuple[tuple[int, int], ...]
    repeats: tuple[tuple[int, int], ...]
    started: bool
    reached_end: bool

    @property
    def complete(self) -> bool:
        """Tell whether it went from first to last symbol without a skip or a repeat."""
        return self.started and self.reached_end and not self.skips and not self.repeats


def focus(alignment: np.ndarray) -> float:
    """Return the mean of each step's largest weight: 1 is sharp, 1 / symbols flat."""
    alignment = _checked(alignment)
    return float(alignment.max(axis=1).mean())


def diagonality(alignment: np.ndarray, width: float = _WIDTH) -> float:
    """Return the share of attention near the diagonal, by a Gaussian of `width`.

    One minus the guided attention loss (Tachibana et al. 2018, section 4.1), positions
    taken at the middle of steps and symbols.
    """
    alignment = _checked(alignment)
    steps, symbols = alignment.shape
    down = (np.arange(steps) + 0.5) / steps
    along = (np.arange(symbols) + 0.5) / symbols
    near = np.exp(-((along[None, :] - down[:, None]) ** 2) / (2 * width**2))
    return float((alignment * near).sum() / steps)


def sounding(symbols: Sequence[str]) -> np.ndarray:
    """Return which symbols have a sound of their own, bool [symbols].

    Letters do; spaces, punctuation and the end symbol do not, nor does the consonant
    ᄋ that opens a syllable which begins with its vowel.
    """
    return np.array([s.isalpha() and s != _NULL_LEAD for s in symbols], bool)


def walk(alignment: np.ndarray, sounds: np.ndarray | None = None) -> Walk:
    """Follow attention from first to last symbol, and find skips and returns.

    `sounds` [symbols] are the symbols that count, all by default (see `sounding`).

    A symbol is heard if over all steps it got a tenth of the mean symbol's attention.
    Three sounds in a row not heard are a skip: a Korean syllable has two or three, one
    or two of which may pass within a decoder step of several frames, but not three
    with hardly a glance. Silent symbols neither count nor end such a row.

    A return by more than two symbols behind the farthest one, for two steps or longer,
    is a repeat: less is the width of attention itself. A glance of a single step, ahead
    or back, is taken out of the path first.

    The beginning is met if one of the first two sounds is heard, the end if at most
    one sound lies behind the farthest point of the path: attention leans ahead, so
    that a little weight on the last sound does not say that it was spoken.
    """
    alignment = _checked(alignment)
    steps, symbols = alignment.shape
    if sounds is None:
        sounds = np.ones(symbols, bool)
    sounds = np.asarray(sounds, bool)
    if sounds.shape != (symbols,):
        raise ValueError(f"{symbols} symbols, but sounds are {list(sounds.shape)}")
    path = _steadied(alignment.argmax(axis=1))
    heard = alignment.sum(axis=0) >= _HEARD * steps / symbols
    behind = np.maximum.accumulate(path) - path > FARTHEST_RETURN
    return Walk(
        path=path,
        skips=_skips(heard, sounds),
        repeats=tuple((b, e) for b, e in _runs(behind) if e - b >= 2),
        started=bool(heard[np.flatnonzero(sounds)[:2]].any()),
        reached_end=int(sounds[path.max() + 1 :].sum()) <= 1,
    )


def health(alignment: np.ndarray, symbols: Sequence[str] | None = None) -> dict:
    """Return all figures of one alignment, as plain values for a manifest or a report.

    `symbols`, the strings of the alphabet, tell which of them have a sound.
    """
    taken = walk(alignment, None if symbols is None else sounding(symbols))
    return {
        "focus": round(focus(alignment), 4),
        "diagonality": round(diagonality(alignment), 4),
        "skips": len(taken.skips),
        "repeats": len(taken.repeats),
        "started": taken.started,
        "reached_end": taken.reached_end,
        "complete": taken.complete,
    }


def assess(speech) -> tuple[dict, list[str]]:
    """Return `health` of anything with an `alignment` and its `symbols`, and what it
    found wrong in plain words; nothing for a complete walk."""
    figures = health(speech.alignment, speech.symbols)
    return figures, complaints(figures)


def complaints(figures: Mapping) -> list[str]:
    """Return what `health` found wrong, in plain words."""
    found = []
    if not figures["started"]:
        found.append("the beginning of the text was left out")
    if figures["skips"]:
        found.append(f"skipped {figures['skips']} part(s) of the text")
    if figures["repeats"]:
        found.append(f"went back in the text {figures['repeats']} time(s)")
    if not figures["reached_end"]:
        found.append("stopped before the end of the text")
    return found


def _checked(alignment: np.ndarray) -> np.ndarray:
    alignment = np.asarray(alignment, np.float64)
    if alignment.ndim != 2 or 0 in alignment.shape:
        raise ValueError(
            f"an alignment is [steps, symbols], not {list(alignment.shape)}"
        )
    return alignment


def _steadied(path: np.ndarray) -> np.ndarray:
    """Remove glances from a path: a step far from both neighbours on the same side
    takes their median, and a first step far ahead that of the second."""
    if len(path) < 3:
        return path
    before, here, after = path[:-2], path[1:-1], path[2:]
    nearest = np.minimum(np.abs(here - before), np.abs(here - after))
    glance = ((here - before) * (here - after) > 0) & (nearest > FARTHEST_RETURN)
    steadied = path.copy()
    steadied[1:-1] = np.where(glance, np.median([before, here, after], axis=0), here)
    if steadied[0] - steadied[1] > FARTHEST_RETURN:
        steadied[0] = steadied[1]
    return steadied


def _skips(heard: np.ndarray, sounds: np.ndarray) -> tuple[tuple[int, int], ...]:
    places = np.flatnonzero(sounds)
    rows = _runs(~heard[places])
    return tuple(
        (int(places[begin]), int(places[end - 1]) + 1)
        for begin, end in rows
        if end - begin >= SHORTEST_SKIP
    )


def _runs(flags: np.ndarray) -> list[tuple[int, int]]:
    """Return `(begin, end)` of every run of true values, end exclusive."""
    edges = np.diff(np.concatenate([[0], flags.astype(np.int8), [0]]))
    begins, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    return [(int(b), int(e)) for b, e in zip(begins, ends, strict=True)]
