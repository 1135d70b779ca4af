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
from hparams import Audio, Text, difference

# They say how features become sound again, not how they are made.
_SYNTHESIS_ONLY = ("griffin_lim_iterations", "griffin_lim_momentum")


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
        """Open the store in a folder; raises `FeatureError` when it is not complete."""
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
        audio, text = Audio(**settings["audio"]), Text(**settings["text"])
        with (folder / "manifest.jsonl").open("rb") as lines:
            rows = [Row(**values) for values in _values(lines)]
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
    """What `settings.json` says; raises `FeatureError` when it cannot be read."""
    try:
        settings = json.loads((folder / "settings.json").read_bytes())
        _ = settings["audio"], settings["text"], settings["alphabet"]["version"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FeatureError(
            f"{folder}/settings.json: cannot be read ({error}); run preprocess.py again"
        ) from None
    return settings


def _values(lines: Iterator[bytes]) -> Iterator[dict]:
    """The value of every line; thousands parsed at once cost half as much."""
    while some := list(islice(lines, 4096)):
        yield from json.loads(b"[" + b",".join(some) + b"]")


def _alphabet() -> dict:
    return {"version": hangul.ALPHABET_VERSION, "symbols": list(hangul.ALPHABET)}


def _deciding(audio: Audio) -> dict:
    values = dataclasses.asdict(audio)
    left_out = (*_SYNTHESIS_ONLY, "linear")
    return {name: value for name, value in values.items() if name not in left_out}


def _differences(group: str, ours, theirs) -> Iterator[str]:
    for line in difference(ours, theirs):
        name = line.split(":")[0]
        if name in _SYNTHESIS_ONLY or (name == "linear" and ours.linear):
            continue
        yield f"{group}.{line}"
