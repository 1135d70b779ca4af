"""What is chosen to be compared: unseen recordings, a reference apart from them."""

import numpy as np
import pytest

from audio.files import load
from comparison.materials import REFERENCE_SECONDS, ComparisonError, gather
from datasets.batches import split
from datasets.features import FeatureStore
from tests.datasets.made import TEXTS, folder_corpus, write_sound, write_text
from tests.datasets.stores import TINY, build
from voices.provenance import digest, note, noted

HELD_OUT = 8


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Eighty recordings of one speaker, each with a text of its own."""
    folder = tmp_path_factory.mktemp("materials")
    for number in range(80):
        stem = folder / "corpus" / "minji" / f"{number:03d}"
        write_sound(stem.with_suffix(".wav"), number, 1.0 + 0.01 * number)
        text = f"{TEXTS[number % len(TEXTS)]} {'가나다라마바사아자차'[number // 8]}."
        write_text(stem.with_suffix(".txt"), f"{text} {'하' * (number % 8 + 1)}.")
    build(folder / "corpus", folder / "out")
    return FeatureStore.open(folder / "out")


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """Two speakers of ten recordings each."""
    folder = tmp_path_factory.mktemp("two")
    folder_corpus(folder / "corpus", 10, ("minji", "suho"))
    build(folder / "corpus", folder / "out")
    return FeatureStore.open(folder / "out")


def choose(store, folder, trained_on=None, speaker="minji", **named):
    return gather(folder, TINY.audio, speaker, trained_on or {}, store=store, **named)


def texts_of(store, rows):
    return {store.rows[i].text for i in rows}


def test_of_the_features_it_was_trained_on_only_the_held_out(store, tmp_path):
    note(tmp_path, store, HELD_OUT)
    made = choose(store, tmp_path / "out", noted(tmp_path))
    unseen = split(store, HELD_OUT)[1]
    assert set(made.lines) == texts_of(store, unseen)
    assert set(made.recordings) == set(range(1, HELD_OUT + 1))
    assert "held out" in made.remarks[0]
    for path in made.references:
        heard = load(path, TINY.audio.sample_rate)
        assert not any(np.array_equal(heard, store.wave(i)) for i in unseen)


def test_a_voice_trained_on_everything_cannot_be_compared(store, tmp_path):
    about = {"digest": digest(store), "held_out": 0}
    with pytest.raises(ComparisonError, match="trained on every recording"):
        choose(store, tmp_path, about)


@pytest.mark.parametrize(
    ("trained_on", "words"),
    [({}, "is not known"), ({"digest": "another", "held_out": 8}, "other features")],
)
def test_what_is_not_known_is_said(store, tmp_path, trained_on, words):
    assert words in choose(store, tmp_path, trained_on).remarks[0]


def test_the_reference_is_not_compared_with(store, tmp_path):
    made = choose(store, tmp_path, count=100)
    rate = TINY.audio.sample_rate
    heard = [load(path, rate) for path in made.references]
    seconds = sum(map(len, heard)) / rate
    assert REFERENCE_SECONDS <= seconds < REFERENCE_SECONDS + 2
    assert len(made.lines) == len(store) - len(heard)
    saved = {wave.tobytes() for wave in heard}
    compared = [load(p, rate) for p in sorted((tmp_path / "recording").iterdir())]
    assert len(compared) == len(made.lines)
    assert not any(wave.tobytes() in saved for wave in compared)


def test_a_reference_that_is_named_is_taken(store, tmp_path):
    mine = write_sound(tmp_path / "me.wav", 1, 4.0)
    made = choose(store, tmp_path / "out", references=[mine], count=100)
    assert made.references == (mine,)
    assert len(made.lines) == len(store)


def test_no_more_than_asked_for_spread_over_all(store, tmp_path):
    made = choose(store, tmp_path, count=5)
    assert len(made.lines) == len(made.recordings) == 5
    written = (tmp_path / "sentences.txt").read_text("utf-8").splitlines()
    assert written == list(made.lines)


def test_sentences_find_their_recordings(store, tmp_path):
    known = store.rows[3].text
    lines = ["새로운 문장입니다.", "", f"  {known}  "]
    made = choose(store, tmp_path, sentences=lines)
    assert made.lines == ("새로운 문장입니다.", known)
    assert list(made.recordings) == [2]
    np.testing.assert_array_equal(made.recordings[2], store.wave(3))
    assert (tmp_path / "recording/0002.wav").exists()


def test_sentences_alone_will_do(tmp_path):
    made = choose(None, tmp_path, sentences=["안녕하세요."])
    assert made.lines == ("안녕하세요.",)
    assert made.recordings == {}
    assert made.references == ()
    assert "espeak" in made.others.whose
    with pytest.raises(ComparisonError, match="--sentences or --recordings"):
        choose(None, tmp_path)


def test_other_speakers_are_those_of_the_features(two, tmp_path):
    made = choose(two, tmp_path, speaker="suho")
    assert set(made.lines) <= texts_of(two, range(10, 20))
    assert made.others.whose == "others in the features"
    (other,) = made.others.waves
    theirs = [two.wave(i) for i in range(len(two)) if two.rows[i].speaker == "minji"]
    np.testing.assert_array_equal(other[: len(theirs[0])], theirs[0])
    with pytest.raises(ComparisonError, match="minji, suho"):
        choose(two, tmp_path, speaker="jisu")


def test_others_that_are_named_are_heard(two, tmp_path):
    theirs = write_sound(tmp_path / "they.wav", 9, 4.0)
    made = choose(two, tmp_path / "out", others=[theirs])
    assert made.others.whose == "others, as named"
    assert len(made.others.waves[0]) == 4 * TINY.audio.sample_rate


def test_features_at_another_rate_are_refused(store, tmp_path):
    audio = TINY.override(["audio.sample_rate=16000"]).audio
    with pytest.raises(ComparisonError, match="16000"):
        gather(tmp_path, audio, "minji", {}, store=store)
