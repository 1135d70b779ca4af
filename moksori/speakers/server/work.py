"""Do what requests ask for: sound in, decisions out, in a bounded number of threads."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from anyio import CapacityLimiter, to_thread

from moksori.audio.files import AudioError, decode
from moksori.speakers import picture
from moksori.speakers.clip import Clip, read_clip
from moksori.speakers.decision import Decision
from moksori.speakers.recognizer import Recognizer
from moksori.speakers.speech import NoSpeech

# More than this of one recording is not listened to.
_MOST_SECONDS = 120.0
_WAITING = 32  # a core


class Problem(Exception):
    """A request that gets no answer: status, a word for programs, and a line."""

    def __init__(self, status: int, code: str, message: str):
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


class Worker:
    """Run recognition in as many threads as there are cores, others wait.

    Who would wait behind too many is sent away with 503.
    """

    def __init__(self, recognizer: Recognizer):
        self.recognizer = recognizer
        cores = len(os.sched_getaffinity(0))
        self._limiter, self._most = CapacityLimiter(cores), _WAITING * cores

    async def run(self, task: Callable, *arguments):
        """Run a task in a thread; raises `Problem` when too many wait."""
        if self._limiter.statistics().tasks_waiting >= self._most:
            raise Problem(503, "busy", "too many requests wait; try again in a second")
        return await to_thread.run_sync(task, *arguments, limiter=self._limiter)

    def identify(self, sound: bytes, threshold: float | None, top: int) -> Decision:
        """Decide who speaks in a file."""
        wave, rate = self._heard(sound)
        return self.recognizer.identify(wave, rate, threshold, top)

    def verify(self, speaker: str, sound: bytes, threshold: float | None) -> Decision:
        """Decide whether a speaker speaks in a file."""
        wave, rate = self._heard(sound)
        return self.recognizer.verify(speaker, wave, rate, threshold)

    def clip(self, sound: bytes) -> Clip:
        """Read a file as a clip of one speaker."""
        return _with_file(
            sound,
            lambda path: read_clip(
                path, self.recognizer.encoder, self.recognizer.detector
            ),
        )

    def plot(self) -> bytes:
        """Draw everybody, as png."""
        with tempfile.NamedTemporaryFile(suffix=".png") as file:
            try:
                picture.plot(self.recognizer.registry, file.name)
            except ValueError as error:
                raise Problem(404, "nobody", str(error)) from None
            return Path(file.name).read_bytes()

    def _heard(self, sound: bytes):
        return _with_file(
            sound, lambda path: decode(path, at_most_seconds=_MOST_SECONDS)
        )


def _with_file(sound: bytes, read: Callable[[Path], object]):
    """Read an upload by a file of our own name; what cannot be read is a `Problem`."""
    if not sound:
        raise Problem(422, "no_sound", "the file is empty")
    with tempfile.NamedTemporaryFile(suffix=".upload") as file:
        file.write(sound)
        file.flush()
        try:
            return read(Path(file.name))
        except NoSpeech as error:
            raise Problem(422, "no_speech", str(error)) from None
        except AudioError as error:
            reason = str(error).replace(f"{file.name}: ", "").replace(file.name, "file")
            raise Problem(415, "not_sound", reason) from None
        except ValueError as error:
            raise Problem(422, "not_usable", str(error)) from None
