"""Spoken consents: the sentence is told from other words of the same voice."""

import numpy as np
import pytest

from moksori.service.statements import SentenceCheck, other_words
from tests.speakers.fake import RATE, FakeDetector, voice

SENTENCE = (
    "저는 김민지입니다. 제 목소리 녹음으로 합성 음성을 만들어 "
    "낭독에 쓰는 것에 동의합니다."
)


class Reader:
    """Read texts as noise; the content of a reading is its letters, one by one."""

    def __init__(self):
        self.read_texts: list[str] = []

    def read(self, text: str):
        self.read_texts.append(text)
        seconds = len(text) * 0.15
        wave = voice(400, seconds)
        # What is said travels in the loudness, which the detector does not mind.
        wave[: len(text)] = [ord(letter) / 2**17 for letter in text]
        return wave.astype(np.float32), RATE

    def encode(self, wave, sample_rate):
        letters = np.round(wave[: int(len(wave) / sample_rate / 0.15 + 0.5)] * 2**17)
        states = [np.random.default_rng(int(abs(x))).normal(size=16) for x in letters]
        return np.repeat(states, 6, axis=0)


class Whole(FakeDetector):
    """Take all for speech."""

    def spans(self, wave):
        return [(0, len(wave))]


@pytest.fixture
def reader():
    return Reader()


@pytest.fixture
def check(reader):
    return SentenceCheck(reader.encode, Whole(), reader.read)


def test_the_sentence_passes_and_another_does_not(check, reader):
    assert check.says(reader.read(SENTENCE), SENTENCE)
    assert not check.says(reader.read(SENTENCE[::-1]), SENTENCE)
    half = SENTENCE[:25] + other_words(60)[0]
    assert not check.says(reader.read(half), SENTENCE)


def test_readings_of_other_words_serve_again(check, reader):
    steps = []
    check.says(reader.read(SENTENCE), SENTENCE, lambda: steps.append(1))
    first = len(reader.read_texts)
    assert len(steps) == len(other_words(len(SENTENCE))) == 8
    check.says(reader.read(SENTENCE), SENTENCE)
    assert len(reader.read_texts) == first + 2


@pytest.mark.parametrize("letters", [1, 20, 61, 600])
def test_other_words_are_about_as_long_and_differ(letters):
    texts = other_words(letters)
    assert len(set(texts)) == 8
    assert all(abs(len(text) - letters) <= 8 for text in texts)
