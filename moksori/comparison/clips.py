"""What a system spoke, line by line: sounds, figures, and what went wrong."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from hparams import Audio
from moksori.audio.files import AudioError, load
from moksori.audio.levels import trim
from moksori.metrics.bootstrap import ratio_of
from moksori.metrics.likeness import likeness
from moksori.metrics.report import read_manifest
from moksori.storage import write_text
from moksori.voices import stopping

# A length beyond these of the recording's was broken off, or babbled on.
SHORTEST, LONGEST = 0.67, 1.5
_OF_ATTENTION = ("focus", "skips", "repeats")


@dataclass(frozen=True)
class System:
    """One way to speak: its `key` in the report and its `clips` by line, counted from
    1. `facts` are what else is told of it."""

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
    """`(line, clip)` of each line that was to be spoken into `folder`, one by one.

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
    """The clips of the recordings themselves, written as `folder/0001.wav` and on."""
    return {
        line: {
            "wav": str((folder / f"{line:04d}.wav").relative_to(root)),
            "seconds": round(len(wave) / audio.sample_rate, 4),
            "figures": {},
            "warnings": [],
        }
        for line, wave in recordings.items()
    }


def sign(folder: Path, consent: str, clips: Mapping[int, dict] | None = None) -> None:
    """Write the consent into every row of the manifest of a folder; where nothing spoke
    there, that of its `clips` is made."""
    if clips is None:
        rows = read_manifest(folder)
    else:
        rows = [{"line": n, "wav": Path(c["wav"]).name} for n, c in clips.items()]
    text = "".join(
        json.dumps({**row, "consent": consent}, ensure_ascii=False) + "\n"
        for row in rows
    )
    write_text(folder / "manifest.jsonl", text)


def device(folder: Path) -> str:
    """What the lines in a folder were computed on, as their manifest says."""
    named = (row["device"] for row in read_manifest(folder) if "device" in row)
    return next(named, "machine")


def failures(clips: Mapping[int, dict]) -> dict:
    """How many lines failed: not spoken, silent, ended by the length cap, attention
    that left out or repeated something, or a length far from the recording's."""
    count = sum("error" in clip or clip["failed"] for clip in clips.values())
    total = len(clips)
    per_hundred = round(100 * count / total, 1) if total else None
    return {"count": count, "of": total, "per_hundred": per_hundred}


def real_time_factor(clips: Mapping[int, dict]) -> dict:
    """Seconds of computing for a second of sound, over all lines together."""
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
    clip = {
        "wav": str(wav.relative_to(root)),
        "seconds": row["seconds"],
        "spoken": row["spoken"],
        "figures": figures,
        "warnings": warnings,
        "failed": silent or _failed(row, attention, figures.get("duration_ratio")),
    }
    if row.get("alignment"):
        clip["alignment"] = str((folder / row["alignment"]).relative_to(root))
    return clip


def _failed(row: dict, attention: dict, duration: float | None) -> bool:
    """Whether a person would have to let it be spoken again."""
    lost = not attention.get("complete", True)
    far = duration is not None and not SHORTEST <= duration <= LONGEST
    return lost or far or row["stopped"] == stopping.CAP
