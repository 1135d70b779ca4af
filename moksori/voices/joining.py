"""Pieces of speech as one: slower or faster, with pauses between them."""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import TypeVar

import numpy as np

from hparams import Audio
from moksori.voices.reading import Reading

Made = TypeVar("Made")

_FADE_SECONDS = 0.005
_WINDOW_SECONDS = 0.01
_SILENT_POWER = 1e-5  # -50 dB


def assembled(
    readings: Sequence[Reading], batches: Iterable[dict[Hashable, Made]]
) -> Iterator[tuple[int, list[Made]]]:
    """`(index, what was made of its pieces)` of each reading once all are there.

    `batches` hold what was made, by piece. It is kept only while it is needed.
    """
    needed = Counter(piece for reading in readings for piece in reading.pieces)
    waiting, done = dict(enumerate(readings)), {}
    for batch in batches:
        done |= batch
        ready = [i for i, r in waiting.items() if all(p in done for p in r.pieces)]
        for i in ready:
            reading = waiting.pop(i)
            yield i, [done[piece] for piece in reading.pieces]
            needed.subtract(reading.pieces)
        done = {key: piece for key, piece in done.items() if needed[key]}


def stretch(frames: np.ndarray, speed: float) -> np.ndarray:
    """[frames, C] at another speed: [round(frames / speed), C], linearly interpolated.

    Time changes and pitch does not, since every frame keeps its spectrum.
    """
    if speed == 1.0 or len(frames) < 2:
        return frames
    count = max(1, round(len(frames) / speed))
    at = np.linspace(0.0, len(frames) - 1.0, count, dtype=np.float32)
    before = np.minimum(at.astype(np.int64), len(frames) - 2)
    share = (at - before)[:, None]
    return (1.0 - share) * frames[before] + share * frames[before + 1]


def join(
    mels: Sequence[np.ndarray],
    waves: Sequence[np.ndarray],
    pauses: Sequence[float],
    audio: Audio,
) -> tuple[np.ndarray, np.ndarray]:
    """mel [frames, mels] and wave [frames * hop_length] of all pieces together.

    `pauses` are seconds of silence behind each piece but the last; where pieces meet
    them they are faded over 5 ms, so that no edge clicks. A wave that exceeds full
    scale is turned down as a whole.
    """
    joined_mels, joined_waves = [], []
    for i, (mel, wave) in enumerate(zip(mels, waves, strict=True)):
        wave = _faded(wave, audio, begin=i > 0, end=i < len(pauses))
        joined_mels.append(mel)
        joined_waves.append(wave)
        if i < len(pauses):
            silence = pause(pauses[i], audio)
            frames = len(silence) // audio.hop_length
            floor = np.full((frames, audio.mels), -audio.mel_range, np.float32)
            joined_mels.append(floor)
            joined_waves.append(silence)
    wave = np.concatenate(joined_waves)
    peak = float(np.max(np.abs(wave), initial=0.0))
    return np.concatenate(joined_mels), wave / max(1.0, peak)


def faded_stream(
    chunks: Iterable[np.ndarray], audio: Audio, begin: bool, end: bool
) -> Iterator[np.ndarray]:
    """The chunks of a wave, faded as `join` fades it: 5 ms are held back till the
    end is known."""
    count = round(_FADE_SECONDS * audio.sample_rate)
    held, first = np.zeros(0, np.float32), begin
    for chunk in chunks:
        held = np.concatenate([held, chunk])
        if len(held) > 2 * count:
            ready, held = held[:-count], held[-count:]
            yield _faded(ready, audio, begin=first, end=False)
            first = False
    if len(held):
        yield _faded(held, audio, begin=first, end=end)


def streamed(
    pieces: Iterable[Iterable[np.ndarray]], pauses: Sequence[float], audio: Audio
) -> Iterator[np.ndarray]:
    """The chunks of all pieces, faded and with `pauses` between them as `join` has it.
    A piece is begun when the one before it has been heard."""
    for i, chunks in enumerate(pieces):
        end = i < len(pauses)
        yield from faded_stream(chunks, audio, begin=i > 0, end=end)
        if end:
            yield pause(pauses[i], audio)


def heard(chunks: Iterable[np.ndarray], audio: Audio) -> Iterator[np.ndarray]:
    """The chunks of a wave without the silence before and behind it, in whole frames.

    Silence is what stays below -50 dB of full scale for 10 ms; `tail_seconds` of it are
    kept on both sides. However the wave is cut into chunks, the same of it is heard,
    and silence alone is nothing.
    """
    window = round(_WINDOW_SECONDS * audio.sample_rate)
    keep = round(audio.tail_seconds / _WINDOW_SECONDS) * window
    held, count = np.zeros(0, np.float32), 0
    for chunk in chunks:
        held = np.concatenate([held, chunk])
        windows = held[: len(held) // window * window].reshape(-1, window)
        loud = np.flatnonzero(np.mean(windows**2, axis=1) >= _SILENT_POWER)
        if not count:
            first = loud[0] if len(loud) else len(windows)
            begin = max(0, first * window - keep)
            held, loud = held[begin:], loud - begin // window
        if len(loud):
            end = (loud[-1] + 1) * window
            ready, held = held[:end], held[end:]
            count += len(ready)
            yield ready
    if count:
        tail = held[:keep]
        missing = -(count + len(tail)) % audio.hop_length
        yield np.concatenate([tail, np.zeros(missing, np.float32)])


def pause(seconds: float, audio: Audio) -> np.ndarray:
    """Silence of so many seconds, in whole frames and at least one."""
    frames = max(1, round(seconds / audio.frame_seconds))
    return np.zeros(frames * audio.hop_length, np.float32)


def _faded(wave: np.ndarray, audio: Audio, begin: bool, end: bool) -> np.ndarray:
    wave = np.array(wave, np.float32)
    count = min(len(wave), round(_FADE_SECONDS * audio.sample_rate))
    if not count:
        return wave
    slope = np.arange(1, count + 1, dtype=np.float32) / (count + 1)
    if begin:
        wave[:count] *= slope
    if end:
        wave[-count:] *= slope[::-1]
    return wave
