"""Do what requests ask for: sound in, decisions out, in a bounded number of threads."""

import os
import re
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from anyio import CapacityLimiter, sleep, to_thread

from moksori.audio.files import AudioError, decode
from moksori.speakers import enrolment, picture
from moksori.speakers.clip import Clip
from moksori.speakers.decision import Decision
from moksori.speakers.people import NameTaken, UnknownSpeaker
from moksori.speakers.recognizer import Recognizer
from moksori.speakers.speech import NoSpeech

# More than this of one recording is not listened to.
_MOST_SECONDS = 120.0
_WAITING = 32  # a core
_HOUR = 3600.0
_ID = re.compile(r"[0-9a-f]{32}")


class Problem(Exception):
    """A request that gets no answer: status, a word for programs, and a line."""

    def __init__(self, status: int, code: str, message: str):
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


# What a request may fail of, and the status and word for it; the first that fits.
REFUSALS = {
    UnknownSpeaker: (404, "not_enrolled"),
    NameTaken: (409, "name_taken"),
    enrolment.Refused: (422, "incoherent"),
    ValueError: (422, "not_usable"),
    sqlite3.OperationalError: (503, "busy"),
}


def problem_of(error: Exception) -> Problem:
    """Return an error of `REFUSALS` as what a client is told."""
    kinds = (each for kind, each in REFUSALS.items() if isinstance(error, kind))
    return Problem(*next(kinds), str(error))


class Worker:
    """Run recognition in as many threads as there are cores, others wait.

    Who would wait behind too many is sent away with 503.
    """

    def __init__(self, recognizer: Recognizer):
        self.recognizer = recognizer
        cores = len(os.sched_getaffinity(0))
        self._limiter, self._most = CapacityLimiter(cores), _WAITING * cores

    async def expire(self) -> None:
        """Forget whose time is over, each hour; ends when it is cancelled."""
        while True:
            await sleep(_HOUR)
            # Where the registry is in use, an hour later.
            with suppress(Problem, ValueError, sqlite3.OperationalError):
                await self.run(self.recognizer.expire)

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
        return _with_file(sound, lambda path: enrolment.read(self.recognizer, path))

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


def checked(speaker: str) -> str:
    """Return an id as it is; one of another form is nobody's."""
    if not _ID.fullmatch(speaker):
        # One printable line, whatever it is.
        raise UnknownSpeaker(repr(speaker[:40]))
    return speaker


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
            raise problem_of(error) from None
