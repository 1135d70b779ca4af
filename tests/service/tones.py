"""A voice of tones: a sentence is a piece, and lasts as long as it has letters."""

import re
import threading
from types import SimpleNamespace

import numpy as np

from hparams import Hparams
from moksori.voices.reading import Reading, TextError

LETTER_SECONDS = 0.1


class Tones:
    """Speak by tones of which each letter has its own; `at(i)` is called at piece i."""

    def __init__(self, at=lambda i: None):
        self.settings = Hparams()
        self.speakers = ("tones",)
        self.at, self.spoken = at, []

    def read(self, text: str) -> Reading:
        if "龘" in text:
            raise TextError("cannot be read: 龘")
        parts = tuple(re.findall(r"[^.]*\w[^.]*\.?", text))
        if not parts:
            raise TextError("nothing to speak")
        pauses = (0.2,) * (len(parts) - 1)
        dropped = tuple(re.findall(r"[^\w\s.,!?]", text))
        return Reading(text, " ".join(parts), parts, pauses, dropped, parts)

    def sound(self, reading, speaker=None, seed=0, speed=1.0, say=print):
        rate = self.settings.audio.sample_rate
        for piece in reading.pieces:
            self.at(len(self.spoken))
            self.spoken.append(piece)
            for letter in piece:
                count = round(LETTER_SECONDS / speed * rate)
                hertz = 150 + ord(letter) % 200
                tone = np.sin(2 * np.pi * hertz * np.arange(count) / rate)
                yield (0.1 * tone).astype(np.float32)


class Context:
    """A `JobContext` without a database: what was told, streamed and written."""

    def __init__(self, settings, **request):
        self.request, self.settings = request, settings
        self.told, self.pieces, self.made = [], [], None
        self.cancelled = threading.Event()

    def check_cancelled(self) -> None:
        from moksori.service.errors import Cancelled

        if self.cancelled.is_set():
            raise Cancelled

    def progress(self, stage, fraction) -> None:
        self.check_cancelled()
        self.told.append((stage, round(fraction, 3)))

    def stream(self, data) -> None:
        self.check_cancelled()
        if data:
            self.pieces.append(data)

    def write(self, name, data, **more):
        self.made = SimpleNamespace(name=name, data=data, **more)
        return self.made
