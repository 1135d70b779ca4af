"""Train a vocal model: read its clips, index them, then teach a decoder by epochs.

The folder holds a whole model from the index on, and after every epoch that was better
on speech kept out; stopped at any moment, it stays one, and can be trained on.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np

from moksori.audio.files import decode, resample, save
from moksori.backend.hardware import has_accelerator
from moksori.covers import pitch, voice, world
from moksori.covers.content import ContentEncoder, to_frames
from moksori.covers.conversion import Converter
from moksori.covers.decoder import (
    NARROW,
    WIDE,
    Decoder,
    Predictor,
    Scales,
    pitch_features,
)
from moksori.covers.index import Index
from moksori.covers.synthesiser import BANDS
from moksori.covers.teaching import BATCH, SEGMENT, Frames, Teacher, WaveTeacher
from moksori.covers.voice import About, VoiceError
from moksori.covers.world import CEPSTRA

LEAST_SECONDS, ADVISED_SECONDS = 10.0, 60.0
MOST_CLIPS, _MOST_SECONDS = 5, 900.0
_HELD_OUT = 0.1
_SAMPLE_SECONDS = 6.0
# Formants and semitones by which the voice is disguised, so that the decoder learns to
# hear content in anybody (Choi et al. 2021, "Neural analysis and synthesis").
_DISGUISES = (
    *((0.82, -7.0), (0.88, 5.0), (0.95, -12.0)),
    *((1.05, 12.0), (1.12, -4.0), (1.2, 9.0)),
)
# How a difference of mel-cepstra is told in decibel (Kubichek 1993).
_DECIBEL = 10 / np.log(10) * np.sqrt(2)


@dataclass(frozen=True)
class Epoch:
    """Report an epoch: its number, the loss, the distance to held-out speech in
    decibel, whether it is the best so far, and the seconds left."""

    number: int
    epochs: int
    loss: float
    distance: float
    best: bool
    seconds_left: float


def train(
    clips: Sequence[Path],
    folder: Path,
    name: str,
    consent: str,
    epochs: int = 50,
    seed: int = 0,
    decoder: str = "world",
    progress: Callable[[str, float], None] = lambda stage, done: None,
    report: Callable[[Epoch], None] = lambda epoch: None,
    resume: bool = False,
) -> voice.VocalModel:
    """Train a vocal model on up to five clips of one person and keep it in a folder.

    `decoder` is one of `voice.DECODERS`: what it learns, and what makes sound of it.
    With `resume` the one that is there is taught so many epochs more, from its best on,
    and replaced by a better one alone.
    `progress` is told the stage and its share done, `report` every epoch; either may
    raise, which ends the training with the model as it is by then. Raises `VoiceError`
    for too many clips or less than `LEAST_SECONDS` of voice.
    """
    frames = read_clips(clips, progress)
    seconds = float(np.sum(frames.hertz > 0)) * pitch.FRAME_SECONDS
    if seconds < LEAST_SECONDS:
        raise VoiceError(
            f"{seconds:.1f} s of voice in the clips; {LEAST_SECONDS:g} s are needed, "
            f"{ADVISED_SECONDS:g} s advised"
        )
    before = voice.VocalModel.load(folder) if resume else None
    if before is not None and before.network is None:
        before = None
    if before is not None:
        decoder = before.about.settings.get("decoder", "world")
    index = Index.of(frames.content, frames.timbre, frames.hertz > 0)
    about = About(
        name=name,
        sample_rate=frames.sample_rate,
        hertz=round(pitch.median_hertz(frames.hertz), 2),
        seconds=round(seconds, 2),
        clips=tuple(path.name for path in clips),
        consent=consent,
        encoder=voice.encoder_id(),
        settings={"epochs": epochs, "seed": seed, "decoder": decoder},
    )
    if before is None:
        (folder / voice.DECODER).unlink(missing_ok=True)
        voice.save(folder, about, index)
    progress("index", 1.0)
    if epochs:
        disguised = _disguised(frames, progress)
        _teach(frames, disguised, folder, about, epochs, seed, report, before)
    model = voice.VocalModel.load(folder)
    _write_sample(model, clips[-1], folder)
    return model


def _write_sample(model: voice.VocalModel, clip: Path, folder: Path) -> None:
    """Write what the model makes of the end of a clip, which was kept out."""
    wave, rate = decode(clip, at_most_seconds=_MOST_SECONDS)
    said = wave[-int(_SAMPLE_SECONDS * rate) :]
    save(folder / voice.SAMPLE, Converter(model).convert(said, rate, 0), rate)


def read_clips(clips: Sequence[Path], progress: Callable[[str, float], None]) -> Frames:
    """Read the frames of all clips, at the largest of WORLD's rates that all have."""
    if not 0 < len(clips) <= MOST_CLIPS:
        raise VoiceError(f"a vocal model is made of 1 to {MOST_CLIPS} clips")
    waves = [decode(path, at_most_seconds=_MOST_SECONDS) for path in clips]
    lowest = min(rate for _, rate in waves)
    rate = max((each for each in world.RATES if each <= lowest), default=world.RATES[0])
    encoder, parts = ContentEncoder(), []
    for number, (wave, own) in enumerate(waves, 1):
        hertz = pitch.track(wave, own)
        states = encoder.encode(wave, own)
        sound = resample(wave, own, rate)
        timbre = world.analyse(sound, rate, hertz)
        parts.append((to_frames(states, len(hertz)), hertz, timbre, sound))
        progress("read", number / len(waves))
    return Frames.joined(parts, rate)


