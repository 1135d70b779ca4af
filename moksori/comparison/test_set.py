"""Select the test set: sentences, their recordings, a reference, other speakers."""

import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from datasets.batches import split
from datasets.store.features import FeatureStore
from hparams import Audio
from moksori.audio.files import load, resample, save
from moksori.audio.levels import trim
from moksori.comparison.speaker_similarity import LEAST_SECONDS
from moksori.comparison.table import RECORDING
from moksori.demo.corpus import SAMPLE_RATE, SPEAKERS, synthesize
from moksori.demo.grammar.sentences import sentences as everyday
from moksori.training.record import digest

VOICE, VOCODER = "the voice", "the vocoder"
REFERENCE = "reference"

# As much as XTTS-v2 hears, so that it is not compared at a disadvantage.
REFERENCE_SECONDS = 30.0
_OTHER_SECONDS = 8.0
_OTHER_SPEAKERS = 8
_OTHER_SENTENCES = 4
# Of a file of hours no more is heard.
MOST_SECONDS = 180.0


class ComparisonError(ValueError):
    """Refuse a comparison that cannot be made; the text is one clear line."""


@dataclass(frozen=True)
class ImpostorSpeech:
    """Hold other people's speech, to hold similarity against: waves [samples] at one
    rate, and whose they are."""

    whose: str
    waves: tuple[np.ndarray, ...]


@dataclass(frozen=True)
class Selection:
    """Hold the test set.

    `recordings` are waves [samples] at the rate of the voice by line, counted from 1;
    `references` the files that a clone is made from; `remarks` what a person should
    know about the choice.
    """

    lines: tuple[str, ...]
    recordings: dict[int, np.ndarray]
    references: tuple[Path, ...]
    impostors: ImpostorSpeech
    remarks: tuple[str, ...] = ()


def select(
    folder: Path,
    audio: Audio,
    speaker: str,
    trained_on: Mapping[str, Mapping],
    store: FeatureStore | None = None,
    sentences: Sequence[str] | None = None,
    references: Sequence[Path] = (),
    others: Sequence[Path] = (),
    count: int = 32,
    best: bool = False,
) -> Selection:
    """Select the test set, and write it into `folder` for the systems and the page.

    `audio` is that of the voice and `trained_on` the training records of the runs of
    `VOICE` and perhaps `VOCODER`; `best` that the voice's checkpoint was picked by
    held-out speech. Recordings come from `store`, those of `speaker`; of features that
    a run was trained on only those held out. Without `sentences` up to
    `count` of theirs are spoken. What is said twice is compared once. Without
    `references` recordings that are not compared serve. Raises `ComparisonError`.
    """
    if count < 1:
        raise ComparisonError(f"at least one sentence is compared, not {count}")
    rows, heard, remarks = [], [], []
    if store is not None:
        _check(store, audio)
        rows, remarks = _unseen(store, speaker, trained_on, best)
        if not references:
            spare = [i for i in _of(store, speaker) if i not in set(rows)]
            heard, rows = _reference(store, spare, rows)
    lines, chosen = _chosen(store, rows, sentences, count)
    if store is not None and len(chosen) < len(lines):
        remarks.append(f"{len(chosen)} of {len(lines)} sentences have a recording")
    impostors = _impostors(store, speaker, others, audio)
    _begin(folder, lines)
    if heard:
        references = _written(folder / REFERENCE, store, heard)
    _written(folder / RECORDING, store, chosen.values(), chosen)
    return Selection(
        lines=tuple(lines),
        recordings={line: store.wave(row) for line, row in chosen.items()},
        references=tuple(references),
        impostors=impostors,
        remarks=tuple(remarks),
    )


def _begin(folder: Path, lines: Sequence[str]) -> None:
    """Write the sentences into the folder, unless it holds recordings of another kind,
    which those of the comparison would overwrite."""
    written = folder / "sentences.txt"
    for theirs in (folder / RECORDING, folder / REFERENCE):
        if theirs.exists() and not written.exists():
            raise ComparisonError(f"{theirs} is no comparison's: choose another --out")
    folder.mkdir(parents=True, exist_ok=True)
    written.write_text("".join(f"{line}\n" for line in lines), "utf-8")


def _check(store: FeatureStore, audio: Audio) -> None:
    if store.audio.sample_rate != audio.sample_rate:
        raise ComparisonError(
            f"{store.folder} holds sound at {store.audio.sample_rate} Hz, the voice "
            f"speaks at {audio.sample_rate}: make features for it with preprocess.py"
        )


def _of(store: FeatureStore, speaker: str) -> list[int]:
    """Return the rows of a speaker; all of them where there is only one."""
    if len(store.speakers) == 1:
        return list(range(len(store)))
    found = [i for i, row in enumerate(store.rows) if row.speaker == speaker]
    if not found:
        names = ", ".join(store.speakers)
        raise ComparisonError(
            f"{store.folder} holds no recording of {speaker}; there are: {names}"
        )
    return found


