"""Telling which sentence a recording says, on made content."""

import numpy as np
import pytest

from moksori.metrics.wording import SAID, deviation

RNG = np.random.default_rng(0)
SOUNDS = RNG.normal(size=(30, 16))


def content(letters, seed: int = 0, pace: int = 6) -> np.ndarray:
    """Return what a speaker makes of letters, each some frames long."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(pace - 2, pace + 3, len(letters))
    frames = np.repeat(SOUNDS[list(letters)], lengths, axis=0)
    return frames + rng.normal(size=frames.shape)


SENTENCE = RNG.integers(0, 30, 24)
OTHERS = [content(RNG.integers(0, 30, 24), seed) for seed in range(8)]


def judged(letters, **how) -> bool:
    return deviation(content(letters, 9, **how), content(SENTENCE), OTHERS) < SAID


@pytest.mark.parametrize("pace", [4, 6, 9])
def test_the_sentence_is_known_at_any_pace(pace):
    assert judged(SENTENCE, pace=pace)


def test_other_words_and_a_sentence_with_another_end_are_not_it():
    # Of other words some are near enough by chance; these are not.
    other = np.random.default_rng(2).integers(0, 30, 24)
    assert not judged(other)
    assert not judged([*SENTENCE[:12], *other[12:]])
    assert not judged([*other[:12], *SENTENCE[12:]])


def test_what_is_far_too_long_or_short_is_not_it():
    assert not judged([*SENTENCE, *SENTENCE, *SENTENCE])
    assert not judged(SENTENCE[:8])
    assert not judged(SENTENCE[:1])
