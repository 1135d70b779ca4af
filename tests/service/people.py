"""People who are tones: recordings, consents, and an application to send them to."""

from contextlib import contextmanager
from functools import lru_cache

import numpy as np

from moksori.audio.files import wav_bytes
from tests.speakers.fake import CALIBRATION, RATE, FakeDetector, FakeEncoder, voice


def sound(hertz: float, seconds: float = 11.0, seed: int = 0) -> bytes:
    """Return a recording of somebody as a wav file."""
    return wav_bytes(voice(hertz, seconds, seed), RATE)


def ears():
    """Return what tells tones apart."""
    from moksori.service.listening import Ears

    return Ears(FakeEncoder(), FakeDetector(), CALIBRATION)


def fields(**changed) -> dict:
    """Return the form of a consent, with some fields changed; None leaves one out."""
    from moksori.service.consents import PROHIBITED_USES

    form = {
        "voice_owner": "김민지",
        "owner_contact": "minji@example.com",
        "purpose": "제 글을 읽어 주는 데",
        "prohibited": list(PROHIBITED_USES),
        **changed,
    }
    return {name: value for name, value in form.items() if value is not None}


class Tone:
    """A clone that speaks as a tone of a height for each seed."""

    fingerprint = "tone"

    def __init__(self, *hertz: float, seconds: float = 6.0):
        self._hertz, self._seconds = hertz, seconds

    def speak(self, text: str, seed: int):
        hertz = self._hertz[seed % len(self._hertz)]
        if not hertz:
            return np.zeros(RATE * 6, np.float32), RATE
        return voice(hertz, self._seconds, seed=7), RATE

    def voice_file(self) -> bytes:
        return b"latents"


class Tasks:
    """What a worker does here, with a cloner and ears that a test may change."""

    def __init__(self, cloner=lambda paths, consent: Tone(400)):
        self.cloner, self.ears, self.sentences = cloner, ears(), None
        self.functions = {"prepare_voice": self.prepare}

    def warm_up(self) -> None:
        pass

    def prepare(self, context) -> dict | None:
        from moksori.service.preparing import prepare

        return prepare(context, self.cloner, self.ears, self.sentences)


@lru_cache
def remembering(decode):
    """Return `uploads.decoded` with a memory: each recording costs a process."""
    return lru_cache(64)(decode)


@contextmanager
def client_of(settings, database, storage, caller=None):
    """Call the service as the local user or as somebody."""
    from fastapi.testclient import TestClient

    from moksori.service import callers
    from moksori.service.web import create_app

    app = create_app(settings, database, storage)
    if caller is not None:
        app.dependency_overrides[callers._signed_in] = lambda: caller
    base = "http://localhost"
    with TestClient(app, base, raise_server_exceptions=False) as client:
        yield client
