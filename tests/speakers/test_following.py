"""Strangers are followed by pseudonyms: the same voice again, never a name."""

import pytest

from moksori.speakers.decision import Answer
from moksori.speakers.following import FollowingRecognizer
from moksori.speakers.recognizer import Recognizer
from moksori.speakers.registry import Consent, Registry, RegistryError
from tests.speakers.fake import CALIBRATION, RATE, FakeDetector, FakeEncoder, voice
from tests.speakers.test_registry import CONSENT


@pytest.fixture
def following(tmp_path):
    with (
        Registry.open(tmp_path / "registry.db", "fake-1", 16) as people,
        Registry.open(tmp_path / "strangers.db", "fake-1", 16) as strangers,
    ):
        plain = Recognizer(FakeEncoder(), people, CALIBRATION, FakeDetector())
        yield FollowingRecognizer(plain, strangers, CONSENT, days=1)


def test_the_same_voice_has_the_same_pseudonym(following):
    first = following.identify(voice(600), RATE)
    assert first.answer is Answer.UNKNOWN
    assert first.name is None
    again = following.identify(voice(605, seed=1), RATE)
    other = following.identify(voice(1500), RATE)
    assert first.pseudonym == again.pseudonym != other.pseudonym
    assert first.pseudonym.startswith("stranger-")
    strangers = following._strangers.registry
    assert {each.clips for each in strangers.speakers()} == {2, 1}
    assert len(following.registry) == 0


def test_a_pseudonym_stops_growing_and_expires(following, monkeypatch):
    names = {following.identify(voice(600, seed=n), RATE).pseudonym for n in range(8)}
    assert len(names) == 1
    (stranger,) = following._strangers.registry.speakers()
    assert stranger.clips == 5
    monkeypatch.setattr(
        "moksori.speakers.rows.now", lambda: "2999-01-01T00:00:00+00:00"
    )
    assert following._strangers.registry.expire() == 1


def test_who_is_short_or_enrolled_gets_none(following):
    assert following.identify(voice(600, seconds=2.0), RATE).pseudonym is None
    clip = following._strangers
    following.identify(voice(900), RATE)
    (stranger,) = clip.registry.speakers()
    kept = clip.registry.clips(stranger.id)
    following.registry.restore([(stranger, kept)])
    known = following.identify(voice(900), RATE)
    assert known.answer is Answer.KNOWN
    assert known.pseudonym is None


def test_without_consent_nobody_is_followed(following):
    with pytest.raises(RegistryError, match="consent"):
        FollowingRecognizer(following, following.registry, Consent("", ""))
