"""What is chosen to be compared: unseen recordings, a reference apart from them."""

import dataclasses
import unicodedata

import numpy as np
import pytest

from datasets.batches import split
from datasets.store.features import FeatureStore
from moksori.audio.files import load, save
from moksori.comparison.test_set import (
    REFERENCE_SECONDS,
    VOCODER,
    VOICE,
    ComparisonError,
    select,
)
from moksori.training.record import digest, read_training_record, write_training_record
from tests.datasets.made import TEXTS, folder_corpus, write_sound, write_text
from tests.datasets.stores import TINY, build

HELD_OUT = 8


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Eighty recordings of one speaker, each with a text of its own."""
    folder = tmp_path_factory.mktemp("selection")
    for number in range(80):
        stem = folder / "corpus" / "minji" / f"{number:03d}"
        write_sound(stem.with_suffix(".wav"), number, 1.6 + 0.01 * number)
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


def choose(store, folder, trained_on=None, speaker="minji", vocoder=None, **named):
    runs = {VOICE: trained_on or {}}
    runs |= {} if vocoder is None else {VOCODER: vocoder}
    return select(folder, TINY.audio, speaker, runs, store=store, **named)


def texts_of(store, rows):
    return {store.rows[i].text for i in rows}


def test_only_held_out_recordings_of_trained_features_are_compared(store, tmp_path):
    write_training_record(tmp_path, store, HELD_OUT)
    made = choose(store, tmp_path / "out", read_training_record(tmp_path))
    unseen = split(store, HELD_OUT)[1]
    assert set(made.lines) == texts_of(store, unseen)
    assert set(made.recordings) == set(range(1, HELD_OUT + 1))
    assert "held out" in made.remarks[0]
    for path in made.references:
        heard = load(path, TINY.audio.sample_rate)
        assert not any(np.array_equal(heard, store.wave(i)) for i in unseen)


def test_recordings_of_the_vocoder_training_are_not_compared(store, tmp_path):
    voice, vocoder = ({"digest": digest(store), "held_out": n} for n in (8, 3))
    made = choose(store, tmp_path, voice, vocoder=vocoder)
    assert set(made.lines) == texts_of(store, split(store, 3)[1])
    with pytest.raises(ComparisonError, match="the vocoder was trained on every"):
        choose(store, tmp_path, voice, vocoder=vocoder | {"held_out": 0})


def test_recordings_of_earlier_trainings_are_not_compared(store, tmp_path):
    about = {"digest": digest(store), "held_out": 8}
    made = choose(store, tmp_path, about | {"before": [about | {"held_out": 5}]})
    assert set(made.lines) == texts_of(store, split(store, 5)[1])
    other = {"digest": "another", "held_out": 8}
    made = choose(store, tmp_path, about | {"before": [other]})
    assert "on other features too" in made.remarks[0]


def test_the_best_checkpoint_is_remarked(store, tmp_path):
    about = {"digest": digest(store), "held_out": 8}
    assert "favours" in choose(store, tmp_path, about, best=True).remarks[1]
    assert len(choose(store, tmp_path, about).remarks) == 1
    other = {"digest": "another", "held_out": 8}
    assert len(choose(store, tmp_path, other, best=True).remarks) == 1


def test_a_voice_trained_on_everything_cannot_be_compared(store, tmp_path):
    about = {"digest": digest(store), "held_out": 0}
    with pytest.raises(ComparisonError, match="trained on every recording"):
        choose(store, tmp_path, about)


@pytest.mark.parametrize(
    ("trained_on", "words"),
    [({}, "is not known"), ({"digest": "another", "held_out": 8}, "other features")],
)
def test_an_unknown_training_set_is_remarked(store, tmp_path, trained_on, words):
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


def test_sentences_are_spread_over_the_whole_store(store, tmp_path):
    """Half of them and one more: the second half has its share."""
    order = [row.text for row in store.rows]
    mine = write_sound(tmp_path / "me.wav", 1, 4.0)
    made = choose(store, tmp_path / "out", references=[mine], count=41)
    assert len(made.lines) == 41
    places = [order.index(line) for line in made.lines]
    assert sum(place >= 40 for place in places) in (20, 21)


@pytest.mark.parametrize("count", [0, -3])
def test_at_least_one_sentence_is_required(store, tmp_path, count):
    with pytest.raises(ComparisonError, match="at least one"):
        choose(store, tmp_path, count=count)


def test_what_is_said_twice_is_compared_once(store, tmp_path):
    known = store.rows[3].text
    decomposed = unicodedata.normalize("NFD", known)
    lines = [known, "네.", f" {known.replace(' ', '  ')}", "네.", decomposed]
    made = choose(store, tmp_path, sentences=lines)
    assert made.lines == (known, "네.")
    assert list(made.recordings) == [1]
    assert made.remarks[-1] == "1 of 2 sentences have a recording"


def test_a_text_of_several_lines_is_one_sentence(store, tmp_path):
    first, row = store.rows[0].text, store.rows[0]
    store.rows[0] = dataclasses.replace(row, text="하나,\n둘.")
    try:
        mine = write_sound(tmp_path / "me.wav", 1, 4.0)
        made = choose(store, tmp_path / "out", references=[mine], count=2)
    finally:
        store.rows[0] = row
    written = (tmp_path / "out/sentences.txt").read_text("utf-8")
    assert written.splitlines() == list(made.lines) == ["하나, 둘.", made.lines[1]]
    assert first not in written


def test_empty_lines_are_refused(store, tmp_path):
    with pytest.raises(ComparisonError, match="empty lines"):
        choose(store, tmp_path, sentences=["", "  "])


def test_recordings_of_a_person_are_not_overwritten(store, tmp_path):
    theirs = write_sound(tmp_path / "recording/0001.wav", 1, 1.0)
    before = theirs.read_bytes()
    with pytest.raises(ComparisonError, match="another --out"):
        choose(store, tmp_path)
    assert theirs.read_bytes() == before


def test_a_different_speaker_is_remarked(store, tmp_path):
    assert not any("one person" in line for line in choose(store, tmp_path).remarks)
    made = choose(store, tmp_path, speaker="jisu")
    assert "those of minji, the voice speaks as jisu" in made.remarks[-1]


def test_sentences_find_their_recordings(store, tmp_path):
    known = store.rows[3].text
    lines = ["새로운 문장입니다.", "", f"  {known}  "]
    made = choose(store, tmp_path, sentences=lines)
    assert made.lines == ("새로운 문장입니다.", known)
    assert list(made.recordings) == [2]
    np.testing.assert_array_equal(made.recordings[2], store.wave(3))
    assert (tmp_path / "recording/0002.wav").exists()


def test_sentences_without_recordings_are_enough(tmp_path):
    made = choose(None, tmp_path, sentences=["안녕하세요."])
    assert made.lines == ("안녕하세요.",)
    assert made.recordings == {}
    assert made.references == ()
    assert "espeak" in made.impostors.whose
    with pytest.raises(ComparisonError, match="--sentences or --recordings"):
        choose(None, tmp_path)


def test_synthetic_impostors_speak_long_enough(tmp_path):
    made = choose(None, tmp_path, sentences=["..."])
    for wave in made.impostors.waves:
        assert len(wave) > 4 * TINY.audio.sample_rate
        assert np.abs(wave).max() > 0.1


def test_other_speakers_are_those_of_the_features(two, tmp_path):
    made = choose(two, tmp_path, speaker="suho")
    assert set(made.lines) <= texts_of(two, range(10, 20))
    assert made.impostors.whose == "others in the features"
    (other,) = made.impostors.waves
    theirs = [two.wave(i) for i in range(len(two)) if two.rows[i].speaker == "minji"]
    np.testing.assert_array_equal(other[: len(theirs[0])], theirs[0])
    with pytest.raises(ComparisonError, match="minji, suho"):
        choose(two, tmp_path, speaker="jisu")


def test_others_that_are_named_are_heard(two, tmp_path):
    theirs = write_sound(tmp_path / "they.wav", 9, 4.0)
    made = choose(two, tmp_path / "out", others=[theirs])
    assert made.impostors.whose == "others, as named"
    assert len(made.impostors.waves[0]) == 4 * TINY.audio.sample_rate


def test_features_at_another_rate_are_refused(store, tmp_path):
    audio = TINY.override(["audio.sample_rate=16000"]).audio
    with pytest.raises(ComparisonError, match="16000"):
        select(tmp_path, audio, "minji", {}, store=store)


@pytest.mark.parametrize(("level", "seconds"), [(0.0, 5.0), (1.0, 1.0)])
def test_others_that_say_too_little_are_refused(two, tmp_path, level, seconds):
    rate = TINY.audio.sample_rate
    noise = np.random.default_rng(1).uniform(-0.3, 0.3, round(seconds * rate))
    save(tmp_path / "they.wav", level * noise, rate)
    with pytest.raises(ComparisonError, match=r"they\.wav: .* too little"):
        choose(two, tmp_path / "out", others=[tmp_path / "they.wav"])
    assert not (tmp_path / "out").exists()
