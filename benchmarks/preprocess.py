"""How fast recordings become features, against the usual pipeline on librosa.

Real speech or made sound at the rate of the settings, as 16-bit wav: decode, trim,
level, mel and linear spectrograms, store. Ratios of one run count; absolute figures
depend on what else the machine does.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[1]))


def main() -> None:
    import hparams

    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--clips", type=Path, help="a corpus; made sound if absent")
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2])
    hparams.add_arguments(parser)
    arguments = parser.parse_args()
    settings = hparams.from_arguments(arguments).override(["audio.linear=true"])
    with tempfile.TemporaryDirectory() as folder:
        corpus = _corpus(Path(folder) / "corpus", arguments, settings.audio)
        _one_core(corpus, settings.audio, arguments.repeats)
        _whole(corpus, Path(folder), settings, arguments)


def _corpus(folder: Path, arguments, audio) -> list[Path]:
    """Clips of 2 to 9 s at the rate of the settings, `seconds` in all."""
    import numpy as np

    from datasets.readers import corpora
    from moksori.audio import files

    random = np.random.default_rng(0)
    waves = []
    if arguments.clips:
        found = corpora.read(arguments.clips).utterances
        waves = [files.load(one.path, audio.sample_rate) for one in found]
    paths, total = [], 0.0
    while total < arguments.seconds:
        if waves:
            wave = waves[len(paths) % len(waves)]
            # Each copy differs a little, or it would be refused as a duplicate.
            wave = wave * np.float32(random.uniform(0.5, 1.0))
        else:
            wave = _made(random, audio.sample_rate)
        path = folder / f"{len(paths):05d}.wav"
        files.save(path, wave, audio.sample_rate)
        text = "가" * max(round(5 * wave.size / audio.sample_rate), 1)
        path.with_suffix(".txt").write_text(text, encoding="utf-8")
        paths.append(path)
        total += wave.size / audio.sample_rate
    print(f"{len(paths)} clips, {total:.0f} s at {audio.sample_rate} Hz")
    return paths


def _made(random, rate: int):
    """Harmonics that come and go in syllables, over a little noise."""
    import numpy as np

    time = np.arange(round(random.uniform(2, 9) * rate)) / rate
    pitch = random.uniform(90, 250) * (1 + 0.1 * np.sin(3 * time))
    phase = 2 * np.pi * np.cumsum(pitch) / rate
    voice = sum(np.sin(n * phase) / n for n in range(1, 20))
    wave = 0.2 * voice * np.maximum(np.sin(2 * np.pi * 2.5 * time), 0)
    return (wave + random.normal(0, 1e-3, wave.size)).astype(np.float32)


def _one_core(paths: list[Path], audio, repeats: int) -> None:
    """File to arrays in seconds of processor time, ours and librosa's."""
    import soundfile

    seconds = sum(soundfile.info(path).duration for path in paths)
    pipelines = {"librosa": _librosa, "moksori": _moksori}
    best = dict.fromkeys(pipelines, float("inf"))
    for pipeline in pipelines.values():
        pipeline(paths[0], audio)
    for _ in range(repeats):
        for name, pipeline in pipelines.items():
            begin = time.process_time()
            for path in paths:
                pipeline(path, audio)
            best[name] = min(best[name], time.process_time() - begin)
    for name, spent in best.items():
        print(f"{name}: {seconds / spent:.0f} x real time on one core")
    print(f"ratio: {best['librosa'] / best['moksori']:.2f}")


def _moksori(path: Path, audio) -> None:
    from datasets.readers.corpus import Utterance
    from datasets.store import extract
    from moksori.audio import spectrum

    wave, _ = extract.load_recording(Utterance("", "", "", path), audio)
    spectrum.spectrograms(wave, audio, linear=True)


def _librosa(path: Path, audio) -> None:
    """What Korean Tacotron projects do: load, trim, emphasise, two spectrograms."""
    import librosa
    import numpy as np
    from scipy.signal import lfilter

    wave, _ = librosa.load(path, sr=audio.sample_rate)
    wave, _ = librosa.effects.trim(
        wave, top_db=audio.trim_decibel, frame_length=2048, hop_length=512
    )
    wave = wave / np.abs(wave).max() * 0.9
    sharp = lfilter([1, -audio.preemphasis], [1], wave)
    geometry = {
        "n_fft": audio.n_fft,
        "hop_length": audio.hop_length,
        "win_length": audio.win_length,
    }
    for linear in (True, False):
        magnitude = np.abs(librosa.stft(y=sharp, **geometry))
        if not linear:
            basis = librosa.filters.mel(
                sr=audio.sample_rate,
                n_fft=audio.n_fft,
                n_mels=audio.mels,
                fmin=audio.fmin,
                fmax=audio.fmax,
            )
            magnitude = basis @ magnitude
        decibel = 20 * np.log10(np.maximum(1e-5, magnitude)) - audio.ceiling_decibel
        np.clip(8 * (decibel + 100) / 100 - 4, -4, 4).astype(np.float32).T.copy()


def _whole(paths: list[Path], folder: Path, settings, arguments) -> None:
    """The whole build, text and disk included, by number of processes."""
    import resource

    import soundfile

    from datasets.readers import corpora
    from datasets.store import build as features

    seconds = sum(soundfile.info(path).duration for path in paths)

    corpus = corpora.read(paths[0].parent, "folder")
    for workers in arguments.workers:
        begin, busy = time.perf_counter(), _processor_seconds()
        out = folder / f"features-{workers}"
        features.build([corpus], out, settings, workers)
        spent, busy = time.perf_counter() - begin, _processor_seconds() - busy
        print(
            f"whole build, {workers} workers: {seconds / spent:.0f} x real time, "
            f"{seconds / busy:.0f} x per core and second of processor time"
        )
    store = features.FeatureStore.open(out)
    _random_reads(store)
    use = resource.RUSAGE_CHILDREN if workers > 1 else resource.RUSAGE_SELF
    peak = resource.getrusage(use).ru_maxrss / 1024
    print(f"largest memory of a worker: {peak:.0f} MB")


def _processor_seconds() -> float:
    """What this process and its ended children have used."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def _random_reads(store) -> None:
    """A thousand random utterances, mapped for the first time by this process."""
    import numpy as np

    for shard in (store.folder / "shards").iterdir():
        with shard.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    order = np.random.default_rng(0).integers(0, len(store), 1000)
    begin = time.perf_counter()
    for index in order:
        store.mel(int(index))
    spent = time.perf_counter() - begin
    print(f"1,000 random mels from {len(store)} utterances: {1000 * spent:.0f} ms")


if __name__ == "__main__":
    main()
