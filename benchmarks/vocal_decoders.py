"""Compare the decoders of a vocal model, each trained for equal time on equal clips.

    python -m benchmarks.vocal_decoders --clips DIR --sources DIR --seconds 60
    KERAS_BACKEND=jax python -m benchmarks.vocal_decoders --decoders wave --seconds 300

The second is for a card, where the decoder is wide. `--out` gets, as soon as each is
known, a line of figures.jsonl, the model as a zip, and the sources in its voice.
Without clips and sources, two of the demo's synthetic speakers stand for them.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

_FOUND_SECONDS = 0.06
_AUDIBLE = 10 ** (-35 / 10)  # of the loudest power: where content is looked for


def spoken(folder: Path, speaker: int, unseen: bool) -> list[Path]:
    """Write a minute of a synthetic speaker, in three wavs."""
    from moksori.audio.files import save
    from moksori.demo.corpus import SAMPLE_RATE, SPEAKERS, lines, synthesize

    folder.mkdir(parents=True, exist_ok=True)
    waves = [
        synthesize(line.text, SPEAKERS[speaker]) for line in lines(24, unseen=unseen)
    ]
    for number in range(3):
        wave = np.concatenate(waves[number::3])
        save(folder / f"{number}.wav", wave, SAMPLE_RATE)
    return sorted(folder.glob("*.wav"))


def clock() -> Callable[[], float]:
    """Return the clock that counts: that of a card's work, or of this process alone."""
    from moksori.backend.hardware import has_accelerator

    return time.perf_counter if has_accelerator() else time.process_time


def trained(clips: list[Path], folder: Path, decoder: str, seed: int, seconds: float):
    """Train for `seconds`, by epochs whose length is measured before; returns the model
    and what it took."""
    from moksori.covers.training import train

    now, consent = clock(), "benchmark"
    how = {"seed": seed, "decoder": decoder}
    ends: list[float] = []
    train(clips, folder, "rate", consent, 3, report=lambda _: ends.append(now()), **how)
    epochs = max(round(seconds / (ends[2] - ends[1])), 1)
    ends.clear()
    model = train(
        *(clips, folder, "voice", consent, epochs),
        progress=lambda *_: ends.__setitem__(slice(None), [now()]),
        report=lambda _: ends.append(now()),
        **how,
    )
    facts = {"decoder": decoder, "seed": seed, "epochs": epochs}
    return model, {**facts, "seconds": round(ends[-1] - ends[0], 1)}


def judged(model, path: Path, target: np.ndarray, out: Path) -> dict:
    """Convert a recording; how near it is to a voice, and what is left of it."""
    from moksori.audio.files import decode, save
    from moksori.covers import pitch
    from moksori.covers.content import ContentEncoder
    from moksori.covers.conversion import Converter

    wave, rate = decode(path)
    hertz = pitch.track(wave, rate)
    shift = pitch.octaves_between(pitch.median_hertz(hertz), model.about.hertz)
    figures = {"source": path.name}
    for index_rate in (0.0, 0.5):
        new = Converter(model).convert(wave, rate, shift, index_rate)
        save(out / f"{path.stem}-{index_rate:g}.wav", new, rate)
        melody, wanted = pitch.track(new, rate), hertz * 2 ** (shift / 12)
        both = (melody > 0) & (wanted > 0)
        octaves = np.median(np.abs(np.log2(melody[both] / wanted[both])))
        encoder = ContentEncoder()
        states = [encoder.encode(each, rate) for each in (wave, new)]
        figures[f"index {index_rate:g}"] = {
            "similarity": round(float(embedding(new, rate) @ target), 3),
            "cents": round(1200 * float(octaves), 1),
            "content": round(found(*states, wave), 3),
        }
    return figures


def found(old: np.ndarray, new: np.ndarray, wave: np.ndarray) -> float:
    """Return the share of frames whose nearest of the other is at the same time."""
    from moksori.covers.content import STATE_SECONDS

    old, new = (each - each.mean(axis=0) for each in (old, new))
    old, new = (
        each / np.linalg.norm(each, axis=1, keepdims=True) for each in (old, new)
    )
    nearest = (new @ old.T).argmax(axis=1)
    power = [np.mean(part**2) for part in np.array_split(wave, len(old))]
    heard = np.array(power) > _AUDIBLE * max(power)
    near = np.abs(nearest - np.arange(len(new))) <= round(
        _FOUND_SECONDS / STATE_SECONDS
    )
    return float(near[heard].mean())


def embedding(wave: np.ndarray, rate: int) -> np.ndarray:
    """Return whose voice a wave is, a vector of length 1."""
    from moksori.audio.files import resample
    from moksori.speakers.encoder import SAMPLE_RATE, SpeakerEncoder

    return SpeakerEncoder().encode(resample(wave, rate, SAMPLE_RATE))


def main() -> int:
    """Train and judge all decoders with all seeds."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    folder = {"type": Path, "metavar": "DIR"}
    parser.add_argument("--clips", **folder, help="of the voice, up to five wavs")
    parser.add_argument("--sources", **folder, help="wavs to convert, of others")
    parser.add_argument("--out", **folder, default=Path("logs/vocal-decoders"))
    parser.add_argument("--seconds", type=float, default=60, help="of each training")
    names = ("world", "wave")
    parser.add_argument("--decoders", nargs="+", choices=names, default=names)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1])
    told = parser.parse_args()
    from moksori.audio.files import decode
    from moksori.covers.packing import pack

    out, own = told.out, told.out / "made"
    clips = sorted(told.clips.iterdir()) if told.clips else spoken(own / "1", 1, False)
    sources = (
        sorted(told.sources.iterdir()) if told.sources else spoken(own / "2", 2, True)
    )
    target = np.mean([embedding(*decode(path)) for path in clips], axis=0)
    target /= np.linalg.norm(target)
    for decoder in told.decoders:
        for seed in told.seeds:
            place = out / f"{decoder}-{seed}"
            model, facts = trained(clips, place, decoder, seed, told.seconds)
            pack(place, out / f"{decoder}-{seed}.zip")
            facts["distance"] = model.about.distance
            facts["sources"] = [judged(model, path, target, place) for path in sources]
            with open(out / "figures.jsonl", "a", encoding="utf-8") as file:
                print(json.dumps(facts), file=file)
            print(json.dumps(facts), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