def _unseen(
    store, speaker: str, trained_on: Mapping[str, Mapping], best: bool
) -> tuple[list[int], list[str]]:
    """Return the rows that no run was trained on, and remarks about them."""
    rows, remarks, ours = _of(store, speaker), [], digest(store)
    for name, about in trained_on.items():
        notes = [about, *about.get("before", ())] if about else []
        same = [note for note in notes if note["digest"] == ours]
        for note in same:
            held_out = set(split(store, note["held_out"])[1])
            rows = [i for i in rows if i in held_out]
        if not rows:
            raise ComparisonError(
                f"{name} was trained on every recording of {store.folder}: compare it "
                "with features of other recordings"
            )
        remarks.append(_remark(name, len(notes), len(same)))
        if best and same and name == VOICE:
            remarks.append(
                "the voice's checkpoint was chosen by how it spoke recordings that "
                "were held out, of which these are: that favours it"
            )
    if store.speakers != [speaker] and len(store.speakers) == 1:
        remarks.append(
            f"the recordings are those of {store.speakers[0]}, the voice speaks as "
            f"{speaker}: they were taken for one person"
        )
    return rows, remarks


def _remark(name: str, notes: int, same: int) -> str:
    """Say what is known of a run with so many training records (`notes`), `same` of
    them of the features that are compared with."""
    if not notes:
        return (
            f"whether {name} was trained on these recordings is not known: its run is "
            "older than the note that says so"
        )
    if not same:
        return (
            f"the recordings come from other features than those that {name} was "
            "trained on; whether they are other recordings was not checked"
        )
    known = f"the recordings are those that were held out of the training of {name}"
    other = "; it was trained on other features too, and those were not checked"
    return known if same == notes else known + other


def _chosen(
    store, rows: list[int], sentences: Sequence[str] | None, count: int
) -> tuple[list[str], dict[int, int]]:
    """Return the lines to speak, and the row of each that was recorded, by line."""
    known = {}
    for i in rows:
        known.setdefault(_plain(store.rows[i].text), i)
    if sentences is not None:
        lines = list({_plain(text): None for text in sentences if text.strip()})
        if not lines:
            raise ComparisonError("the sentences are nothing but empty lines")
        numbered = enumerate(lines, 1)
        return lines, {n: known[line] for n, line in numbered if line in known}
    if not rows:
        raise ComparisonError("nothing to speak: name --sentences or --recordings")
    texts = list(known)
    few = min(count, len(texts))
    lines = [texts[i * len(texts) // few] for i in range(few)]
    return lines, {n: known[line] for n, line in enumerate(lines, 1)}


def _plain(text: str) -> str:
    """Return a text as one line in composed letters (NFC)."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def _reference(store, spare: list[int], rows: list[int]) -> tuple[list[int], list[int]]:
    """Split into `(rows of the reference, rows left to compare)`: spare rows, longest
    first, else at most a quarter of those to compare."""
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
    """Write recordings as files, numbered from 1 where no `numbers` are given."""
    numbers = numbers or range(1, len(rows) + 1)
    paths = [folder / f"{number:04d}.wav" for number in numbers]
    for path, i in zip(paths, rows, strict=True):
        folder.mkdir(parents=True, exist_ok=True)
        save(path, store.wave(i), store.audio.sample_rate)
    return paths


def _impostors(store, speaker, files, audio: Audio) -> ImpostorSpeech:
    """Return other speakers: as named, else of the features, else synthetic ones."""
    rate = audio.sample_rate
    if files:
        return ImpostorSpeech(
            "others, as named", tuple(_impostor(path, audio) for path in files)
        )
    names = [name for name in store.speakers if name != speaker] if store else []
    if names and len(store.speakers) > 1:
        waves = [_seconds_of(store, name) for name in names[:_OTHER_SPEAKERS]]
        return ImpostorSpeech("others in the features", tuple(waves))
    text = " ".join(everyday(_OTHER_SENTENCES))
    waves = [synthesize(text, each) for each in SPEAKERS[1 : 1 + _OTHER_SPEAKERS]]
    waves = [resample(wave, SAMPLE_RATE, rate) for wave in waves]
    return ImpostorSpeech("synthetic voices of espeak-ng", tuple(waves))


def _impostor(path: Path, audio: Audio) -> np.ndarray:
    wave = load(path, audio.sample_rate, end_seconds=MOST_SECONDS)
    seconds = trim(wave, audio).size / audio.sample_rate
    if seconds < LEAST_SECONDS:
        raise ComparisonError(
            f"{path}: {seconds:.1f} s of speech are too little to tell a voice by; "
            f"take {LEAST_SECONDS:g} s or more"
        )
    return wave


def _seconds_of(store, speaker: str) -> np.ndarray:
    """Return some seconds of a speaker."""
    waves, seconds = [], 0.0
    for i in _of(store, speaker):
        waves.append(store.wave(i))
        seconds += len(waves[-1]) / store.audio.sample_rate
        if seconds >= _OTHER_SECONDS:
            break
    return np.concatenate(waves)
