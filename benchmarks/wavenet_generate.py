"""How fast a WaveNet generates: samples a second, and seconds for a second of sound.

Random weights, which take as long as trained ones. Each engine and precision generates
one stream, 16 and 96 at once, and a folded utterance of ten seconds; in the same run
numpy does it step by step (see `plain_generator.py`), and the machine's largest
products and fastest reads are measured, so that ratios hold where absolute figures
depend on what else the machine does. The last line is JSON.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

# The best-known implementation in PyTorch, 2 x 10 layers, on 2 cores of this kind.
_PYTORCH = {"one stream": 324, "16 streams": 2450}
_ENGINES = ("cpu-float32", "cpu-bfloat16", "xla")
_STREAMS = {"one stream": 1, "16 streams": 16, "96 streams": 96}
_COLUMNS = (
    "preset",
    "engine",
    "what",
    "samples/s",
    "x real time",
    "GFLOP/s",
    "x numpy",
    "x PyTorch",
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--presets", nargs="+", default=["korean", "lean"])
    parser.add_argument("--seconds", type=float, default=4.0, help="of each figure")
    parser.add_argument("--workers", type=int, help="threads; by default one a core")
    which = "all that make sense here: xla where there is an accelerator"
    parser.add_argument("--engines", nargs="+", choices=_ENGINES, help=which)
    arguments = parser.parse_args()

    from moksori.backend.setup import load_backend

    backend = load_backend()
    if arguments.engines is None:
        alone = all(device.startswith("cpu") for device in devices())
        arguments.engines = _ENGINES[:-1] if alone else _ENGINES
    peak, reading = products_peak(), reading_peak()
    print(f"Keras on {backend}, devices {', '.join(devices())}; products of large")
    print(f"matrices {peak:.0f} GFLOP/s (float32), reading {reading:.0f} GB/s")
    rows = []
    print(("{:<8} {:<13} {:<20}" + " {:>11}" * 5).format(*_COLUMNS), flush=True)
    for name in arguments.presets:
        for row in _measured(name, arguments):
            _compare(row, rows)
            _show(row)
            rows.append(row)
    facts = {"peak_gigaflop": peak, "reading_gigabytes": reading}
    print(json.dumps({**facts, "devices": devices(), "rows": rows}))
    return 0


def devices() -> list[str]:
    """What the backend computes on."""
    import keras

    return keras.distribution.list_devices()


def _measured(name: str, arguments) -> Iterator[dict]:
    import hparams
    from moksori.voices.networks import build_wavenet
    from moksori.wavenet.sampler import Sampler

    settings = hparams.preset(name)
    model = build_wavenet(settings, speakers=1)
    rate, work = settings.audio.sample_rate, 2e-9 * _products(model.export())
    for what, streams in _STREAMS.items():
        speed = _plain(model, streams, arguments.seconds)
        yield _row(name, "numpy", what, speed, rate, work)
    for engine in arguments.engines:
        kind, _, precision = engine.partition("-")
        options = {"engine": kind}
        if kind == "cpu":
            options |= {"precision": precision, "workers": arguments.workers}
        whole = Sampler(model, folding=None, **options)
        for what, streams in _STREAMS.items():
            speed = _speed(whole, streams, settings, arguments.seconds)
            yield _row(name, engine, what, speed, rate, work)
        frames = round(10 / settings.audio.frame_seconds)
        speed = _generated(Sampler(model, **options), 1, frames, settings)
        yield _row(name, engine, "ten seconds, folded", speed, rate, work)


def _compare(row: dict, earlier: list[dict]) -> None:
    """Add how many times quicker it is than numpy in this run, and than PyTorch."""
    speed, same = row["samples_per_second"], (row["preset"], "numpy", row["what"])
    for other in earlier:
        if (other["preset"], other["engine"], other["what"]) == same:
            row["times_numpy"] = speed / other["samples_per_second"]
    if row["preset"] == "korean" and row["what"] in _PYTORCH:
        row["times_pytorch"] = speed / _PYTORCH[row["what"]]


def _row(preset, engine, what, speed, rate, work) -> dict:
    return {
        "preset": preset,
        "engine": engine,
        "what": what,
        "samples_per_second": speed,
        "times_real_time": speed / rate,
        "gigaflop_per_second": speed * work,
    }


def _speed(sampler, streams: int, settings, seconds: float) -> float:
    """Samples a second of all streams, from a first try's: long enough to count."""
    first = _generated(sampler, streams, 2, settings)
    first = max(first, _generated(sampler, streams, 2, settings))
    frames = round(first * seconds / 2 / streams / settings.audio.hop_length)
    return max(_generated(sampler, streams, max(2, frames), settings) for _ in range(2))


def _generated(sampler, streams: int, frames: int, settings) -> float:
    mel = np.random.default_rng(0).normal(size=(frames, settings.audio.mels))
    begun = time.perf_counter()
    signals = sampler.generate([mel.astype(np.float32)] * streams)
    return sum(signal.size for signal in signals) / (time.perf_counter() - begun)


def _plain(model, streams: int, seconds: float) -> float:
    from benchmarks.plain_generator import generate

    weights = model.export()
    gates = model.local_conditioning(np.zeros((2, model.mels), np.float32))
    uniforms = np.random.default_rng(0).random((streams, 200), np.float32)
    best, begun = 0.0, time.perf_counter()
    while time.perf_counter() - begun < seconds:
        start = time.perf_counter()
        generate(weights, gates, uniforms)
        best = max(best, uniforms.size / (time.perf_counter() - start))
    return best


def _products(weights) -> int:
    """Multiplications of a sample."""
    arrays = (weights.filter_gate, weights.res_skip, weights.post1, weights.post2)
    return sum(array.size for array in arrays)


def products_peak(size: int = 2048) -> float:
    """GFLOP/s of the largest products that numpy takes here, on every core."""
    left = np.random.default_rng(0).random((size, size), np.float32)
    return 2e-9 * size**3 / _best(lambda: left @ left)


def reading_peak(megabytes: int = 20) -> float:
    """GB/s at which one core reads an array as large as the weights of `korean`."""
    array = np.ones(megabytes * 2**18, np.float32)
    return 1e-9 * array.nbytes / _best(lambda: array.max())


def _best(call, times: int = 12) -> float:
    spent = []
    for _ in range(times):
        begun = time.perf_counter()
        call()
        spent.append(time.perf_counter() - begun)
    return min(spent)


def _show(row: dict) -> None:
    numpy, pytorch = (
        f"{row[key]:.1f}" if key in row else ""
        for key in ("times_numpy", "times_pytorch")
    )
    print(
        f"{row['preset']:<8} {row['engine']:<13} {row['what']:<20} "
        f"{row['samples_per_second']:>11,.0f} {row['times_real_time']:>11.2f} "
        f"{row['gigaflop_per_second']:>11.0f} {numpy:>11} {pytorch:>11}",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
