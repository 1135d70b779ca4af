"""Measure speaker similarity to the reference, with baselines to hold it against."""

from collections.abc import Mapping, Sequence

import numpy as np

from moksori.comparison.table import Figure, rounded, row
from moksori.metrics.bootstrap import mean_of
from moksori.metrics.similarity import cosines, groups
from moksori.speakers.resemblyzer import (
    LEAST_SECONDS,
    Embedding,
    SpeakerEncoder,
    mean_embedding,
)

SIMILARITY = Figure(
    "similarity",
    "Speaker similarity",
    "",
    "higher",
    3,
    "Cosine of speaker embeddings (Resemblyzer) to the reference. To be trusted only "
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
    encoder = SpeakerEncoder()
    heard = _speech(encoder, spoken, sample_rate)
    seconds = [min(map(_seconds, lines)) for lines in zip(*heard.values(), strict=True)]
    stretches = groups(seconds, LEAST_SECONDS)
    if not stretches:
        return None
    reference = mean_embedding(
        [encoder.embed(wave, sample_rate) for wave in references]
    )
    values = {
        key: cosines(_vectors(encoder, waves, stretches), reference.vector)
        for key, waves in heard.items()
    }
    values |= {
        key: np.full(len(stretches), np.nan) for key in spoken if key not in heard
    }
    theirs = [_aloud(encoder, wave, sample_rate) for wave in others]
    theirs = [_heard(encoder, speech) for speech in theirs if speech is not None]
    against = mean_of(cosines(np.array(theirs), reference.vector)) if theirs else None
    baselines = [
        ("the reference with itself", _itself(encoder, references, sample_rate))
    ]
    baselines.append((whose, against))
    digits = SIMILARITY.digits + 1
    told = [
        {"name": name, **rounded(mean, digits)}
        for name, mean in baselines
        if mean and mean["count"]
    ]
    return row(SIMILARITY, values, told)


def _speech(
    encoder: SpeakerEncoder, spoken: Mapping, rate: int
) -> dict[str, list[np.ndarray]]:
    """Return the speech of the lines that all systems spoke audibly.

    A system that said less than half as many as another is left out: it must not take
    the others' lines away.
    """
    heard = {
        key: [None if wave is None else _aloud(encoder, wave, rate) for wave in waves]
        for key, waves in spoken.items()
    }
    counts = {k: sum(w is not None for w in waves) for k, waves in heard.items()}
    most = max(counts.values(), default=0)
    kept = {k: waves for k, waves in heard.items() if 2 * counts[k] >= max(most, 1)}
    lines = zip(*kept.values(), strict=True)
    whole = [line for line in lines if all(wave is not None for wave in line)]
    return {key: [line[i] for line in whole] for i, key in enumerate(kept)}


def _aloud(encoder: SpeakerEncoder, wave: np.ndarray, rate: int) -> np.ndarray | None:
    try:
        return encoder.speech(wave, rate)
    except ValueError:
        return None


def _seconds(speech: np.ndarray) -> float:
    return len(speech) / SpeakerEncoder.SAMPLE_RATE


def _vectors(encoder: SpeakerEncoder, speech, stretches) -> np.ndarray:
    """Return an embedding [stretches, d] of each stretch of lines."""
    waves = [np.concatenate([speech[i] for i in each]) for each in stretches]
    return np.array([_heard(encoder, wave) for wave in waves])


def _heard(encoder: SpeakerEncoder, speech: np.ndarray) -> np.ndarray:
    return encoder.embed(speech, encoder.SAMPLE_RATE).vector


def _itself(encoder: SpeakerEncoder, references, rate: int) -> dict | None:
    """Compare each stretch of the reference with the rest: what a person reaches."""
    speech = np.concatenate([encoder.speech(wave, rate) for wave in references])
    count = int(_seconds(speech) / LEAST_SECONDS)
    if count < 2:
        return None
    parts = [
        encoder.embed(w, encoder.SAMPLE_RATE) for w in np.array_split(speech, count)
    ]
    return mean_of([_to_the_rest(parts, i) for i in range(count)])


def _to_the_rest(parts: list[Embedding], i: int) -> float:
    rest = mean_embedding(parts[:i] + parts[i + 1 :])
    return float(cosines(parts[i].vector, rest.vector)[0])
