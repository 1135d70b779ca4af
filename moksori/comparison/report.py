"""One comparison from beginning to end: gather, speak, measure, write it down."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from hparams import Audio
from moksori.audio.files import load
from moksori.comparison import clips, figures, resemblance, speaking
from moksori.comparison.clips import System
from moksori.comparison.figures import RECORDING
from moksori.comparison.materials import REFERENCE, Materials
from moksori.doctor import driver, host
from moksori.metrics.recording import describe
from moksori.speakers.encoder import EncoderMissing
from moksori.storage import write_json
from moksori.training.record import read_training_record
from moksori.voices.xtts.reference import prepare

NAME = "comparison.json"
VERSION = 1
# Of a reference of hours no more is heard; a clone hears less.
_MOST_SECONDS = 180.0
_BY_LENGTH = (
    "what the clone left out or repeated is known only by its length, where there is a "
    "recording: unlike a trained voice it shows no alignment"
)

Progress = Callable[[str, int, int], object]


def compare(
    asked: speaking.Asked,
    materials: Materials,
    audio: Audio,
    folder: Path,
    progress: Progress = lambda stage, done, total: None,
) -> dict:
    """Let all systems speak the sentences, and compare what they said.

    The sounds and `comparison.json`, which holds what is returned, lie in `folder`.
    `progress(stage, done, total)` counts lines. Raises `ComparisonError` when the
    trained voice cannot speak, `VoiceError` or `AudioError` for a reference without
    speech; what else is missing is said in the report.
    """
    # Told before anybody has spent minutes on speaking.
    reference = _reference(materials)
    systems, missing = _spoken(asked, materials, audio, folder, progress)
    rows = figures.table({key: _by_line(s, materials) for key, s in systems.items()})
    try:
        rows.append(_similarity(systems, materials, audio, folder))
    except (EncoderMissing, ValueError) as error:
        missing.append({"name": resemblance.SIMILARITY.name, "reason": str(error)})
    comparison = {
        "version": VERSION,
        "title": str(asked.voice),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "consent": asked.consent,
        "machine": _machine(),
        "reference": reference,
        "remarks": [*materials.remarks, *([_BY_LENGTH] if "xtts" in systems else [])],
        "systems": [_described(system) for system in systems.values()],
        "missing": missing,
        "figures": rows,
        "verdict": figures.verdict(rows, {k: s.name for k, s in systems.items()}),
        "sentences": _sentences(systems, materials),
    }
    write_json(folder / NAME, comparison, indent=1)
    return comparison


def _spoken(
    asked, materials: Materials, audio: Audio, folder: Path, progress: Progress
) -> tuple[dict[str, System], list[dict]]:
    """The systems that spoke, the recordings first, and what is missing."""
    systems, missing, total = {}, [], len(materials.lines)
    _sign_reference(materials, asked.consent, folder)
    if materials.recordings:
        found = clips.recorded(folder / RECORDING, materials.recordings, audio, folder)
        clips.sign(folder / RECORDING, asked.consent, found)
        about = "the person"
        systems[RECORDING] = System(RECORDING, "Recording", about, found)
    for speaker in speaking.speakers(asked, folder):
        stage = speaker.name
        performance = speaking.let_speak(
            speaker,
            folder,
            total,
            lambda done, stage=stage: progress(stage, done, total),
        )
        if not performance.spoke:
            why = speaking.reason(performance)
            missing.append({"name": stage, "reason": why})
            continue
        clips.sign(folder / speaker.key, asked.consent)
        lines = clips.clips(
            folder / speaker.key, materials.lines, materials.recordings, audio, folder
        )
        found = {}
        for line, clip in lines:
            found[line] = clip
            progress(f"{stage}: figures", line, total)
        facts = _facts(asked, speaker, performance, found)
        device = clips.device(folder / speaker.key)
        about = f"{speaker.about}, on the {device}"
        if device == "GPU":
            about += ", whose memory is not counted"
        systems[speaker.key] = System(speaker.key, stage, about, found, facts)
    return systems, missing


def _similarity(systems, materials: Materials, audio: Audio, folder: Path):
    if not materials.references:
        raise ValueError("there is no reference to compare with: name --reference")
    rate = audio.sample_rate
    row = resemblance.similarity(
        {key: _waves(s, materials, audio, folder) for key, s in systems.items()},
        [load(path, rate, end_seconds=_MOST_SECONDS) for path in materials.references],
        materials.others.waves,
        materials.others.whose,
        rate,
    )
    if row is None:
        raise ValueError("too little speech in the lines that every system spoke")
    return row


def _facts(asked, speaker: speaking.Speaker, performance, found: dict) -> dict:
    """What a system costs: computing, memory, and the data it was made from.

    Lines that are spoken together share their time by their length: that is one
    measurement, of which no interval can be told.
    """
    factor = clips.real_time_factor(found)
    if speaker.trained:
        factor["interval"] = [None, None]
    return {
        "training_minutes": _minutes(asked, speaker.key),
        "real_time_factor": figures.rounded(factor, 3),
        "memory_megabytes": performance.megabytes or None,
        "failures": clips.failures(found),
    }


def _minutes(asked, key: str) -> float | None:
    """Minutes of the features that a system was trained on, of all their speakers and
    with what was held out; None where its run does not say."""
    runs = {"griffin-lim": [asked.voice], "wavenet": [asked.voice, asked.vocoder]}
    known = [read_training_record(run).get("minutes") for run in runs.get(key, [])]
    # A vocoder usually learns from the same recordings: they are not added.
    return None if None in known else max(known, default=0.0)


def _sign_reference(materials: Materials, consent: str, folder: Path) -> None:
    """Consent beside the recordings that were taken from the features as reference."""
    place = folder / REFERENCE
    taken = [path for path in materials.references if path.parent == place]
    if taken:
        clips.sign(place, consent, {n: {"wav": p} for n, p in enumerate(taken, 1)})


def _by_line(system: System, materials: Materials) -> list[Mapping]:
    return [system.clips.get(n, {}) for n in range(1, len(materials.lines) + 1)]


def _waves(system: System, materials: Materials, audio: Audio, folder: Path) -> list:
    """The waves of the lines that were recorded, or of all if none was."""
    numbers = materials.recordings or range(1, len(materials.lines) + 1)
    found = [system.clips.get(number, {}).get("wav") for number in numbers]
    return [load(folder / wav, audio.sample_rate) if wav else None for wav in found]


def _machine() -> dict:
    facts = next(iter(host.processor())).values
    gpus = [gpu.name for gpu in driver.inquire().gpus]
    return {
        "processor": facts["model"],
        "cores": facts["usable"],
        "accelerator": ", ".join(gpus) or None,
    }


def _reference(materials: Materials) -> dict | None:
    if not materials.references:
        return None
    heard = prepare(materials.references, describe)
    about = {"seconds": round(heard.seconds, 2), "features": heard.features}
    return {"files": list(heard.files), **about, "warnings": list(heard.warnings)}


def _described(system: System) -> dict:
    about = {"key": system.key, "name": system.name, "about": system.about}
    return {**about, **system.facts}


def _sentences(systems: Mapping[str, System], materials: Materials) -> list[dict]:
    """A line each: its text, how it was read, and the clips of those that spoke it."""
    sentences = []
    for number, text in enumerate(materials.lines, 1):
        spoken = {k: s.clips[number] for k, s in systems.items() if number in s.clips}
        read = (clip["spoken"] for clip in spoken.values() if "spoken" in clip)
        said = {"line": number, "text": text, "spoken": next(read, text)}
        sentences.append({**said, "clips": spoken})
    return sentences


def summary(comparison: Mapping) -> list[str]:
    """The comparison in a few lines for a terminal."""
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
    lines += [
        f"without {each['name']}: {each['reason']}" for each in comparison["missing"]
    ]
    return lines
