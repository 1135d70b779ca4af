"""Who sounds like the reference, heard in synthetic speakers."""

import numpy as np
import pytest

from moksori.demo.corpus import SAMPLE_RATE, SPEAKERS, synthesize

# Each shorter than an embedding needs.
TEXTS = (
    "바람이 많이 불어요.",
    "사과와 배를 사 오셨어요.",
    "기차를 타고 부산에 갑니다.",
    "책을 다 읽고 반납했습니다.",
    "저녁에 비가 온대요.",
    "내년에 다시 만납시다.",
)
SAME, OTHER = SPEAKERS[0], SPEAKERS[1]


@pytest.fixture(scope="module")
def similarity(speakers_installed):
    from moksori.comparison.speaker_similarity import similarity

    return similarity


@pytest.fixture(scope="module")
def say():
    kept = {}

    def waves(speaker, texts=TEXTS):
        for text in texts:
            if (speaker, text) not in kept:
                kept[speaker, text] = synthesize(text, speaker)
        return [kept[speaker, text] for text in texts]

    return waves


def compared(similarity, spoken, references, others=()):
    return similarity(spoken, references, others, "others", SAMPLE_RATE)


def test_the_same_speaker_is_more_alike_than_another(similarity, say):
    reference = say(SAME, ["제주도로 여행을 갑니다.", *TEXTS[::-1]])
    spoken = {"recording": say(SAME), "good": say(SAME), "bad": say(OTHER)}
    row = compared(similarity, spoken, reference, say(OTHER, TEXTS[:2]))
    means = {key: each["mean"] for key, each in row["systems"].items()}
    assert means["recording"] == means["good"] > means["bad"] + 0.05
    itself, others = row["baselines"]
    assert itself["name"] == "the reference with itself"
    assert itself["mean"] > means["bad"] > others["mean"] - 0.1
    # Stretches of sentences, not sentences.
    assert row["systems"]["good"]["count"] < len(TEXTS)


def test_a_line_that_one_system_did_not_speak_is_heard_of_none(similarity, say):
    alike = say(SAME)
    silent = [np.zeros(SAMPLE_RATE, np.float32), *alike[1:]]
    whole = compared(similarity, {"a": alike[1:], "b": alike[1:]}, alike)
    for gap in ([None, *alike[1:]], silent):
        assert compared(similarity, {"a": alike, "b": gap}, alike) == whole


def test_a_system_that_says_nothing_leaves_the_others_theirs(similarity, say):
    alike, noise = say(SAME), [np.zeros(SAMPLE_RATE, np.float32)] * len(TEXTS)
    row = compared(similarity, {"a": alike, "silent": noise}, alike)
    assert row["systems"]["silent"] is None
    assert (
        row["systems"]["a"] == compared(similarity, {"a": alike}, alike)["systems"]["a"]
    )


def test_others_without_speech_do_not_take_the_figure_away(similarity, say):
    alike, silence = say(SAME), np.zeros(5 * SAMPLE_RATE, np.float32)
    theirs = [np.concatenate(say(OTHER))]
    row = compared(similarity, {"a": alike}, alike, [silence, *theirs])
    assert row == compared(similarity, {"a": alike}, alike, theirs)
    assert row["of"] == "stretches of speech"
    (itself,) = compared(similarity, {"a": alike}, alike, [silence])["baselines"]
    assert itself["name"] == "the reference with itself"


def test_too_little_speech_says_nothing(similarity, say):
    short = [wave[: SAMPLE_RATE // 2] for wave in say(SAME)[:2]]
    assert compared(similarity, {"a": short}, say(SAME)) is None


def test_a_reference_without_speech_is_refused(similarity, say):
    with pytest.raises(ValueError, match="no speech"):
        compared(similarity, {"a": say(SAME)}, [np.zeros(SAMPLE_RATE, np.float32)])
