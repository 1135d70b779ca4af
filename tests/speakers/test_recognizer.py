"""Decisions and enrolment, with voices that are tones."""

import numpy as np
import pytest

from moksori.audio.files import save
from moksori.speakers import enrolment
from moksori.speakers.bandwidth import Band, measure_band, to_telephone
from moksori.speakers.calibration import SHIPPED, Calibration
from moksori.speakers.recognizer import Recognizer, nearest
from moksori.speakers.registry import Consent, Registry, UnknownSpeaker
from moksori.speakers.voices import separation
from tests.speakers.fake import (
    CALIBRATION,
    RATE,
    FakeDetector,
    FakeEncoder,
    people,
    voice,
)

CONSENT = Consent("they", "tests")


@pytest.fixture
def recognizer(tmp_path):
    encoder = FakeEncoder()
    with Registry.open(tmp_path / "r.db", encoder.id, encoder.dimension) as registry:
        yield Recognizer(encoder, registry, CALIBRATION, FakeDetector())


def enrolled(recognizer, folder, **heights):
    for name, paths in enrolment.recordings(people(folder, **heights)).items():
        enrolment.enrol(recognizer, name, paths, CONSENT)
    return recognizer


def test_known_unknown_and_likely(recognizer, tmp_path):
    enrolled(recognizer, tmp_path / "data", minji=400, suho=900)
    decision = recognizer.identify(voice(402, seed=7), RATE)
    assert (decision.answer, decision.name) == ("known", "minji")
    assert [each.name for each in decision.candidates] == ["minji", "suho"]
    assert decision.score > decision.threshold == pytest.approx(0.8)
    assert decision.probability > 0.9
    stranger = recognizer.identify(voice(2000), RATE)
    assert (stranger.answer, stranger.name) == ("unknown", None)
    assert stranger.candidates
    assert recognizer.identify(voice(402, 2.0), RATE).answer == "likely"


def test_each_of_many_is_the_first_of_the_candidates(recognizer, tmp_path):
    heights = {f"p{n:02}": 300 * 1.1**n for n in range(24)}
    enrolled(recognizer, tmp_path / "data", **heights)
    for name, hertz in heights.items():
        decision = recognizer.identify(voice(hertz, seed=5), RATE, top=24)
        assert (decision.name, decision.candidates[0].name) == (name, name)
        scores = [each.score for each in decision.candidates]
        assert scores == sorted(scores, reverse=True)
        assert len({each.speaker for each in decision.candidates}) == 24


def test_with_six_enrolled_the_margin_decides(recognizer, tmp_path):
    heights = dict(zip("abcdef", (300, 450, 680, 1000, 1500, 2300), strict=True))
    enrolled(recognizer, tmp_path / "data", **heights)
    decision = recognizer.identify(voice(1000), RATE)
    assert decision.name == "d"
    others = [each.score for each in decision.candidates[1:]]
    assert decision.margin > decision.score
    assert len(others) == 4
    assert recognizer.identify(voice(1000), RATE, threshold=0.5).margin == (
        pytest.approx(decision.score)
    )


@pytest.mark.parametrize(
    ("wave", "answer"),
    [
        (np.zeros(4 * RATE, np.float32), "no_speech"),
        (voice(402, 1.0), "too_short"),
        (np.sign(voice(402)), "poor_quality"),
        (np.concatenate([voice(402, 5), voice(2000, 5)]), "several_speakers"),
    ],
    ids=["silence", "a second", "clipped", "two"],
)
def test_what_gets_no_name(recognizer, tmp_path, wave, answer):
    enrolled(recognizer, tmp_path / "data", minji=400)
    decision = recognizer.identify(wave, RATE)
    assert (decision.answer, decision.name) == (answer, None)
    assert decision.to_json()["decision"] == answer


def test_no_number_names_nobody(recognizer, tmp_path):
    enrolled(recognizer, tmp_path / "data", minji=400)
    for wave in (voice(401), voice(2000)):
        assert recognizer.identify(wave, RATE, threshold=np.nan).name is None


def test_nobody_is_enrolled(recognizer):
    assert recognizer.identify(voice(402), RATE).answer == "unknown"


def test_verification(recognizer, tmp_path):
    enrolled(recognizer, tmp_path / "data", minji=400, suho=900)
    (minji,) = recognizer.registry.find("minji")
    assert recognizer.verify(minji.id, voice(401), RATE).answer == "known"
    assert recognizer.verify(minji.id, voice(900), RATE).answer == "unknown"
    with pytest.raises(UnknownSpeaker):
        recognizer.verify("0" * 32, voice(401), RATE)


