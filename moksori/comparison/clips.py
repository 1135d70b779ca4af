"""Read what a system spoke, line by line: sounds, figures, and why a line failed."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from hparams import Audio
from moksori.audio.files import AudioError, load
from moksori.audio.levels import trim
from moksori.metrics.bootstrap import ratio_of
from moksori.metrics.failures import faults
from moksori.metrics.likeness import likeness
from moksori.storage import write_text
from moksori.voices import stopping

_OF_ATTENTION = ("focus", "skips", "repeats")


@dataclass(frozen=True)
class SystemResult:
    """Hold what a system spoke: `key` in the report, `clips` by line, counted from 1,
    and `facts` about its cost."""

    key: str
    name: str
    about: str
    clips: dict[int, dict]
    facts: dict = field(default_factory=dict)


def clips(
    folder: Path,
    lines: Sequence[str],
    recordings: Mapping[int, np.ndarray],
    audio: Audio,
    root: Path,
) -> Iterator[tuple[int, dict]]:
    """Yield `(line, clip)` for each line that was to be spoken into `folder`.

    A clip is what the page shows, or holds an `error`. `recordings` are waves [samples]
    by line at the rate of `audio`, `root` is what paths are relative to.
    """
    rows = {row["line"]: row for row in read_manifest(folder)}
    for line in range(1, len(lines) + 1):
        row = rows.get(line, {"error": "it was not spoken"})
        yield line, _clip(row, folder, recordings.get(line), audio, root)


def recorded(
    folder: Path, recordings: Mapping[int, np.ndarray], audio: Audio, root: Path
) -> dict[int, dict]:
    """Return the clips of the recordings, which lie as `folder/0001.wav` and on."""
    return {
        line: {
            "wav": str((folder / f"{line:04d}.wav").relative_to(root)),
            "seconds": round(len(wave) / audio.sample_rate, 4),
            "figures": {},
            "warnings": [],
        }
        for line, wave in recordings.items()
    }


def read_manifest(folder: Path) -> list[dict]:
    """Return the rows of a synthesis manifest in the order of their lines."""
    text = (folder / "manifest.jsonl").read_text("utf-8")
    return sorted(map(json.loads, text.splitlines()), key=lambda row: row["line"])


def write_consent(folder: Path, consent: str, rows: Sequence[Mapping]) -> None:
    """Write the manifest of a folder, with the consent in every row."""
    rows = [{**row, "consent": consent} for row in rows]
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    write_text(folder / "manifest.jsonl", text)


def failures(clips: Mapping[int, dict]) -> dict:
    """Count the lines that were not spoken or that failed (`metrics.failures`)."""
    count = sum("error" in clip or clip["failed"] for clip in clips.values())
    total = len(clips)
    per_hundred = round(100 * count / total, 1) if total else None
    return {"count": count, "of": total, "per_hundred": per_hundred}


def real_time_factor(clips: Mapping[int, dict]) -> dict:
    """Return seconds of computing for a second of sound, over all lines together."""
    spoken = [clip for clip in clips.values() if "wav" in clip]
    seconds = [clip["seconds"] for clip in spoken]
    factors = [clip["figures"]["real_time_factor"] for clip in spoken]
    spent = [f * s for f, s in zip(factors, seconds, strict=True)]
    return ratio_of(spent, seconds)


def _clip(row: dict, folder: Path, recording, audio: Audio, root: Path) -> dict:
    if "error" in row:
        return {"error": row["error"]}
    wav, attention = folder / row["wav"], row.get("attention") or {}
    figures = {name: attention[name] for name in _OF_ATTENTION if name in attention}
    warnings = list(row["warnings"])
    try:
        wave = load(wav, audio.sample_rate)
    except AudioError as error:
        return {"error": str(error)}
    silent = not trim(wave, audio).size
    if silent:
        warnings.append("nothing is to be heard")
    elif recording is not None:
        try:
            figures |= likeness(recording, wave, audio).to_dict()
        except ValueError as error:
            warnings.append(f"not compared: {error}")
    figures["real_time_factor"] = row["real_time_factor"]
    found = faults(
        complete=attention.get("complete", True),
        stopped=row["stopped"] != stopping.CAP,
        silent=silent,
        length_ratio=figures.get("duration_ratio"),
    )
    clip = {
        "wav": str(wav.relative_to(root)),
        "seconds": row["seconds"],
        "spoken": row["spoken"],
        "figures": figures,
        "warnings": warnings,
        "failed": bool(found),
        "faults": list(found),
    }
    if row.get("alignment"):
        clip["alignment"] = str((folder / row["alignment"]).relative_to(root))
    return clip
