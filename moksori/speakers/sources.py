"""Open what is listened to: a recording of any length, or a microphone."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from moksori.audio.conversion import blocks
from moksori.speakers import microphone

_RATE = 16000


class Sound:
    """Iterate over blocks [samples] of a source, at most `seconds` of them."""

    def __init__(self, source: Iterable[np.ndarray], rate: int, seconds: float | None):
        self.sample_rate = rate
        self._source = iter(source)
        self._left = None if seconds is None else round(seconds * rate)

    def __iter__(self) -> Iterator[np.ndarray]:
        for block in self._source:
            if self._left is None:
                yield block
                continue
            yield block[: self._left]
            self._left -= min(len(block), self._left)
            if not self._left:
                return


@contextmanager
def opened(
    recording: Path | None,
    device: int | str | None,
    seconds: float | None,
    note: Callable[[str], object],
) -> Iterator[Sound]:
    """Open a recording, or else a microphone, for at most `seconds` of sound.

    `note` is called with what a user should know: that a microphone listens, and
    afterwards how much of its sound was dropped. Raises `AudioError` while reading,
    and `MicrophoneError`.
    """
    if recording:
        yield Sound(blocks(recording, _RATE), _RATE, seconds)
        return
    with microphone.Microphone(device, _RATE) as opened:
        note("the microphone is on; Ctrl-C ends it")
        try:
            yield Sound(opened, opened.sample_rate, seconds)
        finally:
            if opened.dropped:
                lost = opened.dropped * microphone.BLOCK_SECONDS
                text = f"{opened.dropped} blocks ({lost:.1f} s) of sound were dropped"
                note(f"{text}: the machine is busy")