def test_a_telephone_is_compared_with_telephones(recognizer, tmp_path):
    enrolled(recognizer, tmp_path / "data", minji=400, suho=900)
    heard = to_telephone(voice(900, seed=3), RATE)
    assert measure_band(heard, RATE) is Band.TELEPHONE
    decision = recognizer.identify(heard, RATE)
    assert (decision.band, decision.name) == ("telephone", "suho")


def test_a_stranger_among_the_recordings_is_named(recognizer, tmp_path):
    folder = people(tmp_path / "data", minji=400)
    save(folder / "minji" / "other.wav", voice(2000), RATE)
    paths = enrolment.recordings(folder)["minji"]
    with pytest.raises(enrolment.Refused, match=r"other\.wav: sounds like somebody"):
        enrolment.enrol(recognizer, "minji", paths, CONSENT)
    assert recognizer.registry.speakers() == []
    done = enrolment.enrol(recognizer, "minji", paths, CONSENT, leave_out=True)
    assert done.added == 3
    assert [path.name for path in done.left_out] == ["other.wav"]


def test_a_recording_of_two_people_or_of_noise_is_not_enrolled(recognizer, tmp_path):
    folder = people(tmp_path / "data", minji=400)
    two = np.concatenate([voice(400), voice(2000)])
    save(folder / "minji" / "two.wav", two, RATE)
    save(folder / "minji" / "loud.wav", np.clip(40 * voice(400), -0.5, 0.5), RATE)
    paths = enrolment.recordings(folder)["minji"]
    with pytest.raises(enrolment.Refused) as refused:
        enrolment.enrol(recognizer, "minji", paths, CONSENT)
    assert "two.wav: several people speak in it" in str(refused.value)
    assert "loud.wav: its speech is clipped" in str(refused.value)
    done = enrolment.enrol(recognizer, "minji", paths, CONSENT, leave_out=True)
    assert done.added == 3


def test_enrolling_again_adds_what_is_new(recognizer, tmp_path):
    folder = people(tmp_path / "data", minji=400)
    paths = enrolment.recordings(folder)["minji"]
    assert enrolment.enrol(recognizer, "minji", paths, CONSENT).added == 3
    assert enrolment.enrol(recognizer, "minji", paths, CONSENT) is None
    save(folder / "minji" / "3.wav", voice(401, seed=9), RATE)
    paths = enrolment.recordings(folder)["minji"]
    again = enrolment.enrol(recognizer, "minji", paths, CONSENT)
    assert (again.added, again.speaker.clips) == (1, 4)


def test_a_voice_of_another_name_and_too_little_speech_are_said(recognizer, tmp_path):
    enrolled(recognizer, tmp_path / "data", minji=400)
    paths = list(people(tmp_path / "more", twin=400).rglob("*.wav"))
    done = enrolment.enrol(recognizer, "twin", paths, CONSENT)
    assert any("sounds like minji" in each for each in done.warnings)
    save(tmp_path / "short.wav", voice(900, 2), RATE)
    with pytest.raises(enrolment.Refused, match=r"2\.0 s of speech"):
        enrolment.enrol(recognizer, "suho", [tmp_path / "short.wav"], CONSENT)


def test_the_shipped_thresholds():
    shipped = Calibration.load()
    encoder = "campplus-zh-en-92f29b94"
    at = [shipped.threshold("margin", encoder, s, Band.WIDE) for s in (1.5, 2, 3, 60)]
    assert at == sorted(at)
    assert at[2] == pytest.approx(0.845)
    assert shipped.probability(0.0, encoder, Band.WIDE) == pytest.approx(0.5)
    with pytest.raises(ValueError, match="--threshold"):
        shipped.threshold("margin", "other-1", 3, Band.WIDE)
    assert SHIPPED.is_file()


@pytest.mark.parametrize("text", ["[]x", '{"a": 1}', '{"a": {"wide": {}}}', "[1]"])
def test_a_table_of_another_form_is_refused(tmp_path, text):
    path = tmp_path / "calibration.json"
    path.write_text(text)
    with pytest.raises(ValueError, match="no table of thresholds"):
        Calibration.load(path)


def test_one_odd_window_makes_no_second_speaker():
    vectors = np.eye(4, dtype=np.float32)[[0, 0, 0, 1]]
    assert separation(vectors) == 1.0
    assert separation(np.eye(4, dtype=np.float32)[[0, 0, 1, 1]]) == pytest.approx(0)


def test_the_nearest_are_those_of_a_full_sort():
    scores = np.random.default_rng(0).standard_normal(200).astype(np.float32)
    order = np.argsort(-scores, kind="stable")
    for count in (1, 5, 199, 200, 500):
        np.testing.assert_array_equal(nearest(scores, count), order[:count])
    np.testing.assert_array_equal(nearest(np.float32([2, 1, 2]), 2), [0, 2])
