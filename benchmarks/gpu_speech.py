"""What `gpu.py` measures of speech, in a process of one backend. Weights are random,
which takes as long as trained ones."""

import time
from collections.abc import Iterator

import numpy as np

from benchmarks.gpu_training import settings_of

_STREAMS, _MANY = (1, 16), 256


def speech(job: dict) -> Iterator[dict]:
    """Rows of how many times quicker than real time the WaveNet is with one stream, 16
    and many, and the acoustic model, with and without Griffin-Lim, with one line and
    16."""
    from moksori.backend import hardware

    settings = settings_of(job)
    on_gpu = hardware.has_accelerator()
    yield from _wavenet(settings, job, on_gpu)
    yield from _acoustic(settings, job)


def _wavenet(settings, job, on_gpu) -> Iterator[dict]:
    from moksori.voices.networks import build_wavenet
    from moksori.wavenet.sampler import Sampler

    engine = "xla" if on_gpu else "cpu"
    sampler = Sampler(build_wavenet(settings, 1), engine=engine, folding=None)
    random = np.random.default_rng(0)

    def generated(streams: int, frames: int) -> float:
        mel = random.normal(size=(frames, settings.audio.mels)).astype(np.float32)
        begun = time.perf_counter()
        signals = sampler.generate([mel] * streams)
        return sum(signal.size for signal in signals) / (time.perf_counter() - begun)

    for streams in (*_STREAMS, _MANY if on_gpu else 32):
        generated(streams, 2)
        rate = generated(streams, 2)
        wanted = rate * job["seconds"] / streams / settings.audio.hop_length
        rate = generated(streams, max(2, round(wanted)))
        times = rate / settings.audio.sample_rate
        yield _row(f"WaveNet, {engine} engine, {streams} at once", times)


def _acoustic(settings, job) -> Iterator[dict]:
    from moksori.voices.generation import Generator
    from moksori.voices.griffin_lim import GriffinLim
    from moksori.voices.networks import build_tacotron

    audio, factor = settings.audio, settings.tacotron.reduction_factor
    generator = Generator(build_tacotron(settings, 1), audio.frame_seconds)
    random, heard = np.random.default_rng(0), GriffinLim(audio)
    for lines in (1, 16):
        ids = [random.integers(2, 70, job["symbols"]).tolist() for _ in range(lines)]
        generator.generate(ids, [0] * lines, factor)
        begun = time.perf_counter()
        mels = [one.mel for one in generator.generate(ids, [0] * lines, factor)]
        spoken = time.perf_counter() - begun
        heard.generate(mels)
        whole = time.perf_counter() - begun
        sound = sum(map(len, mels)) * audio.frame_seconds
        yield _row(f"acoustic model, {lines} at once", sound / spoken)
        yield _row(f"the same and Griffin-Lim, {lines} at once", sound / whole)


def _row(what: str, times: float) -> dict:
    said = f"{times:,.3g} x real time (factor {1 / times:,.3g})"
    return {"what": what, "times_real_time": times, "figure": said}
