"""Join pieces of speech: change their speed, trim them, join mels and waves."""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import TypeVar

import numpy as np

from hparams import Audio
from moksori.audio.joining import fade, pause
from moksori.voices.reading import Reading

Made = TypeVar("Made")

_WINDOW_SECONDS = 0.01
_SILENT_POWER = 1e-5  # -50 dB


def group_pieces_by_line(
    readings: Sequence[Reading], batches: Iterable[dict[Hashable, Made]]
) -> Iterator[tuple[int, list[Made]]]:
    """Yield `(index, results of its pieces)` of each line as soon as all are there.

    `batches` map pieces to results. A result is kept while a line still needs it.
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
    """Interpolate frames [frames, C] linearly to [round(frames / speed), C].

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
    """Return the mel [frames, mels] and wave [frames * hop_length] of all pieces.

    `pauses` are seconds of silence after each piece but the last. Edges next to a
    pause are faded over 5 ms, so that none clicks. A wave that exceeds full scale is
    scaled down as a whole.
    """
    joined_mels, joined_waves = [], []
    for i, (mel, wave) in enumerate(zip(mels, waves, strict=True)):
        wave = fade(wave, audio, begin=i > 0, end=i < len(pauses))
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


def trim_stream(chunks: Iterable[np.ndarray], audio: Audio) -> Iterator[np.ndarray]:
    """Trim the silence before and after a wave that comes in chunks.

    Silence is a window of 10 ms below -50 dB of full scale; `tail_seconds` of it are
    kept on both sides, and zeros fill the last frame. The result does not depend on
    the chunks; silence alone gives no chunk.
    """
    window = round(_WINDOW_SECONDS * audio.sample_rate)
    keep = round(audio.tail_seconds / _WINDOW_SECONDS) * window
    buffer, count = np.zeros(0, np.float32), 0
    for chunk in chunks:
        buffer = np.concatenate([buffer, chunk])
        windows = buffer[: len(buffer) // window * window].reshape(-1, window)
        loud = np.flatnonzero(np.mean(windows**2, axis=1) >= _SILENT_POWER)
        if not count:
            first = loud[0] if len(loud) else len(windows)
            begin = max(0, first * window - keep)
            buffer, loud = buffer[begin:], loud - begin // window
        if len(loud):
            end = (loud[-1] + 1) * window
            ready, buffer = buffer[:end], buffer[end:]
            count += len(ready)
            yield ready
    if count:
        tail = buffer[:keep]
        missing = -(count + len(tail)) % audio.hop_length
        yield np.concatenate([tail, np.zeros(missing, np.float32)])
