"""Cover a made song by a made voice, with nothing downloaded: `moksori cover --demo`.

One synthetic speaker is put on a melody over a synthetic band, another reads the clips
that a vocal model is trained on. As the melody and the stems are known, what the chain
does to them is measured.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from moksori.audio.files import decode, resample, save
from moksori.covers import pitch
from moksori.covers.cover import Cover, cover, separate
from moksori.covers.retune import sing
from moksori.covers.stems import RATE, Stems
from moksori.covers.training import Epoch, train
from moksori.covers.voice import VocalModel
from moksori.demo.band import band
from moksori.demo.corpus import SAMPLE_RATE, SPEAKERS, synthesize
from moksori.speakers.encoder import SpeakerEncoder
from moksori.speakers.weights import EncoderMissing

CONSENT = "nobody: a synthetic speaker (espeak-ng), made for the demo"
SINGER, VOICE = SPEAKERS[0], SPEAKERS[1]
SUNG = (
    "바람이 불어오는 저녁에 우리는 천천히 걸어갑니다.",
    "너의 목소리가 들려서 나는 다시 노래를 부릅니다.",
)
_ROOT_HERTZ = 147.0
_CLIPS, SENTENCES = 5, 4


@dataclass(frozen=True)
class Song:
    """Represent a made song: its stems, and the pitch [frames] that is sung, hertz."""

    stems: Stems
    melody: np.ndarray

    @property
    def mix(self) -> np.ndarray:
        """Return what is heard, [samples, 2] at `RATE`."""
        return self.stems.vocals + self.stems.backing


@dataclass(frozen=True)
class Demo:
    """Hold what the demo made: waves [samples, channels] at `RATE`, and figures as rows
    of a name and a text."""

    song: Song
    separated: Stems
    made: Cover
    clip: np.ndarray
    figures: tuple[tuple[str, str], ...]


def song(lines: tuple[str, ...]) -> Song:
    """Make a song, the voice as strong as the band."""
    spoken = np.concatenate([synthesize(line, SINGER) for line in lines])
    sung, melody = sing(spoken, SAMPLE_RATE, _ROOT_HERTZ)
    voice = resample(sung, SAMPLE_RATE, RATE)
    backing = resample(band(len(sung) / SAMPLE_RATE + 1, 0), SAMPLE_RATE, RATE)
    voice, backing = (each / each.std() for each in (voice, backing[: len(voice)]))
    # The voice stands in the middle, the band a little to one side.
    stems = np.stack([voice, voice], axis=1), np.stack([backing, 0.9 * backing], axis=1)
    gain = 0.9 / np.abs(sum(stems)).max()
    return Song(Stems(*(each * np.float32(gain) for each in stems)), melody)


def clips(folder: Path, sentences: int) -> list[Path]:
    """Write the clips of the voice, each of so many sentences; returns their paths."""
    from moksori.demo.grammar.sentences import sentences as grammar

    lines, paths = list(grammar(_CLIPS * sentences, 0)), []
    for number in range(_CLIPS):
        part = lines[number * sentences : (number + 1) * sentences]
        paths.append(folder / f"clip{number + 1}.wav")
        read = np.concatenate([synthesize(line, VOICE) for line in part])
        save(paths[-1], read, SAMPLE_RATE)
    return paths


def run(
    folder: Path,
    epochs: int,
    report: Callable[[Epoch], None] = lambda epoch: None,
    progress: Callable[[str, float], None] = lambda stage, done: None,
    lines: tuple[str, ...] = SUNG,
    sentences: int = SENTENCES,
) -> Demo:
    """Make song and voice in a folder, train, cover, and measure.

    Each of the five clips has so many `sentences`.
    Raises `DemoError` without espeak-ng, `WeightsMissing` before `make covers`.
    """
    made_song = song(lines)
    paths = clips(folder / "clips", sentences)
    model = train(paths, folder / "voice", "demo", CONSENT, epochs, report=report)
    mix = made_song.mix
    separated = separate(mix, RATE, progress)
    stems = Stems(separated.vocals.copy(), separated.backing.copy())
    made = cover(stems, model, progress=progress)
    clip = resample(*decode(paths[0]), RATE)
    figures = tuple(_figures(made_song, separated, made, clip, model))
    return Demo(made_song, separated, made, clip, figures)


def _figures(song: Song, separated: Stems, made: Cover, clip, model: VocalModel):
    """Yield what was measured."""
    for name in ("vocals", "backing"):
        wanted, found = (getattr(each, name) for each in (song.stems, separated))
        error = float(((wanted - found) ** 2).sum())
        ratio = 10 * np.log10(float((wanted**2).sum()) / max(error, 1e-12))
        yield f"Separation, {name}", f"{ratio:.1f} dB of signal to error"
    shift = pitch.octaves_between(pitch.median_hertz(song.melody), model.about.hertz)
    sung = {"separated voice": (made.vocals, 0), "cover": (made.voice, shift)}
    for name, (wave, semitones) in sung.items():
        found = pitch.track(wave.mean(axis=1), RATE)
        off, share = melody_error(found, song.melody * 2 ** (semitones / 12))
        text = f"{off:.1f} cents off (median), {100 * share:.0f} % within half a tone"
        yield f"Melody, {name}", text
    try:
        encoder = SpeakerEncoder()
    except EncoderMissing:
        return
    root = _ROOT_HERTZ * 2 ** (shift / 12)
    own, _ = sing(resample(clip, RATE, SAMPLE_RATE), SAMPLE_RATE, root)
    waves = {
        "its own clip, sung by WORLD": resample(own, SAMPLE_RATE, 16000),
        "the song's voice": resample(song.stems.vocals[:, 0], RATE, 16000),
        "the cover": resample(made.voice.mean(axis=1), RATE, 16000),
    }
    voice = encoder.encode(resample(clip, RATE, 16000))
    for name, wave in waves.items():
        likeness = float(encoder.encode(wave) @ voice)
        yield f"Likeness to the voice (CAM++), {name}", f"{likeness:.2f}"


def melody_error(found: np.ndarray, wanted: np.ndarray) -> tuple[float, float]:
    """Return how far a contour is from another [frames], the median in cents, and the
    share of the wanted frames that are found within half a semitone."""
    count = min(len(found), len(wanted))
    both = (found[:count] > 0) & (wanted[:count] > 0)
    if not both.any():
        return float("nan"), 0.0
    cents = np.abs(1200 * np.log2(found[:count][both] / wanted[:count][both]))
    return float(np.median(cents)), float((cents < 50).sum() / (wanted > 0).sum())
