"""Tabulate means with their intervals, and tell which systems they set apart."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations

import numpy as np

from moksori.metrics.bootstrap import difference_of, mean_of

RECORDING = "recording"
# The bootstrap of fewer sentences has too few draws that differ.
LEAST_SENTENCES = 6
# Where voicing is wrong more often, the frames that are voiced in both are chance.
MOST_VOICING_ERROR = 1 / 3
_OF_PITCH = ("pitch_cents", "gross_pitch_error")


@dataclass(frozen=True)
class Figure:
    """Describe a row of the table: `better` is "lower", "higher", "one" (the closer to
    1) or None, where neither is; `of` is what there is one figure of."""

    key: str
    name: str
    unit: str
    better: str | None
    digits: int
    note: str = ""
    of: str = "sentences"


_NOTES = {
    "cepstral_decibel": "From the recording; frames paired by dynamic time warping, "
    "13 coefficients, the level left out. It counts room and microphone as well as "
    "voice.",
    "pitch_cents": "Root mean square over the paired frames that are voiced in both, "
    "without the gross errors. Left out are sentences in which more than a third of "
    "the frames are voiced wrongly: what is hardly a voice would be right by chance.",
    "gross_pitch_error": "The share of the paired frames voiced in both whose pitch is "
    "off by more than a fifth. Many are octaves, of the tracker as well as of the "
    "voice.",
    "voicing_error": "The share of the paired frames of which just one is voiced.",
    "duration_ratio": "Of the speech, without the silence around it. The mean forgives "
    "what is too long in one sentence and too short in another; systems are compared "
    "by how far each sentence is from 1.",
    "focus": "Mean of the largest weight of each decoder step: 1 is sharp.",
    "skips": "Counted in the alignment.",
    "repeats": "Counted in the alignment.",
}
FIGURES = tuple(
    Figure(*fields, _NOTES[fields[0]])
    for fields in (
        ("cepstral_decibel", "Mel-cepstral distortion", "dB", "lower", 2),
        ("pitch_cents", "Pitch error", "cents", "lower", 0),
        ("gross_pitch_error", "Gross pitch errors", "", "lower", 3),
        ("voicing_error", "Voicing error", "", "lower", 3),
        ("duration_ratio", "Duration by the recording's", "", "one", 3),
        ("focus", "Attention focus", "", None, 3),
        ("skips", "Skips in a sentence", "", None, 2),
        ("repeats", "Returns in a sentence", "", None, 2),
    )
)


def table(spoken: Mapping[str, Sequence[Mapping]]) -> list[dict]:
    """Return the rows that have figures, from the clips of each system by line."""
    rows = []
    for figure in FIGURES:
        values = {
            key: np.array([_value(clip, figure.key) for clip in clips])
            for key, clips in spoken.items()
        }
        if any(np.isfinite(each).any() for each in values.values()):
            rows.append(row(figure, values))
    return rows


def row(
    figure: Figure,
    values: Mapping[str, np.ndarray],
    baselines: Sequence[Mapping] = (),
) -> dict:
    """Return a row of the table as plain values.

    `values` are each system's figures [sentences], NaN where it has none, of the same
    sentences in the same order. Pairs of systems are compared sentence by sentence;
    `best` are those that no other is better than, if any two are told apart, and of
    which there is enough to tell.
    """
    means = {key: mean_of(each) for key, each in values.items()}
    judged = {k: v for k, v in values.items() if k != RECORDING and means[k]["count"]}
    differences = _differences(figure, judged) if figure.better else []
    worse = {each["worse"] for each in differences if each["told_apart"]}
    return {
        **asdict(figure),
        "systems": {
            key: rounded(mean, figure.digits + 1) if mean["count"] else None
            for key, mean in means.items()
        },
        "baselines": [dict(each) for each in baselines],
        "best": [
            key
            for key in judged
            if worse and key not in worse and means[key]["count"] >= LEAST_SENTENCES
        ],
        "differences": differences,
    }


def verdict(rows: Sequence[Mapping], names: Mapping[str, str]) -> list[str]:
    """Write a sentence for each figure and pair of systems from their difference."""
    return [
        _sentence(each, difference, names)
        for each in rows
        for difference in each["differences"]
    ]


def rounded(mean: Mapping, digits: int) -> dict:
    """Round a mean and its interval to `digits`."""
    values = [mean["mean"], *mean["interval"]]
    value, low, high = (None if v is None else round(float(v), digits) for v in values)
    return {"mean": value, "interval": [low, high], "count": mean["count"]}


def _value(clip: Mapping, name: str) -> float:
    figures = clip.get("figures", {})
    value, voicing = figures.get(name), figures.get("voicing_error") or 0.0
    chance = name in _OF_PITCH and voicing > MOST_VOICING_ERROR
    return float("nan") if value is None or chance else float(value)


def _differences(figure: Figure, values: Mapping[str, np.ndarray]) -> list[dict]:
    """Return, for each pair of systems, by how much the better one is better."""
    costs = {key: _cost(figure, each) for key, each in values.items()}
    found = []
    for better, worse in combinations(costs, 2):
        gain = difference_of(costs[worse], costs[better])
        if not gain["count"]:
            continue
        if gain["mean"] < 0:
            better, worse = worse, better
            gain = difference_of(costs[worse], costs[better])
        apart = gain["count"] >= LEAST_SENTENCES and gain["interval"][0] > 0
        told = {"better": better, "worse": worse, "told_apart": apart}
        found.append({**told, **rounded(gain, figure.digits + 1)})
    return found


def _cost(figure: Figure, values: np.ndarray) -> np.ndarray:
    """Return figures of which less is better."""
    if figure.better == "one":
        return np.abs(values - 1)
    return -values if figure.better == "higher" else values


def _sentence(row: Mapping, difference: Mapping, names: Mapping[str, str]) -> str:
    better, worse = names[difference["better"]], names[difference["worse"]]
    both, count = f"{row['name']}: {better} and {worse}", difference["count"]
    if count < LEAST_SENTENCES:
        few = f"have too few {row['of']} in common to be compared"
        return f"{both} {few} ({count})."
    if not difference["told_apart"]:
        return f"{both} are not told apart by {count} {row['of']}."
    mean, (low, high) = difference["mean"], difference["interval"]
    digits, unit = row["digits"], f" {row['unit']}" if row["unit"] else ""
    nearer = "nearer to 1" if row["better"] == "one" else "better"
    return (
        f"{row['name']}: {better} is {nearer} than {worse}, by {mean:.{digits}f}{unit} "
        f"({low:.{digits}f} to {high:.{digits}f})."
    )
