"""Answer who speaks, with "unknown" where nobody enrolled does."""

from dataclasses import replace

import numpy as np

from moksori.speakers.calibration import OTHERS, Calibration, margin
from moksori.speakers.decision import Answer, Candidate, Decision
from moksori.speakers.encoder import SpeakerEncoder
from moksori.speakers.registry import Registry
from moksori.speakers.speech import NoSpeech, Speech, SpeechDetector, find_speech
from moksori.speakers.voices import several_speakers

LEAST_SECONDS = 1.5
# With less speech a name is likely at most.
_CERTAIN_SECONDS = 3.0
_POOR_SNR = -5.0  # decibel; what the detector misses counts as noise
_POOR_CLIPPED = 0.2  # share of the speech


class Recognizer:
    """Identify and verify speakers against a registry; safe to share by threads."""

    def __init__(
        self,
        encoder: SpeakerEncoder,
        registry: Registry,
        calibration: Calibration,
        detector: SpeechDetector,
    ):
        self.encoder, self.registry = encoder, registry
        self.calibration, self.detector = calibration, detector

    def expire(self) -> None:
        """Forget whose time is over."""
        self.registry.expire()

    def identify(
        self,
        wave: np.ndarray,
        sample_rate: int,
        threshold: float | None = None,
        top: int = 5,
    ) -> Decision:
        """Decide who of the enrolled speaks in a wave [samples], full scale 1.0.

        `threshold` replaces the measured one, and is a cosine; `top` is how many
        candidates are told. Raises `ValueError` for what is no sound.
        """
        speech = self._speech(wave, sample_rate)
        if speech is None:
            return Decision(Answer.NO_SPEECH, self.encoder.id)
        decision = self.identify_speech(speech, threshold, top)
        if decision.speaker:
            self.registry.events.record("identify", decision.speaker)
        return decision

    def identify_speech(
        self, speech: Speech, threshold: float | None = None, top: int = 5
    ) -> Decision:
        """Decide who speaks in speech without pauses; see `identify`."""
        decision = self.assess(speech)
        if decision.answer is not Answer.UNKNOWN:
            return decision
        templates = self.registry.templates(speech.quality.band)
        if not templates.ids:
            return decision
        scores = templates.scores(self.encoder.encode(speech.wave))
        best, *_ = told = [
            Candidate(templates.ids[i], templates.names[i], float(scores[i]))
            for i in nearest(scores, max(top, 1))
        ]
        decision = replace(decision, candidates=tuple(told), score=best.score)
        if len(scores) > OTHERS and threshold is None:
            return self._decided(decision, "margin", margin(scores), threshold)
        return self._decided(decision, "cosine", best.score, threshold)

    def verify(
        self,
        speaker: str,
        wave: np.ndarray,
        sample_rate: int,
        threshold: float | None = None,
    ) -> Decision:
        """Decide whether an enrolled speaker, named by id, speaks in a wave.

        Raises `UnknownSpeaker` for an id that is not enrolled.
        """
        self.registry.get(speaker)
        speech = self._speech(wave, sample_rate)
        if speech is None:
            return Decision(Answer.NO_SPEECH, self.encoder.id)
        decision = self.verify_speech(speaker, speech, threshold)
        if decision.score is not None:
            action = "verify" if decision.speaker else "fail to verify"
            self.registry.events.record(action, speaker)
        return decision

    def verify_speech(
        self, speaker: str, speech: Speech, threshold: float | None = None
    ) -> Decision:
        """Decide whether somebody speaks in speech without pauses; see `verify`."""
        known = self.registry.get(speaker)
        decision = self.assess(speech)
        templates = self.registry.templates(speech.quality.band)
        if decision.answer is not Answer.UNKNOWN or speaker not in templates.ids:
            return decision
        score = templates.score(speaker, self.encoder.encode(speech.wave))
        candidate = Candidate(speaker, known.name, score)
        decision = replace(decision, score=score, candidates=(candidate,))
        return self._decided(decision, "verify", score, threshold)

    def _speech(self, wave: np.ndarray, sample_rate: int) -> Speech | None:
        try:
            return find_speech(wave, sample_rate, self.detector)
        except NoSpeech:
            return None

    def assess(self, speech: Speech) -> Decision:
        """Return why nothing can be said of speech without pauses, or unknown."""
        quality = speech.quality
        answer = Answer.UNKNOWN
        if quality.speech_seconds < LEAST_SECONDS:
            answer = Answer.TOO_SHORT
        elif quality.snr_db < _POOR_SNR or quality.clipped > _POOR_CLIPPED:
            answer = Answer.POOR_QUALITY
        elif several_speakers(self.encoder, speech.wave):
            answer = Answer.SEVERAL_SPEAKERS
        return Decision(
            answer,
            self.encoder.id,
            speech_seconds=quality.speech_seconds,
            snr_db=quality.snr_db,
            band=quality.band,
        )

    def _decided(
        self, decision: Decision, task: str, value: float, threshold: float | None
    ) -> Decision:
        """Compare a value with the threshold, and name the first candidate."""
        probability = None
        if threshold is None:
            seconds, band = decision.speech_seconds, decision.band
            threshold = self.calibration.threshold(task, self.encoder.id, seconds, band)
            probability = self.calibration.probability(
                value - threshold, self.encoder.id, band
            )
        decision = replace(
            decision, margin=value, threshold=threshold, probability=probability
        )
        if not value >= threshold:  # also where it is no number
            return decision
        certain = decision.speech_seconds >= _CERTAIN_SECONDS
        answer = Answer.KNOWN if certain else Answer.LIKELY
        best = decision.candidates[0]
        return replace(decision, answer=answer, speaker=best.speaker, name=best.name)


def nearest(scores: np.ndarray, count: int) -> np.ndarray:
    """Return the indices of the highest of scores [N], the highest first; a full sort
    of very many would take longer than computing them."""
    found = np.arange(len(scores))
    if count < len(scores):
        found = np.argpartition(-scores, count - 1)[:count]
    return found[np.lexsort((found, -scores[found]))]
