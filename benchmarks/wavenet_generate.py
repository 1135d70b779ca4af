"""How fast a WaveNet generates: samples a second, and seconds for a second of sound.

Random weights, which take as long as trained ones. Each engine and precision generates
one stream, 16 and 96 at once, and a folded utterance of ten seconds; in the same run
numpy does it step by step (see `plain_generator.py`; full band only), and the machine's
largest products and fastest reads are measured, so that ratios hold where absolute
figures depend on what else the machine does. So do samples a second of a processor
core, of which the ratio to the full band is made. `lean-bands`, 12 layers as wide as
those of `lean`, makes 4 sub-bands a step and is compared with `lean`. The last line is
JSON.
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
# A preset, and what is set beside it.
FORMS = {
    "lean-bands": (
        "lean",
        (
            "wavenet.bands=4",
            "wavenet.lpc_order=64",
            "wavenet.upsample=[3, 25]",
            "wavenet.distribution=logistic",
            "wavenet.mixtures=1",
            "wavenet.layers=12",
        ),
    )
}
_ENGINES = ("cpu-float32", "cpu-bfloat16", "xla")
_STREAMS = {"one stream": 1, "16 streams": 16, "96 streams": 96}
_COLUMNS = (
    "preset",
    "engine",
    "what",
    "samples/s",
    "x real time",
    "/core s",
    "GFLOP/s",
    "x numpy",
    "x PyTorch",
    "x full band",
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--presets", nargs="+", default=["korean", "lean", *FORMS])
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
    print(("{:<10} {:<13} {:<20}" + " {:>11}" * 7).format(*_COLUMNS), flush=True)
    for name in arguments.presets:
        for row in _measured(name, arguments):
            compare(row, rows)
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

    base, changed = FORMS.get(name, (name, ()))
    settings = hparams.preset(base).override(changed)
    model = build_wavenet(settings, speakers=1)
    rate, work = settings.audio.sample_rate, 2e-9 * products(model.export())
    if settings.wavenet.distribution == "categorical":
        for what, streams in _STREAMS.items():
            speeds = _plain(model, streams, arguments.seconds)
            yield _row(name, "numpy", what, speeds, rate, work)
    for engine in arguments.engines:
        kind, _, precision = engine.partition("-")
        options = {"engine": kind}
        if kind == "cpu":
            options |= {"precision": precision, "workers": arguments.workers}
        whole = Sampler(model, folding=None, **options)
        for what, streams in _STREAMS.items():
            speeds = _speeds(whole, streams, settings, arguments.seconds)
            yield _row(name, engine, what, speeds, rate, work)
        frames = round(10 / settings.audio.frame_seconds)
        speeds = _generated(Sampler(model, **options), 1, frames, settings)
        yield _row(name, engine, "ten seconds, folded", speeds, rate, work)


def compare(row: dict, earlier: list[dict]) -> None:
    """Add how many times quicker it is than numpy in this run, than PyTorch, and than
    the network of its preset that is not divided."""
    speed, what = row["samples_per_second"], row["what"]
    whole, _ = FORMS.get(row["preset"], (None, ()))
    for other in earlier:
        found = other["preset"], other["engine"], other["what"]
        if found == (row["preset"], "numpy", what):
            row["times_numpy"] = speed / other["samples_per_second"]
        if found == (whole, row["engine"], what):
            busy = "samples_per_processor_second"
            row["times_full_band"] = row[busy] / other[busy]
    if row["preset"] == "korean" and what in _PYTORCH:
        row["times_pytorch"] = speed / _PYTORCH[what]


def _row(preset, engine, what, speeds, rate, work) -> dict:
    speed, busy = speeds
    return {
        "preset": preset,
        "engine": engine,
        "what": what,
        "samples_per_second": speed,
        "samples_per_processor_second": busy,
        "times_real_time": speed / rate,
        "gigaflop_per_second": speed * work,
    }


def _speeds(sampler, streams: int, settings, seconds: float) -> tuple[float, float]:
    """Samples of all streams a second, and a second of a core, of utterances that last
    long enough to count."""
    frames, spent = 2, 0.0
    _generated(sampler, streams, frames, settings)
    while spent < seconds / 2:
        frames, begun = 2 * frames, time.process_time()
        speeds = _generated(sampler, streams, frames, settings)
        spent = time.process_time() - begun
    again = _generated(sampler, streams, frames, settings)
    return tuple(map(max, zip(speeds, again, strict=True)))


def _generated(sampler, streams: int, frames: int, settings) -> tuple[float, float]:
    mel = np.random.default_rng(0).normal(size=(frames, settings.audio.mels))
    begun, busy = time.perf_counter(), time.process_time()
    signals = sampler.generate([mel.astype(np.float32)] * streams)
    spent = time.perf_counter() - begun, time.process_time() - busy
    samples = sum(signal.size for signal in signals)
    return samples / spent[0], samples / spent[1]


def _plain(model, streams: int, seconds: float) -> tuple[float, float]:
    from benchmarks.plain_generator import generate

    weights = model.export()
    gates = model.local_conditioning(np.zeros((2, model.mels), np.float32))
    uniforms = np.random.default_rng(0).random((streams, 200), np.float32)
    best, busiest, begun = 0.0, 0.0, time.perf_counter()
    while time.perf_counter() - begun < seconds:
        start, busy = time.perf_counter(), time.process_time()
        generate(weights, gates, uniforms)
        best = max(best, uniforms.size / (time.perf_counter() - start))
        busiest = max(busiest, uniforms.size / (time.process_time() - busy))
    return best, busiest


def products(weights) -> float:
    """Multiplications of a sample."""
    arrays = (weights.filter_gate, weights.res_skip, weights.post1, weights.post2)
    return sum(array.size for array in arrays) / weights.bands


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
    ratios = (
        f"{row[key]:.1f}" if key in row else ""
        for key in ("times_numpy", "times_pytorch", "times_full_band")
    )
    print(
        f"{row['preset']:<10} {row['engine']:<13} {row['what']:<20} "
        f"{row['samples_per_second']:>11,.0f} {row['times_real_time']:>11.2f} "
        f"{row['samples_per_processor_second']:>11,.0f} "
        f"{row['gigaflop_per_second']:>11.0f}",
        *(f"{ratio:>11}" for ratio in ratios),
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