def _disguised(frames: Frames, progress) -> list[np.ndarray]:
    """Encode the content of the same frames, said with other formants and pitch."""
    encoder, contents, rate = ContentEncoder(), [], frames.sample_rate
    for number, (factor, semitones) in enumerate(_DISGUISES, 1):
        timbre = world.warp(frames.timbre, factor, rate)
        wave = world.synthesise(frames.hertz * 2 ** (semitones / 12), timbre, rate)
        contents.append(to_frames(encoder.encode(wave, rate), len(frames.hertz)))
        progress("disguise", number / len(_DISGUISES))
    return contents


def _teach(
    frames: Frames, disguised, folder, about: About, epochs, seed, report, before
):
    """Train a decoder, a new one or that of the model `before`; whatever ends it, the
    best epoch so far is in the folder."""
    count = len(frames.hertz)
    cut = count - max(int(_HELD_OUT * count), 1)
    learnt, held_out = frames.part(0, cut), frames.part(cut, count)
    contents = [each[:cut] for each in (frames.content, *disguised)]
    scales = Scales.of(learnt.content, learnt.timbre)
    keras.utils.set_random_seed(seed)
    wave = about.settings["decoder"] == voice.WAVE
    decoder, done, best = _begun(frames, wave), 0, np.inf
    if before is not None:
        decoder, done = before.network, before.about.epochs
        best = before.about.distance
        about = replace(about, epochs=done, distance=best)
    steps = max(round(len(learnt.hertz) / (SEGMENT * BATCH)), 1)
    how = WaveTeacher if wave else Teacher
    teacher = how(decoder, scales, learnt, contents, steps * epochs, seed + done)
    predict, begun = Predictor(decoder), time.monotonic()
    for number in range(done + 1, done + epochs + 1):
        loss = float(np.mean([teacher.step() for _ in range(steps)]))
        distance = _distance(predict, scales, held_out)
        better = distance < best
        if better:
            best = distance
            scales.sharpen(_answer(predict, scales, learnt))
            voice.save_decoder(folder, decoder, scales)
            about = replace(about, epochs=number, distance=round(distance, 3))
            voice.save(folder, about)
        each = (time.monotonic() - begun) / (number - done)
        left = each * (done + epochs - number)
        report(Epoch(number, done + epochs, loss, distance, better, left))


def _begun(frames: Frames, wave: bool) -> Decoder:
    """Build a decoder that has learnt nothing."""
    if not wave:
        return voice.build_decoder(frames.timbre.aperiodicity.shape[1])
    decoder = voice.build_decoder(BANDS, WIDE if has_accelerator() else NARROW)
    # Envelopes begun at random may be louder than any number: it begins with the mean.
    zeros = [np.zeros_like(each) for each in decoder.last.get_weights()]
    decoder.last.set_weights(zeros)
    return decoder


def _answer(predict: Predictor, scales: Scales, frames: Frames) -> np.ndarray:
    centred = frames.content - frames.content.mean(axis=0)
    return predict(scales.content(centred), pitch_features(frames.hertz))


def _distance(predict: Predictor, scales: Scales, frames: Frames) -> float:
    """Return the mean distance of cepstra 1 to 24 in frames that can be heard."""
    answer = _answer(predict, scales, frames)
    mean, deviation = scales.values["mean"], scales.values["deviation"]
    cepstra = answer[:, :CEPSTRA] * deviation + mean
    wanted = frames.timbre.cepstra
    heard = wanted[:, 0] > np.quantile(wanted[:, 0], 0.3)
    difference = (cepstra - wanted)[heard, 1:25]
    return float(_DECIBEL * np.sqrt((difference**2).sum(axis=1)).mean())
