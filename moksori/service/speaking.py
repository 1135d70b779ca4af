"""Speak a job's text: a voice's pieces, levelled, marked and encoded as they come.

What listeners hear while it is made and the file at the end are the same samples. Equal
requests with equal tokens give equal bytes, whatever runs beside them.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Protocol

import numpy as np

from hparams import Hparams
from moksori.audio.encoding import Encoder
from moksori.audio.joining import join_stream
from moksori.audio.levels import Leveller
from moksori.audio.streams import Resampler
from moksori.audio.watermark import Marker
from moksori.service import proof
from moksori.service.context import JobContext
from moksori.service.errors import JobError

SEED = 0


class Voice(Protocol):
    """Say what is needed of `moksori.voices.Voice`; a reading has `pieces`, `parts`,
    `pauses`, `spoken` and `dropped`."""

    settings: Hparams

    def read(self, text: str):
        """Prepare a text; raises `ValueError` when it cannot be spoken."""
        ...

    def sound(
        self, reading, speaker=None, seed: int = 0, speed: float = 1.0, say=...
    ) -> Iterator[np.ndarray]:
        """Yield a reading's wave in chunks, float32 [samples]."""
        ...


def speak(context: JobContext, voice: Voice) -> dict:
    """Speak the text of a job into its file, and to its listeners if it has `stream`.

    Returns what was spoken, part by part with its seconds, and what has no sound.
    Raises `JobError` for a text that the voice cannot read, `Stopped` between parts.
    """
    request = context.request
    context.progress("reading", 0.0)
    try:
        reading = voice.read(request["text"])
    except ValueError as error:
        raise JobError("unreadable_text", error=error) from error
    with context.database.session() as session:
        token = proof.issue(session, context.job, context.settings)
    result: dict = {"parts": [], "dropped": list(reading.dropped), "warnings": []}
    chunks = _spoken(context, voice, reading, result)
    audio = voice.settings.audio
    output = _Output(context, audio.sample_rate, token)
    for wave in _pitched(chunks, audio.sample_rate, request.get("pitch", 0.0)):
        output.feed(wave)
    made = output.finish()
    return {
        **result,
        "seconds": round(made.seconds, 3),
        "sample_rate": made.sample_rate,
        "format": made.format,
    }


def _spoken(context: JobContext, voice: Voice, reading, result: dict):
    """Yield the chunks of all parts, with progress and a look out between them.

    To raise the pitch the sound is played faster; the voice speaks so much slower.
    """
    request, audio = context.request, voice.settings.audio
    faster = _factor(request.get("pitch", 0.0))
    speed = request.get("speed", 1.0) / faster
    total, said = sum(map(len, reading.parts)), 0

    def pieces():
        nonlocal said
        for piece, part in zip(reading.pieces, reading.parts, strict=True):
            context.progress("speaking", said / total)
            alone = replace(reading, pieces=(piece,), pauses=(), parts=(part,))
            chunks = voice.sound(alone, None, SEED, speed, result["warnings"].append)
            row = {"text": part, "seconds": 0.0}
            result["parts"].append(row)
            yield _counted(context, chunks, row, audio.sample_rate * faster)
            said += len(part)

    pauses = [seconds / speed for seconds in reading.pauses]
    return join_stream(pieces(), pauses, audio)


def _counted(context, chunks, row: dict, rate: float) -> Iterator[np.ndarray]:
    for chunk in chunks:
        context.check_cancelled()
        row["seconds"] = round(row["seconds"] + len(chunk) / rate, 3)
        yield chunk


def _factor(semitones: float) -> float:
    return 2.0 ** (semitones / 12)


def _pitched(
    chunks: Iterator[np.ndarray], rate: int, semitones: float
) -> Iterator[np.ndarray]:
    """Play sound faster or slower by so many semitones."""
    if not semitones:
        yield from chunks
        return
    resampler = Resampler(round(rate * _factor(semitones)), rate)
    for chunk in chunks:
        yield resampler.feed(chunk)
    yield resampler.finish()


class _Output:
    """Level, mark and encode a wave that comes in pieces, for listeners and a file."""

    def __init__(self, context: JobContext, rate: int, token: int):
        self._context, self._token = context, token
        self._rate, self._samples = rate, 0
        request, settings = context.request, context.settings
        self._format = request.get("format", "mp3")
        key = proof.key(settings)
        self._leveller, self._marker = Leveller(rate), Marker(rate, token, key)
        how = {"rate": request.get("sample_rate"), "token": token}
        self._file = Encoder(rate, self._format, whole=True, **how)
        self._live = (
            Encoder(rate, self._format, **how) if request.get("stream") else None
        )

    def feed(self, wave: np.ndarray) -> None:
        """Take a piece, float32 [samples]."""
        self._encode(self._marker.feed(self._leveller.feed(wave)))

    def finish(self):
        """Write the file; returns its `Made`."""
        self._encode(self._marker.feed(self._leveller.finish()))
        self._encode(self._marker.finish())
        if self._live:
            self._context.stream(self._live.finish())
        return self._context.write(
            f"speech.{self._format}",
            self._file.finish(),
            format=self._format,
            sample_rate=self._file.rate,
            seconds=self._samples / self._rate,
            token=self._token,
        )

    def _encode(self, wave: np.ndarray) -> None:
        self._samples += len(wave)
        self._file.feed(wave)
        if self._live:
            self._context.stream(self._live.feed(wave))
