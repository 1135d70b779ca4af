"""Join pieces of sound: fade their edges, put pauses between them."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from hparams import Audio

_FADE_SECONDS = 0.005


def fade(wave: np.ndarray, audio: Audio, begin: bool, end: bool) -> np.ndarray:
    """Return a wave with the first or the last 5 ms faded, or both."""
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


def fade_edges(
    chunks: Iterable[np.ndarray], audio: Audio, begin: bool, end: bool
) -> Iterator[np.ndarray]:
    """Fade the first and last 5 ms of a wave that comes in chunks, as `join` does.

    The last 5 ms received are kept in a buffer until the end is known.
    """
    count = round(_FADE_SECONDS * audio.sample_rate)
    buffer, first = np.zeros(0, np.float32), begin
    for chunk in chunks:
        buffer = np.concatenate([buffer, chunk])
        if len(buffer) > 2 * count:
            ready, buffer = buffer[:-count], buffer[-count:]
            yield fade(ready, audio, begin=first, end=False)
            first = False
    if len(buffer):
        yield fade(buffer, audio, begin=first, end=end)


def join_stream(
    pieces: Iterable[Iterable[np.ndarray]], pauses: Sequence[float], audio: Audio
) -> Iterator[np.ndarray]:
    """Yield the chunks of all pieces, with the same fades and pauses as `join`.

    A piece is started when the chunks of the one before it have been consumed.
    """
    for i, chunks in enumerate(pieces):
        end = i < len(pauses)
        yield from fade_edges(chunks, audio, begin=i > 0, end=end)
        if end:
            yield pause(pauses[i], audio)


def pause(seconds: float, audio: Audio) -> np.ndarray:
    """Return silence of about `seconds`: whole frames, at least one."""
    frames = max(1, round(seconds / audio.frame_seconds))
    return np.zeros(frames * audio.hop_length, np.float32)
