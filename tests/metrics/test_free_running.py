"""The judge of free-running speech: hand-made mels and alignments of known worth."""

import numpy as np
import pytest

import hparams
from moksori.metrics.cepstral import distortion
from moksori.metrics.free_running import FREE_RUNNING_SCORE, FreeRunningEvaluator

AUDIO = hparams.preset("tiny").audio
LINES = [
    tuple("가나다라마바사~"),
    tuple("거너더러머버~"),
    tuple("고노도로모~"),
    tuple("구누두루무부~"),
]


def mel(seed: int, frames: int = 40) -> np.ndarray:
    """Something that changes as slowly as speech: [frames, mels]."""
    random = np.random.default_rng(seed)
    return np.repeat(random.uniform(-3, 3, (frames // 4, AUDIO.mels)), 4, axis=0)


def followed(symbols, steps: int = 20) -> np.ndarray:
    """Attention that walks from the first to the last symbol, all on one at a time."""
    places = np.linspace(0, len(symbols) - 1, steps).round().astype(int)
    return np.eye(len(symbols))[places]


def skipped(symbols, steps: int = 20) -> np.ndarray:
    """Attention that leaps from the first symbol to the last."""
    places = np.where(np.arange(steps) < steps / 2, 0, len(symbols) - 1)
    return np.eye(len(symbols))[places]


def flat(symbols, steps: int = 20) -> np.ndarray:
    return np.full((steps, len(symbols)), 1 / len(symbols))


MELS = [mel(seed, 40 + 4 * seed) for seed in range(4)]
PERFECT = [(m, followed(line), True) for m, line in zip(MELS, LINES, strict=True)]


@pytest.fixture(scope="module")
def judge():
    return FreeRunningEvaluator(MELS, LINES, AUDIO)


def test_the_recordings_themselves_are_perfect(judge):
    assert judge.evaluate(PERFECT) == {
        "free_cepstral_decibel": 0.0,
        "free_complete": 1.0,
        "free_focus": 1.0,
        "free_on_token": 1.0,
        "free_length_error": 0.0,
        FREE_RUNNING_SCORE: 0.0,
    }


def test_the_unrelated_is_the_median_between_different_sentences(judge):
    between = [
        distortion(MELS[i], MELS[j], AUDIO, align=True)
        for i in range(4)
        for j in range(i + 1, 4)
    ]
    assert judge.unrelated == pytest.approx(np.median(between))
    assert judge.unrelated > 3


@pytest.mark.parametrize(
    "failing",
    [
        (MELS[2], skipped(LINES[2]), True),
        (MELS[2], followed(LINES[2]), False),
        (MELS[2], skipped(LINES[2]), False),
        (np.repeat(MELS[2], [1] * 47 + [26], axis=0), followed(LINES[2]), True),
        (MELS[2][::3], followed(LINES[2]), True),
    ],
    ids=["skip", "no end", "neither", "lingers", "hurries"],
)
def test_one_failing_of_four_costs_a_quarter_of_the_unrelated(judge, failing):
    """Also where alignment finds no fault in its sound."""
    figures = judge.evaluate([*PERFECT[:2], failing, PERFECT[3]])
    assert figures["free_cepstral_decibel"] == pytest.approx(0, abs=1e-6)
    assert figures[FREE_RUNNING_SCORE] == pytest.approx(judge.unrelated / 4)


def test_what_fails_counts_by_its_sound_as_well(judge):
    far = MELS[1] + np.linspace(-20, 20, AUDIO.mels)
    between = distortion(MELS[1], far, AUDIO, align=True)
    spoken = [PERFECT[0], (far, skipped(LINES[1]), True), *PERFECT[2:]]
    figures = judge.evaluate(spoken)
    assert figures[FREE_RUNNING_SCORE] == pytest.approx((between + judge.unrelated) / 4)
    assert (figures["free_complete"], figures["free_on_token"]) == (0.75, 1.0)


def test_speech_that_is_complete_counts_by_its_sound_alone(judge):
    near = [
        (m + 0.2 * np.random.default_rng(9).standard_normal(m.shape), walk, token)
        for m, walk, token in PERFECT
    ]
    figures = judge.evaluate(near)
    assert 0 < figures[FREE_RUNNING_SCORE] < judge.unrelated / 2
    assert figures[FREE_RUNNING_SCORE] == figures["free_cepstral_decibel"]


def test_babble_ranks_behind_skips_and_those_behind_speech(judge):
    noise = np.random.default_rng(5)
    babble = [
        (noise.uniform(-3, 3, (90, AUDIO.mels)), flat(line), False) for line in LINES
    ]
    halting = [
        (m[: len(m) // 2], skipped(line), True)
        for m, line in zip(MELS, LINES, strict=True)
    ]
    late = [(m + 0.1 * noise.standard_normal(m.shape), a, t) for m, a, t in PERFECT]
    ranks = [
        judge.evaluate(spoken)[FREE_RUNNING_SCORE] for spoken in (late, halting, babble)
    ]
    assert ranks == sorted(ranks)
    assert ranks[0] < ranks[1] / 2
    assert ranks[1] >= judge.unrelated
    assert judge.evaluate(babble)["free_focus"] < 0.2


def test_lengths_are_compared_with_the_recordings(judge):
    slow = np.repeat(MELS[0], [1, 2] * 20, axis=0)
    figures = judge.evaluate([(slow, *PERFECT[0][1:]), *PERFECT[1:]])
    assert figures["free_length_error"] == pytest.approx(0.5 / 4)
    assert figures[FREE_RUNNING_SCORE] == pytest.approx(0, abs=1e-6)


def test_silence_can_be_judged(judge):
    quiet = [(np.full((8, AUDIO.mels), -4.0), a, False) for _, a, _ in PERFECT]
    figures = judge.evaluate(quiet)
    assert figures[FREE_RUNNING_SCORE] >= judge.unrelated
    assert np.isfinite(list(figures.values())).all()
    silent = FreeRunningEvaluator([m for m, _, _ in quiet], LINES, AUDIO)
    assert silent.evaluate(quiet)[FREE_RUNNING_SCORE] == 0
    assert silent.evaluate(PERFECT)[FREE_RUNNING_SCORE] > 0


@pytest.mark.parametrize("count", [1, 3])
def test_without_another_sentence_its_reverse_is_unrelated(count):
    judge = FreeRunningEvaluator(MELS[:count], [LINES[0]] * count, AUDIO)
    backwards = [distortion(m, m[::-1], AUDIO, align=True) for m in MELS[:count]]
    assert judge.unrelated == pytest.approx(np.median(backwards))
    assert judge.unrelated > 3
    spoken = [(m, skipped(LINES[0]), True) for m in MELS[:count]]
    assert judge.evaluate(spoken)[FREE_RUNNING_SCORE] == pytest.approx(judge.unrelated)


def test_figures_are_plain_numbers(judge):
    spoken = [(m.astype(np.float32), a.astype(np.float32), t) for m, a, t in PERFECT]
    assert {type(value) for value in judge.evaluate(spoken).values()} == {float}


@pytest.mark.parametrize(("mels", "lines"), [([], []), (MELS, LINES[:3])])
def test_a_judge_needs_a_reference_for_each_sentence(mels, lines):
    with pytest.raises(ValueError, match=f"{len(mels)} references, {len(lines)}"):
        FreeRunningEvaluator(mels, lines, AUDIO)


def test_what_does_not_fit_the_references_is_refused(judge):
    with pytest.raises(ValueError, match="3 spoken lines for 4 references"):
        judge.evaluate(PERFECT[:3])
    with pytest.raises(ValueError, match="no frames"):
        judge.evaluate([(MELS[0][:0], followed(LINES[0]), True), *PERFECT[1:]])
    with pytest.raises(ValueError, match="8 symbols, but"):
        judge.evaluate([(MELS[0], followed(LINES[0]), True), PERFECT[0], *PERFECT[2:]])
