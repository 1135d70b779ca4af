"""The feature store: what training reads.

A store is a folder:

    settings.json     audio, text, alphabet, and their fingerprint
    manifest.jsonl    one line per utterance, see `Row`
    shards/           arrays, see `shards`
    journal.jsonl     all that was extracted, rejections too, see `journal`
    report.html       what the corpora hold, see `report`
    report.json

The manifest appears last, under its name only when complete.
"""

import dataclasses
import json
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from itertools import islice
from pathlib import Path

import numpy as np

import hangul
from datasets.store import shards
from hparams import SYNTHESIS_ONLY, Audio, Text, difference, group_from_dict

_GROUPS = ("audio", "text")
_DAMAGED = (
    "the features were copied in part or damaged: copy them again, or run "
    "preprocess.py again (it makes what is lost)"
)


class FeatureError(ValueError):
    """A store that cannot be used; the message is one line."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the manifest.

    `frames` rows from the row `offset` of the files of `shard` are its arrays;
    `samples` is its length before it was filled up to whole frames.
    """

    id: str
    speaker: str
    text: str
    spoken: str
    ids: list[int]
    frames: int
    samples: int
    shard: int
    offset: int


class FeatureStore:
    """Reads a store; arrays are mapped into memory and copied one utterance a time."""

    def __init__(self, folder: Path, audio: Audio, text: Text, rows: list[Row]):
        self.folder, self.audio, self.text, self.rows = folder, audio, text, rows
        self.speakers = sorted({row.speaker for row in rows})
        self.fingerprint = fingerprint(audio, text)
        self._reader = shards.ShardReader(folder / "shards", audio)

    @classmethod
    def open(cls, folder: str | Path) -> "FeatureStore":
        """Open the store in a folder.

        Raises `FeatureError` when it is not complete, or was copied in part or damaged
        so that it shows: in the manifest, or in the sizes of the shards.
        """
        folder = Path(folder)
        advice = "run preprocess.py (it continues where it stopped)"
        if not (folder / "settings.json").is_file():
            raise FeatureError(f"{folder}: holds no features; {advice}")
        if not (folder / "manifest.jsonl").is_file():
            raise FeatureError(f"{folder}: features are not complete; {advice}")
        settings = read_settings(folder)
        if settings["alphabet"] != _alphabet():
            raise FeatureError(
                f"{folder}: features were made with another alphabet "
                f"(version {settings['alphabet']['version']}, now "
                f"{hangul.ALPHABET_VERSION}); run preprocess.py again"
            )
        audio, text = settings["audio"], settings["text"]
        rows = _read_rows(folder / "manifest.jsonl", audio)
        _check_complete(folder, audio, rows)
        return cls(folder, audio, text, rows)

    def __len__(self) -> int:
        return len(self.rows)

    def mel(self, index: int) -> np.ndarray:
        """The normalised mel spectrogram, float32 [frames, mels]."""
        row = self.rows[index]
        return self._reader.levels("mel", row.shard, row.offset, row.frames)

    def linear(self, index: int) -> np.ndarray:
        """The normalised linear spectrogram, float32 [frames, bins].

        Raises `FeatureError` when the store was made without.
        """
        if not self.audio.linear:
            raise FeatureError(
                f"{self.folder}: made without linear spectrograms; "
                "run preprocess.py again with --linear"
            )
        row = self.rows[index]
        return self._reader.levels("linear", row.shard, row.offset, row.frames)

    def wave(self, index: int) -> np.ndarray:
        """The levelled recording, float32 [frames * hop_length], silent at its end."""
        row = self.rows[index]
        return self._reader.wave(row.shard, row.offset, row.frames)

    def check(self, audio: Audio, text: Text) -> None:
        """Raise `FeatureError`, with the differences, unless made with such settings.

        A store with linear spectrograms also serves those who want none.
        """
        ours = [*_differences("audio", self.audio, audio)]
        ours += _differences("text", self.text, text)
        if ours:
            raise FeatureError(
                f"{self.folder}: features were made with other settings "
                f"(features != asked): {'; '.join(ours)}; run preprocess.py again, "
                "or ask for the settings of the features"
            )


def fingerprint(audio: Audio, text: Text) -> str:
    """A short hash of the settings and the alphabet that decide what features are."""
    values = {
        "audio": _deciding(audio),
        "text": dataclasses.asdict(text),
        "alphabet": _alphabet(),
    }
    packed = json.dumps(values, sort_keys=True, ensure_ascii=False).encode()
    return blake2b(packed, digest_size=6).hexdigest()


