"""Sets of speech with the text that it was to say."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.recogniser import AUDIO
from datasets.readers import corpora
from hparams import Audio, preset
from moksori.audio.files import load, resample
from moksori.audio.griffin_lim import griffin_lim
from moksori.audio.spectrum import mel_spectrogram
from moksori.demo.corpus import SAMPLE_RATE, SPEAKERS, synthesize
from moksori.demo.grammar.sentences import held_out


@dataclass(frozen=True)
class Spoken:
    """Waves [samples] at `rate` hertz, and the written text of each."""

    name: str
    waves: list[np.ndarray]
    rate: int
    texts: list[str]

    def resampled(self, rate: int) -> "Spoken":
        """The same at another rate in hertz."""
        waves = [resample(wave, self.rate, rate) for wave in self.waves]
        return Spoken(self.name, waves, rate, self.texts)


def sets(
    wavs: Sequence[str], folders: Sequence[str], copy_synthesis: bool, count: int
) -> list[Spoken]:
    """What was asked for, at most `count` sentences each.

    Raises `ValueError` with one line for a folder that cannot be read.
    """
    found = [from_manifest(folder, count) for folder in wavs]
    found += [from_corpus(folder, count) for folder in folders]
    if copy_synthesis:
        found += demo_speaker(count)
    return found


def from_manifest(folder: str | Path, count: int) -> Spoken:
    """The folder that synthesis writes: `manifest.jsonl` with `text` and `wav` rows.

    Paths are looked for as they are, then beside the manifest. A row without a wav is
    a line that was never spoken: it counts as silence, which is heard as nothing.
    """
    manifest = Path(folder) / "manifest.jsonl"
    try:
        lines = manifest.read_text("utf-8-sig").splitlines()
        rows = [json.loads(line) for line in lines if line.strip()]
    except (OSError, ValueError) as error:
        raise ValueError(f"{manifest}: cannot be read: {error}") from None
    rows = [row for row in rows if row.get("text") or row.get("spoken")][:count]
    if not rows:
        raise ValueError(f"{manifest}: no row has a text")
    texts = [row.get("text") or row["spoken"] for row in rows]
    waves = [_wave(manifest.parent, row.get("wav")) for row in rows]
    return Spoken(manifest.parent.name, waves, AUDIO.sample_rate, texts)


def _wave(folder: Path, name: str | None) -> np.ndarray:
    if not name:
        return np.zeros(AUDIO.sample_rate, np.float32)
    places = (Path(name), folder / name, folder / Path(name).name)
    path = next((place for place in places if place.is_file()), folder / name)
    return load(path, AUDIO.sample_rate)


def from_corpus(
    folder: str | Path, count: int, rate: int = AUDIO.sample_rate
) -> Spoken:
    """Recordings of any layout that preprocessing reads, spread over the corpus."""
    utterances = corpora.read(folder).utterances
    if not utterances:
        raise ValueError(f"{folder}: the corpus has no recording")
    picked = np.linspace(0, len(utterances) - 1, min(count, len(utterances)))
    chosen = [utterances[i] for i in np.unique(picked.astype(int))]
    waves = [load(u.path, rate, u.start_seconds, u.end_seconds) for u in chosen]
    return Spoken(Path(folder).name, waves, rate, [u.text for u in chosen])


def copies_of(folder: str | Path, count: int, audio: Audio) -> Spoken:
    """The recordings of `from_corpus`, made sound again from their mels.

    The floor for a voice with these settings that ends in Griffin-Lim.
    """
    said = from_corpus(folder, count, audio.sample_rate)
    waves = [griffin_lim(mel_spectrogram(wave, audio), audio) for wave in said.waves]
    return Spoken(f"{said.name}, copies", waves, said.rate, said.texts)


def demo_speaker(count: int) -> list[Spoken]:
    """Held-out sentences by the demo's speaker, and their mels made sound again.

    The second is the floor for a voice that ends in Griffin-Lim.
    """
    audio, texts = preset("demo").audio, held_out(count)
    waves = [synthesize(text, SPEAKERS[0]) for text in texts]
    copies = [griffin_lim(mel_spectrogram(wave, audio), audio) for wave in waves]
    return [
        Spoken("recordings", waves, SAMPLE_RATE, texts),
        Spoken("copy synthesis", copies, SAMPLE_RATE, texts),
    ]
