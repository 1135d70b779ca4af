"""What is compared: sentences, recordings of them, a reference, other voices."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from audio.files import load, resample, save
from datasets.batches import split
from datasets.demo import SAMPLE_RATE, SPEAKERS, synthesize
from datasets.store import FeatureStore
from hparams import Audio
from voices.provenance import digest

# XTTS hears up to 30 s of a reference; beyond 12 s it gains little.
REFERENCE_SECONDS = 12.0
_OTHER_SECONDS = 8.0
_OTHER_SPEAKERS = 8


class ComparisonError(ValueError):
    """What was asked for cannot be compared; the text is one clear line."""


@dataclass(frozen=True)
class Others:
    """Other people's speech: waves [samples] at one rate, and whose they are."""

    whose: str
    waves: tuple[np.ndarray, ...]


@dataclass(frozen=True)
class Materials:
    """What is compared.

    `recordings` are waves [samples] at the rate of the voice by line, counted from 1;
    `references` the files that a clone is made from; `remarks` what a person should
    know about the choice.
    """

    lines: tuple[str, ...]
    recordings: dict[int, np.ndarray]
    references: tuple[Path, ...]
    others: Others
    remarks: tuple[str, ...] = ()


def gather(
    folder: Path,
    audio: Audio,
    speaker: str,
    trained_on: dict,
    store: FeatureStore | None = None,
    sentences: Sequence[str] = (),
    references: Sequence[Path] = (),
    others: Sequence[Path] = (),
    count: int = 32,
) -> Materials:
    """Choose, and write into `folder` what the systems and the page read from there.

    `audio` is that of the voice and `trained_on` what `voices.provenance.noted` says of
    its run. Recordings come from `store`, those of `speaker`; of the features that the
    voice was trained on only those held out. Without `sentences` up to `count` of
    theirs are spoken. Without `references` recordings that are not compared serve.
    Raises `ComparisonError`.
    """
    rows, remarks = [], []
    if store is not None:
        _check(store, audio)
        rows, remarks = _unseen(store, speaker, trained_on)
        if not references:
            spare = [i for i in _of(store, speaker) if i not in set(rows)]
            heard, rows = _reference(store, spare, rows)
            references = _written(folder / "reference", store, heard)
    lines, chosen = _chosen(store, rows, sentences, count)
    folder.mkdir(parents=True, exist_ok=True)
    text = "".join(f"{line}\n" for line in lines)
    (folder / "sentences.txt").write_text(text, "utf-8")
    _written(folder / "recording", store, chosen.values(), chosen)
    return Materials(
        lines=tuple(lines),
        recordings={line: store.wave(row) for line, row in chosen.items()},
        references=tuple(references),
        others=_others(store, speaker, others, audio, lines),
        remarks=tuple(remarks),
    )


def _check(store: FeatureStore, audio: Audio) -> None:
    if store.audio.sample_rate != audio.sample_rate:
        raise ComparisonError(
            f"{store.folder} holds sound at {store.audio.sample_rate} Hz, the voice "
            f"speaks at {audio.sample_rate}: make features for it with preprocess.py"
        )


def _of(store: FeatureStore, speaker: str) -> list[int]:
    """The rows of a speaker; all of them where there is only one."""
    if len(store.speakers) == 1:
        return list(range(len(store)))
    found = [i for i, row in enumerate(store.rows) if row.speaker == speaker]
    if not found:
        names = ", ".join(store.speakers)
        raise ComparisonError(
            f"{store.folder} holds no recording of {speaker}; there are: {names}"
        )
    return found


def _unseen(store, speaker: str, trained_on: dict) -> tuple[list[int], list[str]]:
    """The rows to compare with, and what is to be said of them."""
    rows = _of(store, speaker)
    if not trained_on:
        text = "whether the voice was trained on these recordings is not known"
        return rows, [f"{text}: its run is older than the note that says so"]
    if trained_on["digest"] != digest(store):
        return rows, [
            "the recordings come from other features than those that the voice was "
            "trained on; whether they are other recordings was not checked"
        ]
    held_out = set(split(store, trained_on["held_out"])[1])
    rows = [i for i in rows if i in held_out]
    if not rows:
        raise ComparisonError(
            f"the voice was trained on every recording of {store.folder}: compare it "
            "with features of other recordings"
        )
    return rows, ["the recordings are those that were held out of the training"]


def _chosen(
    store, rows: list[int], sentences: Sequence[str], count: int
) -> tuple[list[str], dict[int, int]]:
    """The lines to speak, and the row of each that was recorded, by line."""
    lines = [line.strip() for line in sentences if line.strip()]
    if lines:
        known = {store.rows[i].text.strip(): i for i in rows}
        numbered = enumerate(lines, 1)
        return lines, {n: known[line] for n, line in numbered if line in known}
    if not rows:
        raise ComparisonError("nothing to speak: name --sentences or --recordings")
    few = rows[:: max(1, len(rows) // count)][:count]
    return [store.rows[i].text.strip() for i in few], dict(enumerate(few, 1))


def _reference(store, spare: list[int], rows: list[int]) -> tuple[list[int], list[int]]:
    """`(rows of the reference, rows left to compare)`: spare ones, the longest first,
    else at most a quarter of those to compare."""
    step = store.audio.frame_seconds
    pool, most = (spare, len(spare)) if spare else (rows, len(rows) // 4)
    taken, seconds = [], 0.0
    for i in sorted(pool, key=lambda i: (-store.rows[i].frames, i))[:most]:
        if seconds >= REFERENCE_SECONDS:
            break
        taken.append(i)
        seconds += store.rows[i].frames * step
    if not taken:
        raise ComparisonError(
            f"{store.folder} holds too few recordings to take a reference from: "
            "name --reference"
        )
    return taken, [i for i in rows if i not in taken]


def _written(
    folder: Path, store, rows: Collection[int], numbers: Iterable[int] | None = None
) -> list[Path]:
    """Recordings as files, numbered from 1 where no `numbers` are given."""
    numbers = numbers or range(1, len(rows) + 1)
    paths = [folder / f"{number:04d}.wav" for number in numbers]
    for path, i in zip(paths, rows, strict=True):
        folder.mkdir(parents=True, exist_ok=True)
        save(path, store.wave(i), store.audio.sample_rate)
    return paths


def _others(store, speaker, files, audio: Audio, sentences) -> Others:
    """Other speakers: those named, else those in the features, else synthetic ones."""
    rate = audio.sample_rate
    if files:
        return Others("others, as named", tuple(load(path, rate) for path in files))
    names = [name for name in store.speakers if name != speaker] if store else []
    if names and len(store.speakers) > 1:
        waves = [_some(store, name) for name in names[:_OTHER_SPEAKERS]]
        return Others("others in the features", tuple(waves))
    text = " ".join(sentences[:4])
    waves = [synthesize(text, each) for each in SPEAKERS[1 : 1 + _OTHER_SPEAKERS]]
    waves = [resample(wave, SAMPLE_RATE, rate) for wave in waves]
    return Others("synthetic voices of espeak-ng", tuple(waves))


def _some(store, speaker: str) -> np.ndarray:
    """Some seconds of a speaker."""
    waves, seconds = [], 0.0
    for i in _of(store, speaker):
        waves.append(store.wave(i))
        seconds += len(waves[-1]) / store.audio.sample_rate
        if seconds >= _OTHER_SECONDS:
            break
    return np.concatenate(waves)
