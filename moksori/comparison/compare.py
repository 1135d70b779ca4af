"""Compare systems from beginning to end: run them, measure, write `comparison.json`."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from hparams import Audio
from moksori.audio.files import load
from moksori.comparison import clips, speaker_similarity, table
from moksori.comparison.clips import SystemResult
from moksori.comparison.systems import (
    ComparisonRequest,
    System,
    reason,
    run_system,
    systems,
)
from moksori.comparison.table import RECORDING
from moksori.comparison.test_set import MOST_SECONDS, REFERENCE, Selection
from moksori.doctor import gpus, machine
from moksori.metrics.recording import describe
from moksori.speakers.encoder import EncoderMissing
from moksori.storage import write_json
from moksori.training.record import read_training_record
from moksori.voices.xtts.reference import prepare

NAME = "comparison.json"
VERSION = 1
_BY_LENGTH = (
    "what the clone left out or repeated is known only by its length, where there is a "
    "recording: unlike a trained voice it shows no alignment"
)

Progress = Callable[[str, int, int], object]


def compare(
    request: ComparisonRequest,
    selection: Selection,
    audio: Audio,
    folder: Path,
    progress: Progress = lambda stage, done, total: None,
) -> dict:
    """Synthesize the sentences by all systems, and compare what they said.

    The sounds and `comparison.json`, which holds what is returned, lie in `folder`.
    `progress(stage, done, total)` counts lines. Raises `ComparisonError` when the
    trained voice cannot speak, `VoiceError` or `AudioError` for a reference without
    speech; what else is missing is said in the report.
    """
    # Before minutes are spent on synthesis.
    reference = _reference(selection)
    results, missing = _results(request, selection, audio, folder, progress)
    numbers = range(1, len(selection.lines) + 1)
    rows = table.table(
        {key: [r.clips.get(n, {}) for n in numbers] for key, r in results.items()}
    )
    try:
        rows.append(_similarity(results, selection, audio, folder))
    except (EncoderMissing, ValueError) as error:
        name = speaker_similarity.SIMILARITY.name
        missing.append({"name": name, "reason": str(error)})
    comparison = {
        "version": VERSION,
        "title": str(request.voice),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "consent": request.consent,
        "machine": _machine(),
        "reference": reference,
        "remarks": [*selection.remarks, *([_BY_LENGTH] if "xtts" in results else [])],
        "systems": [
            {"key": r.key, "name": r.name, "about": r.about, **r.facts}
            for r in results.values()
        ],
        "missing": missing,
        "figures": rows,
        "verdict": table.verdict(rows, {k: r.name for k, r in results.items()}),
        "sentences": _sentences(results, selection),
    }
    write_json(folder / NAME, comparison, indent=1)
    return comparison


def summary(comparison: Mapping) -> list[str]:
    """Return the comparison in a few lines for a terminal."""
    names = {each["key"]: each["name"] for each in comparison["systems"]}
    lines = []
    for row in comparison["figures"]:
        values = [
            f"{names[key]} {mean['mean']:.{row['digits']}f}"
            for key, mean in row["systems"].items()
            if mean
        ]
        unit = f" ({row['unit']})" if row["unit"] else ""
        lines.append(f"{row['name']}{unit}: {', '.join(values)}")
    missing = comparison["missing"]
    return lines + [f"without {each['name']}: {each['reason']}" for each in missing]


def _results(
    request, selection: Selection, audio: Audio, folder: Path, progress: Progress
) -> tuple[dict[str, SystemResult], list[dict]]:
    """Return the results, the recordings first, and the systems that are missing."""
    results, missing = {}, []
    references = [p for p in selection.references if p.parent == folder / REFERENCE]
    if references:
        rows = [{"line": n, "wav": p.name} for n, p in enumerate(references, 1)]
        clips.write_consent(folder / REFERENCE, request.consent, rows)
    if selection.recordings:
        out = folder / RECORDING
        found = clips.recorded(out, selection.recordings, audio, folder)
        rows = [{"line": n, "wav": Path(c["wav"]).name} for n, c in found.items()]
        clips.write_consent(out, request.consent, rows)
        results[RECORDING] = SystemResult(RECORDING, "Recording", "the person", found)
    total = len(selection.lines)
    for system in systems(request, folder):
        count = partial(progress, system.name)
        process = run_system(system, folder, total, lambda n, c=count: c(n, total))
        if process.spoke:
            results[system.key] = _result(
                system, process.megabytes, request, selection, audio, folder, progress
            )
        else:
            why = reason(system, process)
            missing.append({"name": system.name, "reason": why})
    return results, missing


def _result(
    system: System, megabytes, request, selection, audio, folder, progress: Progress
) -> SystemResult:
    """Measure what a system spoke, with the consent written beside it."""
    out, found = folder / system.key, {}
    rows = clips.read_manifest(out)
    clips.write_consent(out, request.consent, rows)
    lines, recordings = selection.lines, selection.recordings
    for line, clip in clips.clips(out, lines, recordings, audio, folder):
        found[line] = clip
        progress(f"{system.name}: figures", line, len(lines))
    factor = clips.real_time_factor(found)
    if system.trained:
        # Lines spoken together share their time by their length: one measurement.
        factor["interval"] = [None, None]
    facts = {
        "training_minutes": _minutes(request, system.key),
        "real_time_factor": table.rounded(factor, 3),
        "memory_megabytes": megabytes or None,
        "failures": clips.failures(found),
    }
    device = next((row["device"] for row in rows if "device" in row), "machine")
    about = f"{system.about}, on the {device}"
    about += ", whose memory is not counted" if device == "GPU" else ""
    return SystemResult(system.key, system.name, about, found, facts)


def _minutes(request, key: str) -> float | None:
    """Return the minutes of the features that a system was trained on, of all their
    speakers and with what was held out; None where its run does not say."""
    runs = {"griffin-lim": [request.voice], "wavenet": [request.voice, request.vocoder]}
    known = [read_training_record(run).get("minutes") for run in runs.get(key, [])]
    # A vocoder usually learns from the same recordings: they are not added.
    return None if None in known else max(known, default=0.0)


def _similarity(results, selection: Selection, audio: Audio, folder: Path) -> dict:
    if not selection.references:
        raise ValueError("there is no reference to compare with: name --reference")
    rate = audio.sample_rate
    # The lines that were recorded, or all if none was.
    numbers = selection.recordings or range(1, len(selection.lines) + 1)
    wavs = {
        k: [r.clips.get(n, {}).get("wav") for n in numbers] for k, r in results.items()
    }
    row = speaker_similarity.similarity(
        {k: [w and load(folder / w, rate) for w in each] for k, each in wavs.items()},
        [load(path, rate, end_seconds=MOST_SECONDS) for path in selection.references],
        selection.impostors.waves,
        selection.impostors.whose,
        rate,
    )
    if row is None:
        raise ValueError("too little speech in the lines that every system spoke")
    return row


def _machine() -> dict:
    facts = machine.check_processor().values
    cards = [card["name"] for card in gpus.query_driver().cards]
    return {
        "processor": facts["model"],
        "cores": facts["usable"],
        "accelerator": ", ".join(cards) or None,
    }


def _reference(selection: Selection) -> dict | None:
    if not selection.references:
        return None
    heard = prepare(selection.references, describe)
    about = {"seconds": round(heard.seconds, 2), "features": heard.features}
    return {"files": list(heard.files), **about, "warnings": list(heard.warnings)}


def _sentences(results: Mapping[str, SystemResult], selection: Selection) -> list[dict]:
    """Return a row for each line: its text, how it was read, and its clips."""
    sentences = []
    for number, text in enumerate(selection.lines, 1):
        spoken = {k: r.clips[number] for k, r in results.items() if number in r.clips}
        read = (clip["spoken"] for clip in spoken.values() if "spoken" in clip)
        said = {"line": number, "text": text, "spoken": next(read, text)}
        sentences.append({**said, "clips": spoken})
    return sentences
