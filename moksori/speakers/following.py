"""Follow strangers over time by pseudonyms: off unless somebody answers for it.

Who is not enrolled gets a pseudonym, by which the same voice is known again until its
time is over. Pseudonyms lie in a registry of their own, and never name an enrolled
speaker.
"""

import hashlib
import secrets
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from moksori.speakers.clip import encode_clip
from moksori.speakers.decision import NAMED, Answer, Decision
from moksori.speakers.recognizer import Recognizer
from moksori.speakers.registry import Consent, Registry
from moksori.speakers.speech import Speech

DAYS = 30
# A pseudonym begins with as much speech, and is made of so many windows.
_LEAST_SECONDS, _MOST_CLIPS = 3.0, 5


class FollowingRecognizer(Recognizer):
    """Recognise enrolled speakers, and give the others a pseudonym.

    `strangers` is the registry of pseudonyms, `consent` that of those who are heard,
    and `days` the time from its first window after which one is forgotten.
    """

    def __init__(
        self,
        recognizer: Recognizer,
        strangers: Registry,
        consent: Consent,
        days: int = DAYS,
    ):
        parts = recognizer.calibration, recognizer.detector
        super().__init__(recognizer.encoder, recognizer.registry, *parts)
        consent.check()
        self._strangers = Recognizer(recognizer.encoder, strangers, *parts)
        self._consent, self._days = consent, days
        self._lock = threading.Lock()

    def expire(self) -> None:
        """Forget whose time is over, pseudonyms too."""
        super().expire()
        self._strangers.expire()

    def identify_speech(
        self, speech: Speech, threshold: float | None = None, top: int = 5
    ) -> Decision:
        """Decide who speaks, with a pseudonym for who is unknown."""
        decision = super().identify_speech(speech, threshold, top)
        if decision.answer is not Answer.UNKNOWN:
            return decision
        # Two requests at once do not make two pseudonyms of one voice.
        with self._lock:
            return replace(decision, pseudonym=self._pseudonym(speech))

    def _pseudonym(self, speech: Speech) -> str | None:
        registry = self._strangers.registry
        registry.expire()
        again = self._strangers.identify_speech(speech)
        named = again.answer in NAMED
        long_enough = speech.quality.speech_seconds >= _LEAST_SECONDS
        full = named and registry.get(again.speaker).clips >= _MOST_CLIPS
        if not long_enough or full:
            return again.name
        digest = hashlib.sha256(speech.wave.tobytes()).hexdigest()
        clip = encode_clip(speech, digest, self.encoder)
        if named:
            return registry.add_clips(again.speaker, [clip]).name
        until = datetime.now(UTC) + timedelta(days=self._days)
        name = f"stranger-{secrets.token_hex(4)}"
        return registry.enrol(name, [clip], self._consent, until).name
