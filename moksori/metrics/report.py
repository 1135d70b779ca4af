"""What free-running speech is worth, in a few figures that a person can check."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from moksori.storage import write_json

FOCUS = 0.7
LENGTH = 0.1


def free_running(
    rows: Sequence[Mapping], reference_seconds: Sequence[float]
) -> dict[str, object]:
    """Judge spoken lines by their attention and by when they stopped.

    `rows` are the rows of a synthesis manifest, `reference_seconds` how long a
    recording of each line is. A line passes when attention walked from first to last
    symbol without a skip or repeat, its mean focus is at least `FOCUS`, and its length
    is within a share of `LENGTH` of the reference. Raises `ValueError` when there are
    not as many rows as references.
    """
    if len(rows) != len(reference_seconds):
        raise ValueError(f"{len(rows)} lines for {len(reference_seconds)} references")
    lines = [
        _judged(row, seconds)
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


def _judged(row: Mapping, seconds: float) -> dict[str, object]:
    """One line: what was measured and which of the three demands it meets."""
    if "error" in row:
        failed = dict.fromkeys(
            ("spoken", "passed", "walked", "focused", "on_time"), False
        )
        return {"text": row["text"], "error": row["error"], **failed}
    attention = row["attention"]
    error = abs(row["seconds"] - seconds) / seconds
    demands = {
        "walked": attention["complete"],
        "focused": attention["focus"] >= FOCUS,
        "on_time": error <= LENGTH,
    }
    return {
        "text": row["text"],
        "wav": row["wav"],
        "spoken": True,
        "passed": all(demands.values()),
        **demands,
        "focus": attention["focus"],
        "length_error": error,
        "real_time_factor": row["real_time_factor"],
    }


def read_manifest(folder: Path) -> list[dict]:
    """The rows of a synthesis manifest in the order of their lines."""
    text = (folder / "manifest.jsonl").read_text("utf-8")
    return sorted(map(json.loads, text.splitlines()), key=lambda row: row["line"])


def write(path: Path, figures: Mapping) -> None:
    """Write figures as JSON, aside and renamed."""
    write_json(path, figures)


def summary(figures: Mapping) -> str:
    """The figures of `free_running` in a few lines."""
    focus = figures["mean_focus"]
    return (
        f"{figures['passed']} of {figures['sentences']} unseen sentences pass: "
        f"attention walks through {figures['walked']}, is sharp on "
        f"{figures['focused']} (mean focus {focus or 0:.2f}), and "
        f"{figures['on_time']} stop within {LENGTH:.0%} of the recording's length"
    )
