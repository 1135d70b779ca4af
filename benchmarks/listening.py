"""What the recogniser learns from: synthetic voices, some of them through a vocoder.

The voice that the demo trains, `SPEAKERS[0]`, is never among them, nor are the
sentences of `held_out`. A share of the lines is made of shuffled syllables, which
cannot be guessed from the language.
"""

import logging
import math
import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.recogniser import (
    AUDIO,
    Recogniser,
    Shape,
    build,
    collate,
    features,
    letters_of,
)
from benchmarks.scores import listen, rate_of
from benchmarks.spoken import demo_speaker
from hparams import Audio, preset
from moksori.audio.files import resample
from moksori.audio.griffin_lim import griffin_lim
from moksori.audio.spectrum import mel_spectrogram
from moksori.demo.corpus import SAMPLE_RATE, SPEAKERS, Speaker, synthesize
from moksori.demo.grammar.sentences import sentences

log = logging.getLogger(__name__)

# Voices of espeak-ng beside the demo's own, for more kinds of throat.
OTHER_VOICES = ("ko+f1", "ko+f3", "ko+f4", "ko+m1", "ko+m2", "ko+m5", "ko+m6", "ko+m8")
_MOST_FRAMES = 480


@dataclass(frozen=True)
class Plan:
    """How the recogniser is trained; shares are of the clips."""

    clips: int = 2400
    epochs: int = 5
    batch: int = 16
    learning_rate: float = 2e-3
    vocoded: float = 0.5
    shuffled: float = 0.2
    noisy: float = 0.5
    threads: int = 2
    seed: int = 1


@dataclass(frozen=True)
class Clip:
    """One training example: mel [frames, mels] in half precision, and its jamo."""

    mel: np.ndarray
    letters: np.ndarray


def voices() -> list[str]:
    """The voices that the recogniser learns from: never the one under test."""
    known = [speaker.voice for speaker in SPEAKERS[1:]]
    return sorted({*known, *OTHER_VOICES} - {SPEAKERS[0].voice})


def texts(plan: Plan) -> list[str]:
    """Sentences of the demo's grammar, a share of them with all syllables shuffled."""
    chosen = random.Random(plan.seed)
    lines = sentences(plan.clips, plan.seed + 1)
    pool = [s for line in lines for s in line if "가" <= s <= "힣"]
    return [
        _nonsense(pool, chosen) if chosen.random() < plan.shuffled else line
        for line in lines
    ]


def _nonsense(pool: list[str], chosen: random.Random) -> str:
    words = (
        "".join(chosen.choices(pool, k=chosen.randint(1, 4)))
        for _ in range(chosen.randint(2, 6))
    )
    return " ".join(words) + "."


def record(text: str, voice: str, plan: Plan, seed: int) -> Clip:
    """One line as a voice of random pitch and pace says it, vocoded or plain."""
    r = np.random.default_rng([plan.seed, seed])
    speaker = Speaker(voice, int(r.integers(25, 76)), int(r.integers(145, 201)))
    wave = synthesize(text, speaker)
    if r.random() < plan.vocoded:
        wave = _vocoded(wave, preset("demo").audio, r)
    wave = resample(wave, SAMPLE_RATE, round(SAMPLE_RATE * r.uniform(0.95, 1.05)))
    if r.random() < plan.noisy:
        level = np.sqrt(np.mean(wave**2)) * 10 ** (-r.uniform(15, 45) / 20)
        wave = wave + np.float32(level) * r.standard_normal(wave.size, np.float32)
    mel = features(wave * np.float32(r.uniform(0.05, 1.0)), SAMPLE_RATE)
    return Clip(mel.astype(np.float16), np.array(letters_of(text), np.int32))


def _vocoded(wave: np.ndarray, audio: Audio, r: np.random.Generator) -> np.ndarray:
    """A wave through mel and Griffin-Lim; half the mels smoothed, as predicted ones."""
    mel = mel_spectrogram(wave, audio)
    if r.random() < 0.5:
        from scipy.ndimage import gaussian_filter

        mel = gaussian_filter(mel, r.uniform(0, 1.2, size=2))
    return griffin_lim(mel, audio, int(r.integers(8, 25)), seed=int(r.integers(2**31)))


def clips(plan: Plan, progress: Callable[[int, int], None] | None = None) -> list[Clip]:
    """All training examples, in the order of `texts`; voices take turns."""
    cast = voices()
    lines = texts(plan)
    jobs = [(line, cast[i % len(cast)], plan, i) for i, line in enumerate(lines)]
    made = []
    with ThreadPoolExecutor(plan.threads) as pool:
        for done, clip in enumerate(pool.map(lambda job: record(*job), jobs), start=1):
            if clip.mel.shape[0] <= _MOST_FRAMES and _fits(clip):
                made.append(clip)
            if progress:
                progress(done, len(jobs))
    return made