def describe(audio: Audio, text: Text) -> dict:
    """What `settings.json` says of features."""
    return {
        "fingerprint": fingerprint(audio, text),
        "audio": dataclasses.asdict(audio),
        "text": dataclasses.asdict(text),
        "alphabet": _alphabet(),
    }


def read_settings(folder: Path) -> dict:
    """What `settings.json` says, with its audio and text as groups of settings.

    Raises `FeatureError` when it cannot be read.
    """
    try:
        settings = json.loads((folder / "settings.json").read_bytes())
        _ = settings["alphabet"]["version"]
        groups = {name: group_from_dict(name, settings[name]) for name in _GROUPS}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FeatureError(
            f"{folder}/settings.json: cannot be read ({error}); run preprocess.py again"
        ) from None
    return settings | groups


def _read_rows(manifest: Path, audio: Audio) -> list[Row]:
    rows: list[Row] = []
    with manifest.open("rb") as lines:
        # Thousands of lines parsed at once cost half as much.
        while some := list(islice(lines, 4096)):
            try:
                rows += _parse(some, audio)
            except (ValueError, TypeError):
                number = len(rows) + _first_torn(some, audio)
                raise FeatureError(
                    f"{manifest}, line {number}: is not whole; {_DAMAGED}"
                ) from None
    return rows


def _parse(lines: list[bytes], audio: Audio) -> list[Row]:
    """Parse lines of a manifest; `ValueError` or `TypeError` if one is not whole."""
    rows = [Row(**values) for values in json.loads(b"[" + b",".join(lines) + b"]")]
    if len(rows) != len(lines) or not all(_is_whole(row, audio) for row in rows):
        raise ValueError
    return rows


def _is_whole(row: Row, audio: Audio) -> bool:
    texts = (row.id, row.speaker, row.text, row.spoken)
    places = (row.ids, row.frames, row.samples, row.shard, row.offset)
    return all(isinstance(text, str) for text in texts) and is_place(*places, audio)


def is_place(
    ids: list[int], frames: int, samples: int, shard: int, offset: int, audio: Audio
) -> bool:
    """Whether these values of a row are possible; they may come from a damaged file.

    Raises `TypeError` for those of another type.
    """
    return (
        0 < samples <= frames * audio.hop_length
        and min(shard, offset) >= 0
        and 0 <= min(ids, default=-1) <= max(ids) < len(hangul.ALPHABET)
    )


def _first_torn(lines: list[bytes], audio: Audio) -> int:
    """Return the number, from 1, of the first line that does not parse."""
    for number, line in enumerate(lines, start=1):
        try:
            _parse([line], audio)
        except (ValueError, TypeError):
            return number
    return len(lines)


def _check_complete(folder: Path, audio: Audio, rows: list[Row]) -> None:
    """Raise `FeatureError` unless all rows of the report, and their arrays, are there.

    Sizes are compared, so that thousands of shards cost no time; nothing is read.
    """
    try:
        promised = json.loads((folder / "report.json").read_bytes())["utterances"]
    except (OSError, ValueError, KeyError, TypeError):
        promised = len(rows)
    if isinstance(promised, int) and promised > len(rows):
        raise FeatureError(
            f"{folder}/manifest.jsonl: holds {len(rows)} of {promised} utterances; "
            + _DAMAGED
        )
    if len({(row.shard, row.offset) for row in rows}) < len(rows):
        raise FeatureError(
            f"{folder}/manifest.jsonl: names an utterance twice; {_DAMAGED}"
        )
    ends: dict[int, int] = {}
    for row in rows:
        ends[row.shard] = max(ends.get(row.shard, 0), row.offset + row.frames)
    for number, frames in ends.items():
        if fault := shards.find_fault(folder / "shards", number, frames, audio):
            raise FeatureError(f"{fault}; {_DAMAGED}")


def _alphabet() -> dict:
    return {"version": hangul.ALPHABET_VERSION, "symbols": list(hangul.ALPHABET)}


def _deciding(audio: Audio) -> dict:
    values = dataclasses.asdict(audio)
    left_out = (*SYNTHESIS_ONLY, "linear")
    return {name: value for name, value in values.items() if name not in left_out}


def _differences(group: str, ours, theirs) -> Iterator[str]:
    for line in difference(ours, theirs):
        name = line.split(":")[0]
        if name in SYNTHESIS_ONLY or (name == "linear" and ours.linear):
            continue
        yield f"{group}.{line}"
