"""Measure speaker similarity to the reference, with baselines to hold it against."""

from collections.abc import Mapping, Sequence

import numpy as np

from moksori.comparison.table import Figure, rounded, row
from moksori.metrics.bootstrap import mean_of
from moksori.metrics.similarity import cosines, groups
from moksori.speakers.encoder import SAMPLE_RATE, SpeakerEncoder
from moksori.speakers.speech import NoSpeech, SpeechDetector, find_speech

# With less speech the embedding depends too much on the words.
LEAST_SECONDS = 3.0

SIMILARITY = Figure(
    "similarity",
    "Speaker similarity",
    "",
    "higher",
    3,
    "Cosine of speaker embeddings (CAM++) to the reference. To be trusted only "
    f"from about {LEAST_SECONDS:g} s of speech on, so neighbouring sentences are heard "
    "together until they are that long; the count is of such stretches. It hears the "
    "recording channel as well as the person.",
    of="stretches of speech",
)


def similarity(
    spoken: Mapping[str, Sequence[np.ndarray | None]],
    references: Sequence[np.ndarray],
    others: Sequence[np.ndarray],
    whose: str,
    sample_rate: int,
) -> dict | None:
    """Return the row of the table, or None where too little was spoken.

    `spoken` are each system's waves [samples], None for a line it did not speak, in the
    same order; only lines that all of them spoke are heard, and a system that said
    little has no figure. `references` are recordings of the person; `others` of other
    people, of whom those without speech are left out; `whose` says what people. Raises
    `EncoderMissing`, and `ValueError` for a reference without speech.
    """
    ear = _Ear()
    heard = _speech(ear, spoken, sample_rate)
    seconds = [min(map(_seconds, lines)) for lines in zip(*heard.values(), strict=True)]
    stretches = groups(seconds, LEAST_SECONDS)
    if not stretches:
        return None
    reference = np.concatenate([ear.speech(wave, sample_rate) for wave in references])
    vector = ear.encode(reference)
    values = {
        key: cosines(_vectors(ear, waves, stretches), vector)
        for key, waves in heard.items()
    }
    values |= {
        key: np.full(len(stretches), np.nan) for key in spoken if key not in heard
    }
    theirs = [ear.speech_if_any(wave, sample_rate) for wave in others]
    theirs = [ear.encode(speech) for speech in theirs if speech is not None]
    baselines = [
        ("the reference with itself", _itself(ear, reference)),
        (whose, mean_of(cosines(np.array(theirs), vector)) if theirs else None),
    ]
    digits = SIMILARITY.digits + 1
    told = [
        {"name": name, **rounded(mean, digits)}
        for name, mean in baselines
        if mean and mean["count"]
    ]
    return row(SIMILARITY, values, told)


class _Ear:
    """Find speech and encode it."""

    def __init__(self):
        self._detector = SpeechDetector()
        self.encode = SpeakerEncoder().encode

    def speech(self, wave: np.ndarray, rate: int) -> np.ndarray:
        return find_speech(wave, rate, self._detector).wave

    def speech_if_any(self, wave: np.ndarray, rate: int) -> np.ndarray | None:
        try:
            return self.speech(wave, rate)
        except NoSpeech:
            return None


def _speech(ear: _Ear, spoken: Mapping, rate: int) -> dict[str, list[np.ndarray]]:
    """Return the speech of the lines that all systems spoke audibly.

    A system that said less than half as many as another is left out: it must not take
    the others' lines away.
    """
    heard = {
        key: [None if wave is None else ear.speech_if_any(wave, rate) for wave in waves]
        for key, waves in spoken.items()
    }
    counts = {k: sum(w is not None for w in waves) for k, waves in heard.items()}
    most = max(counts.values(), default=0)
    kept = {k: waves for k, waves in heard.items() if 2 * counts[k] >= max(most, 1)}
    lines = zip(*kept.values(), strict=True)
    whole = [line for line in lines if all(wave is not None for wave in line)]
    return {key: [line[i] for line in whole] for i, key in enumerate(kept)}


def _seconds(speech: np.ndarray) -> float:
    return len(speech) / SAMPLE_RATE


def _vectors(ear: _Ear, speech, stretches) -> np.ndarray:
    """Return an embedding [stretches, d] of each stretch of lines."""
    waves = [np.concatenate([speech[i] for i in each]) for each in stretches]
    return np.array([ear.encode(wave) for wave in waves])


def _itself(ear: _Ear, speech: np.ndarray) -> dict | None:
    """Compare each stretch of the reference with the rest: what a person reaches."""
    count = int(_seconds(speech) / LEAST_SECONDS)
    if count < 2:
        return None
    parts = np.array([ear.encode(part) for part in np.array_split(speech, count)])
    rest = [np.delete(parts, i, axis=0).mean(axis=0) for i in range(count)]
    each = [cosines(parts[i], rest[i])[0] for i in range(count)]
    return mean_of(each)
