"""Accept or reject free-running sentences by figures that a person can check."""

from collections.abc import Mapping, Sequence

from moksori.metrics.failures import ACCEPTED, Fault, faults
from moksori.voices.stopping import CAP


def accept(
    rows: Sequence[Mapping], reference_seconds: Sequence[float]
) -> dict[str, object]:
    """Judge spoken lines by their attention, and by when and how they stopped.

    `rows` are the rows of a synthesis manifest, `reference_seconds` how long a
    recording of each line is. A line passes when attention walked from first to last
    symbol without a skip or repeat, it was not ended by the length cap, and its focus
    and length are within `ACCEPTED`. Raises `ValueError` when there are not as many
    rows as references.
    """
    if len(rows) != len(reference_seconds):
        raise ValueError(f"{len(rows)} lines for {len(reference_seconds)} references")
    lines = [
        _line(row, seconds)
        for row, seconds in zip(rows, reference_seconds, strict=True)
    ]
    spoken = [line for line in lines if line["spoken"]]

    def count(name: str) -> int:
        return sum(bool(line[name]) for line in lines)

    def mean(name: str) -> float | None:
        return sum(line[name] for line in spoken) / len(spoken) if spoken else None

    return {
        "sentences": len(lines),
        "passed": count("passed"),
        "walked": count("walked"),
        "focused": count("focused"),
        "on_time": count("on_time"),
        "mean_focus": mean("focus"),
        "mean_length_error": mean("length_error"),
        "real_time_factor": mean("real_time_factor"),
        "lines": lines,
    }


def _line(row: Mapping, seconds: float) -> dict[str, object]:
    """Return what was measured of a line, and which of the demands it meets."""
    if "error" in row:
        demands = ("spoken", "passed", "walked", "focused", "on_time")
        failed = dict.fromkeys(demands, False)
        return {"text": row["text"], "error": row["error"], **failed}
    attention = row["attention"]
    found = faults(
        complete=attention["complete"],
        stopped=row["stopped"] != CAP,
        length_ratio=row["seconds"] / seconds,
        focus=attention["focus"],
        limits=ACCEPTED,
    )
    return {
        "text": row["text"],
        "wav": row["wav"],
        "spoken": True,
        "passed": not found,
        "walked": Fault.ATTENTION not in found,
        "focused": Fault.FOCUS not in found,
        "on_time": not {Fault.LENGTH, Fault.CAP} & set(found),
        "focus": attention["focus"],
        "length_error": abs(row["seconds"] - seconds) / seconds,
        "real_time_factor": row["real_time_factor"],
    }


def summary(figures: Mapping) -> str:
    """Return the figures of `accept` in one sentence."""
    focus = figures["mean_focus"]
    return (
        f"{figures['passed']} of {figures['sentences']} unseen sentences pass: "
        f"attention walks through {figures['walked']}, is sharp on "
        f"{figures['focused']} (mean focus {focus or 0:.2f}), and "
        f"{figures['on_time']} stop within {ACCEPTED.longest - 1:.0%} of the "
        "recording's length"
    )