def _fits(clip: Clip) -> bool:
    """Whether the loss has a path: a frame per jamo, one more between equal ones."""
    repeats = int((np.diff(clip.letters) == 0).sum())
    return 0 < clip.letters.size + repeats <= clip.mel.shape[0] // 2


def batches(examples: list[Clip], plan: Plan, epoch: int) -> Iterator[tuple]:
    """One epoch of (inputs, jamo [B, N]), in random order, clips of like length."""
    r = np.random.default_rng([plan.seed, 1, epoch])
    jitter = r.uniform(0.9, 1.1, len(examples))
    order = np.argsort(
        [c.mel.shape[0] * j for c, j in zip(examples, jitter, strict=True)]
    )
    starts = np.arange(0, len(order) - plan.batch + 1, plan.batch)
    for start in r.permutation(starts):
        chosen = [examples[i] for i in order[start : start + plan.batch]]
        longest = max(clip.letters.size for clip in chosen)
        target = np.zeros((len(chosen), longest), np.int32)
        for row, clip in zip(target, chosen, strict=True):
            row[: clip.letters.size] = clip.letters
        yield collate([_masked(clip.mel, r) for clip in chosen]), target


def _masked(mel: np.ndarray, r: np.random.Generator) -> np.ndarray:
    """The clip with two bands and two moments missing, a little louder or softer.

    Source: Park et al. 2019, "SpecAugment", section 2 (without warping).
    """
    mel = mel.astype(np.float32)
    mel += r.normal(0, 0.1, mel.shape)
    for _ in range(2):
        width, low = r.integers(0, 9), r.integers(0, AUDIO.mels - 8)
        mel[:, low : low + width] = 0
        width, begin = r.integers(0, 6), r.integers(0, max(mel.shape[0] - 5, 1))
        mel[begin : begin + width] = 0
    return mel


def train(
    plan: Plan | None = None,
    shape: Shape | None = None,
    progress: Callable[[str], None] = log.info,
) -> Recogniser:
    """Make the clips and train on them: about eight minutes on two cores."""
    plan, shape = plan or Plan(), shape or Shape()
    started = time.perf_counter()
    examples = clips(plan)
    seconds = sum(clip.mel.shape[0] for clip in examples) * AUDIO.frame_seconds
    progress(f"{len(examples)} clips, {seconds / 3600:.2f} hours")
    network = fit(examples, plan, shape, progress)
    facts = {
        "clips": len(examples),
        "hours": round(seconds / 3600, 3),
        "voices": voices(),
        "parameters": network.count_params(),
        "training_seconds": round(time.perf_counter() - started, 1),
    }
    return Recogniser(network, shape, facts)


def fit(
    examples: list[Clip], plan: Plan, shape: Shape, progress: Callable[[str], None]
):
    """A network of this shape trained on the examples; one line of progress an epoch.

    Raises `ValueError` when the examples do not fill a batch.
    """
    import keras

    keras.utils.set_random_seed(plan.seed)
    network = build(shape)
    per_epoch = len(examples) // plan.batch
    if not per_epoch:
        raise ValueError(f"{len(examples)} clips make no batch of {plan.batch}")
    rate = keras.optimizers.schedules.CosineDecay(
        plan.learning_rate / 20,
        math.ceil(0.85 * per_epoch * plan.epochs),
        warmup_target=plan.learning_rate,
        warmup_steps=math.ceil(0.15 * per_epoch * plan.epochs),
        alpha=0.02,
    )
    optimizer = keras.optimizers.AdamW(rate, weight_decay=1e-3, global_clipnorm=5.0)
    # Batches have many shapes, and XLA would compile the step for each of them.
    network.compile(optimizer=optimizer, jit_compile=False)
    for epoch in range(plan.epochs):
        started, losses = time.perf_counter(), []
        for inputs, target in batches(examples, plan, epoch):
            losses.append(network.train_on_batch(inputs, target))
        progress(
            f"epoch {epoch + 1}/{plan.epochs}: loss {float(losses[-1]):.2f}, "
            f"{time.perf_counter() - started:.0f} s"
        )
    return network


def reference(recogniser: Recogniser, count: int = 100) -> dict[str, float]:
    """Jamo error rates of the demo's speaker, unseen, as recorded and as copied."""
    return {
        s.name: rate_of(listen(recogniser, s.waves, s.rate, s.texts))["mean"]
        for s in demo_speaker(count)
    }


def saved_or_trained(
    folder: str | Path, plan: Plan | None = None, progress=log.info
) -> Recogniser:
    """The recogniser in `folder`; trains and saves one where there is none."""
    folder = Path(folder)
    if (folder / "recogniser.json").exists():
        return Recogniser.load(folder)
    progress(f"training a recogniser for {folder}, once: about eight minutes")
    recogniser = train(plan, progress=progress)
    recogniser.facts["reference"] = reference(recogniser)
    recogniser.save(folder)
    return recogniser
