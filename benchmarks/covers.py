"""Measure song covers, each figure beside its bar.

    python -m benchmarks.covers [--only separation pitch …] [--json FILE]
    python -m benchmarks.covers --voice DIR --speech CORPUS --only voice words

Song and voices are made (the demo's synthetic speakers), so that stems and melody are
known exactly. `--voice` names a folder of a person's clips instead: of the sorted
files, the first minute is learnt, and the last six are kept out. `--speech` is a corpus
with texts, of which ten sentences are converted and sung for an independent recogniser
(`benchmarks.human_speech`). Hostile files are the tests' matter (tests/covers).
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from benchmarks.cover_material import EPOCHS, RATE, Chosen, found_again, joined

_SONG_SECONDS = 210


@dataclass(frozen=True)
class Figure:
    """Represent a measured value and the bar it is to pass, upwards or downwards."""

    name: str
    value: float
    unit: str = ""
    least: float | None = None
    most: float | None = None

    def __str__(self) -> str:
        bars = ((">=", self.least), ("<=", self.most))
        told = [f"{sign} {bar:g}" for sign, bar in bars if bar is not None]
        low = self.least is None or self.value >= self.least
        passed = low and (self.most is None or self.value <= self.most)
        verdict = ("ok" if passed else "MISSED") if told else ""
        text = f"{self.name:58}{self.value:9.2f} {self.unit:6}"
        return f"{text} {' '.join(told):10} {verdict}".rstrip()


def separation(chosen: Chosen) -> Iterator[Figure]:
    """B1: a mix of a voice and a band, equally loud."""
    from moksori.covers import stems
    from moksori.demo import cover as demo

    song = demo.song(demo.SUNG)
    separator = stems.Separator()
    separator.separate(song.mix[: stems.RATE])
    begun = time.process_time()
    found = separator.separate(song.mix)
    speed = len(song.mix) / stems.RATE / (time.process_time() - begun)
    for name in ("vocals", "backing"):
        wanted, got = getattr(song.stems, name), getattr(found, name)
        ratio = 10 * np.log10((wanted**2).sum() / ((wanted - got) ** 2).sum())
        yield Figure(f"separation, {name}, signal to error", ratio, "dB", least=8)
    rest = float(np.abs(found.vocals + found.backing - song.mix).max())
    yield Figure("separation, stems less the mix, 1e-4", rest / 1e-4, "", most=1)
    yield Figure("separation, seconds of song a CPU second", speed, "", least=8)


def melody(chosen: Chosen) -> Iterator[Figure]:
    """B2: the pitch that is sung, alone and taken out of the mix."""
    from moksori.covers import pitch, stems
    from moksori.demo import cover as demo

    song = demo.song(demo.SUNG)
    taken = stems.Separator().separate(song.mix).vocals
    bars = {"alone": (song.stems.vocals, 6, 1), "separated": (taken, 12, 4)}
    for name, (wave, most, gross) in bars.items():
        found = pitch.track(wave.mean(axis=1), stems.RATE)
        count = min(len(found), len(song.melody))
        off, _ = demo.melody_error(found, song.melody)
        both = (found[:count] > 0) & (song.melody[:count] > 0)
        octaves = np.abs(np.log2(found[:count][both] / song.melody[:count][both]))
        wrong = 100 * float(np.mean(octaves > 0.25))
        yield Figure(f"melody, {name}, median error", off, "cents", most=most)
        yield Figure(f"melody, {name}, wrong by > 300 cents", wrong, "%", most=gross)


def content(chosen: Chosen) -> Iterator[Figure]:
    """B3: frames that are found again on a melody and in another vocal tract."""
    from moksori.covers import pitch, world
    from moksori.covers.content import ContentEncoder

    wave = joined(chosen.learnt, RATE)[: 30 * RATE]
    hertz = pitch.track(wave, RATE)
    timbre = world.warp(world.analyse(wave, RATE, hertz), 1.15, RATE)
    notes = np.array([0, 4, 7, 5, 2])[np.arange(len(hertz)) // 80 % 5]
    melody = np.where(hertz > 0, 262 * 2 ** (notes / 12), 0.0)
    changed = world.synthesise(melody, timbre, RATE)
    encoder = ContentEncoder()
    begun = time.process_time()
    one = encoder.encode(wave, RATE)
    speed = len(wave) / RATE / (time.process_time() - begun)
    # Windows begin elsewhere in the other.
    shift = 37
    other = encoder.encode(np.pad(changed, (shift * 320, 0)), RATE)[shift:]
    share = found_again(one, other, wave)
    yield Figure("content, found again, on a melody, formants + 15 %", share, "%", 90)
    yield Figure("content, seconds a CPU second", speed, "", least=60)


def voice(chosen: Chosen) -> Iterator[Figure]:
    """B4 to B6: a voice trained, and the cover in it."""
    from moksori.covers import pitch
    from moksori.covers.content import ContentEncoder
    from moksori.covers.conversion import Converter

    model = chosen.model
    yield Figure("voice, seconds of it", model.about.seconds, "s")
    yield Figure("voice, index, wall", chosen.spent["index"], "s", most=20)
    yield Figure(f"voice, {EPOCHS} epochs, wall", chosen.spent["all"], "s", most=240)
    yield Figure("voice, all of it, CPU", chosen.spent["CPU"], "s")
    yield Figure(
        "voice, distance to speech kept out", model.about.distance, "dB", most=8.5
    )
    sung, wanted = chosen.sung
    shift = pitch.octaves_between(pitch.median_hertz(wanted), model.about.hertz)
    likeness = _likeness(chosen)
    held_out = joined(chosen.held_out, RATE)
    yield Figure("likeness, the voice, kept out", likeness(held_out))
    yield Figure("likeness, the voice, kept out and sung", likeness(_sing(held_out)))
    before = likeness(sung)
    yield Figure("likeness, the song as it is", before)
    encoder = ContentEncoder()
    states = encoder.encode(sung, RATE)
    for index_rate in (0.0, 0.5, 1.0):
        made = Converter(model).convert(sung, RATE, shift, index_rate)
        told = f"index rate {index_rate:g}"
        gain = likeness(made) - before
        yield Figure(f"likeness, cover, {told}, above the song", gain, "", least=0.15)
        kept = found_again(states, encoder.encode(made, RATE), sung)
        yield Figure(f"content kept, {told}", kept, "%", least=80)
        off, share = _melody_error(made, wanted * 2 ** (shift / 12))
        yield Figure(f"melody, {told}, median error", off, "cents", most=15)
        yield Figure(f"melody, {told}, within 50 cents", share, "%", least=88)


def length(chosen: Chosen) -> Iterator[Figure]:
    """B7: a song of three and a half minutes through the command."""
    from moksori.audio.files import decode_channels, save
    from moksori.covers.stems import RATE
    from moksori.covers.training import train
    from moksori.demo import cover as demo

    with tempfile.TemporaryDirectory(prefix="covers-") as name:
        folder = Path(name)
        mix = demo.song(demo.SUNG).mix
        times = -(-_SONG_SECONDS * RATE // len(mix))
        song = np.tile(mix, (times, 1))[: _SONG_SECONDS * RATE]
        save(folder / "song.wav", song, RATE)
        train(chosen.learnt, folder / "voice", "song", "benchmark", epochs=0)
        flags = "--voice", folder / "voice", "--out", folder / "cover.wav"
        command = [sys.executable, "-m", "moksori", "cover", folder / "song.wav"]
        begun = time.monotonic()
        subprocess.run([*map(str, [*command, *flags])], check=True, capture_output=True)
        wall = time.monotonic() - begun
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        made, _ = decode_channels(folder / "cover.wav")
    yield Figure("3.5 minutes, wall", wall, "s", most=180)
    yield Figure("3.5 minutes, CPU", used.ru_utime + used.ru_stime, "s")
    yield Figure("3.5 minutes, memory", used.ru_maxrss / 1024, "MiB", most=2048)
    yield Figure("3.5 minutes, samples too many or too few", abs(len(made) - len(song)))
    peak = 20 * np.log10(np.abs(made).max())
    yield Figure("3.5 minutes, peak", peak, "dBFS", most=-0.2)


def words(chosen: Chosen) -> Iterator[Figure]:
    """B9: characters that an independent recogniser mishears, before and after."""
    from benchmarks.human_speech import Whisper, judge
    from benchmarks.spoken import Spoken, from_corpus
    from moksori.covers import pitch
    from moksori.covers.conversion import Converter

    if chosen.speech is None:
        return
    listener = Whisper()
    said = from_corpus(chosen.speech, 10)
    model = chosen.model
    converter = Converter(model)
    sung = [_sing(wave, number) for number, wave in enumerate(said.waves)]
    for kind, waves in {"spoken": said.waves, "sung": sung}.items():
        contour = np.concatenate([pitch.track(each, RATE) for each in waves])
        shift = pitch.octaves_between(pitch.median_hertz(contour), model.about.hertz)
        sets = {"before": waves}
        for rate in (0.0, 0.5, 1.0):
            made = [converter.convert(each, RATE, shift, rate) for each in waves]
            sets[f"index rate {rate:g}"] = made
        for name, made in sets.items():
            rate = judge(Spoken(name, made, RATE, said.texts), listener)["rate"]
            yield Figure(f"characters misheard, {kind}, {name}", 100 * rate, "%")


def _melody_error(wave: np.ndarray, wanted: np.ndarray) -> tuple[float, float]:
    from moksori.covers import pitch
    from moksori.demo.cover import melody_error

    off, share = melody_error(pitch.track(wave, RATE), wanted)
    return off, 100 * share


def _sing(wave: np.ndarray, seed: int = 0) -> np.ndarray:
    from moksori.covers.retune import sing

    return sing(wave, RATE, 196.0, seed)[0]


def _likeness(chosen: Chosen) -> Callable[[np.ndarray], float]:
    """Return what tells the likeness of a wave at 16 kHz to the voice: the cosine of
    CAM++. A person's own speech has 0.98 here, sung by WORLD 0.68; strangers 0.3."""
    from moksori.speakers.encoder import SpeakerEncoder

    encoder = SpeakerEncoder()
    own = encoder.encode(joined(chosen.learnt, RATE))
    return lambda wave: float(encoder.encode(wave) @ own)


_PARTS = {
    each.__name__: each for each in (separation, melody, content, voice, length, words)
}


def main(argv: list[str] | None = None) -> int:
    flags = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    folder = {"type": Path, "metavar": "DIR"}
    flags.add_argument("--voice", **folder, help="clips of a person, a sentence each")
    speech = "a corpus with texts, to be sung; without it no words are measured"
    flags.add_argument("--speech", **folder, help=speech)
    flags.add_argument("--only", nargs="+", choices=_PARTS, default=list(_PARTS))
    flags.add_argument("--json", type=Path, metavar="FILE", help="write figures there")
    arguments = flags.parse_args(argv)
    rows = []
    try:
        with tempfile.TemporaryDirectory(prefix="covers-") as name:
            chosen = Chosen(Path(name), arguments.voice, arguments.speech)
            for part in arguments.only:
                for figure in _PARTS[part](chosen):
                    print(figure, flush=True)
                    rows.append(asdict(figure))
    except (ValueError, OSError, RuntimeError) as error:
        print(f"covers: {error}", file=sys.stderr)
        return 1
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
