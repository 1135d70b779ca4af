"""Choose what song covers are measured on: clips of a voice, and somebody singing."""

import time
from functools import cached_property
from pathlib import Path

import numpy as np

RATE = 16000
EPOCHS = 50
_LEARNT_SECONDS, _KEPT_OUT = 60.0, 6
_FOUND_STATES = 3  # of 20 ms


class Chosen:
    """Hold what is measured on: clips of a voice, those kept out, and somebody's
    singing; the model is trained when it is first asked for."""

    def __init__(self, folder: Path, voice: Path | None, speech: Path | None):
        self.folder, self.speech, self.spent = folder, speech, {}
        files = _made_clips(folder) if voice is None else sorted(voice.iterdir())
        files = [path for path in files if path.suffix in (".wav", ".flac", ".mp3")]
        self.held_out, rest = files[-_KEPT_OUT:], files[:-_KEPT_OUT]
        self.learnt = _five(rest, folder)

    @cached_property
    def sung(self) -> tuple[np.ndarray, np.ndarray]:
        """Return a phrase at 16 kHz and the melody that it is sung on."""
        from moksori.audio.files import resample
        from moksori.covers.retune import sing
        from moksori.demo.corpus import SAMPLE_RATE, synthesize
        from moksori.demo.cover import SINGER, SUNG

        if self.speech is None:
            waves = [synthesize(line, SINGER) for line in SUNG]
            wave = resample(np.concatenate(waves), SAMPLE_RATE, RATE)
        else:
            from benchmarks.spoken import from_corpus

            wave = np.concatenate(from_corpus(self.speech, 2).waves)
        return sing(wave, RATE, 196.0)

    @cached_property
    def model(self):
        """Return the voice after `EPOCHS`; `spent` says what it took."""
        from moksori.covers.training import train

        begun, used = time.monotonic(), time.process_time()

        def told(stage: str, done: float) -> None:
            self.spent.setdefault(stage, time.monotonic() - begun)

        how = {"epochs": EPOCHS, "progress": told}
        model = train(self.learnt, self.folder / "voice", "voice", "benchmark", **how)
        self.spent["all"] = time.monotonic() - begun
        self.spent["CPU"] = time.process_time() - used
        return model


def _made_clips(folder: Path) -> list[Path]:
    """Write sentences of a synthetic speaker."""
    from moksori.audio.files import save
    from moksori.demo.corpus import SAMPLE_RATE, synthesize
    from moksori.demo.cover import VOICE
    from moksori.demo.grammar.sentences import sentences

    for number, line in enumerate(sentences(26, 0)):
        path = folder / f"made{number:02}.wav"
        save(path, synthesize(line, VOICE), SAMPLE_RATE)
    return sorted(folder.glob("made*.wav"))


def _five(files: list[Path], folder: Path) -> list[Path]:
    """Join the first minute of some files into five clips."""
    from moksori.audio.files import decode, save

    waves, seconds = [], 0.0
    for path in files:
        wave, rate = decode(path)
        waves.append(wave)
        seconds += len(wave) / rate
        if seconds >= _LEARNT_SECONDS:
            break
    paths = [folder / f"clip{number}.wav" for number in range(5)]
    for number, path in enumerate(paths):
        save(path, np.concatenate(waves[number::5]), rate)
    return paths


def joined(paths: list[Path], rate: int) -> np.ndarray:
    """Read files as one wave [samples] at a rate."""
    from moksori.audio.files import load

    return np.concatenate([load(path, rate) for path in paths])


def found_again(one: np.ndarray, other: np.ndarray, wave: np.ndarray) -> float:
    """Return the share in percent of content [states, SIZE] whose nearest in another is
    at its own time, give or take 60 ms; where a wave at 16 kHz can be heard."""
    count = min(len(one), len(other), len(wave) // 320)
    power = (wave[: count * 320].reshape(count, 320) ** 2).mean(axis=1)
    heard = power > 10**-3.5 * power.max()
    one, other = (each[:count] - each[:count].mean(axis=0) for each in (one, other))
    one, other = (
        each / np.linalg.norm(each, axis=1, keepdims=True) for each in (one, other)
    )
    nearest = (other @ one.T).argmax(axis=1)
    near = np.abs(nearest - np.arange(count)) <= _FOUND_STATES
    return 100 * float(near[heard].mean())
