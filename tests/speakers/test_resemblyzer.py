"""The encoder hears who speaks: not how loud, not what."""

import sys

import numpy as np
import pytest

from moksori.demo.corpus import SAMPLE_RATE, SPEAKERS, synthesize
from moksori.speakers.resemblyzer import (
    Embedding,
    EncoderMissing,
    SpeakerEncoder,
    mean_embedding,
)

TEXTS = (
    "오늘은 바람이 많이 불어서 나뭇잎이 자꾸 떨어집니다.",
    "어머니께서 시장에서 사과와 배를 사 오셨어요.",
    "내일 아침 일찍 기차를 타고 부산에 갑니다.",
)


@pytest.fixture(scope="module")
def encoder(xtts_installed):
    return SpeakerEncoder()


@pytest.fixture(scope="module")
def waves():
    """Two speakers, three sentences each."""
    return [[synthesize(text, each) for text in TEXTS] for each in SPEAKERS[:2]]


@pytest.fixture(scope="module")
def vectors(encoder, waves):
    return np.array(
        [[encoder.embed(w, SAMPLE_RATE).vector for w in speaker] for speaker in waves]
    )


def test_an_embedding_is_a_unit_vector(vectors):
    assert vectors.shape == (2, 3, 256)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=-1) == pytest.approx(1.0, abs=1e-5)


def test_a_person_is_more_like_themselves_than_like_another(vectors):
    same = [v[i] @ v[j] for v in vectors for i in range(3) for j in range(i)]
    other = (vectors[0] @ vectors[1].T).ravel()
    assert min(same) > max(other) + 0.05


def test_level_and_rate_do_not_matter(encoder, waves, vectors):
    quiet = encoder.embed(waves[0][0] * 0.05, SAMPLE_RATE).vector
    assert quiet @ vectors[0, 0] == pytest.approx(1.0, abs=1e-3)
    every_other = encoder.embed(waves[0][0][::2], SAMPLE_RATE // 2).vector
    assert every_other @ vectors[0, 0] > 0.9


def test_pauses_do_not_count_as_speech(encoder, waves):
    wave = waves[0][0]
    padded = np.pad(wave, (5 * SAMPLE_RATE, 5 * SAMPLE_RATE))
    short, long = (encoder.embed(each, SAMPLE_RATE) for each in (wave, padded))
    assert long.seconds < short.seconds + 0.5
    assert 2 < short.seconds <= len(wave) / SAMPLE_RATE + 0.1


@pytest.mark.parametrize("wave", [np.zeros(0), np.zeros(16000), np.full(16000, 0.3)])
def test_waves_without_speech_are_refused(encoder, wave):
    with pytest.raises(ValueError, match="no speech"):
        encoder.embed(wave.astype(np.float32), 16000)


def test_mean_embedding_is_weighted_by_seconds():
    east, north = np.array([1.0, 0.0]), np.array([0.0, 1.0])
    both = mean_embedding([Embedding(east, 3.0), Embedding(north, 4.0)])
    assert both.vector == pytest.approx([0.6, 0.8])
    assert both.seconds == 7.0
    with pytest.raises(ValueError, match="no embedding"):
        mean_embedding([])


def test_without_its_package_one_line_says_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "resemblyzer", None)
    with pytest.raises(EncoderMissing, match="make xtts"):
        SpeakerEncoder()
