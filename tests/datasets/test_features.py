"""The feature store: what is in it, what is refused, what is done again."""

import dataclasses
import fcntl
import json
import pickle

import numpy as np
import pytest

import hangul
from datasets.store import build as features
from moksori.audio import files, levels, spectrum
from tests.datasets.made import (
    TEXTS,
    folder_corpus,
    write_sound,
    write_text,
)
from tests.datasets.stores import LINEAR, TINY, build, content


def test_arrays_are_those_of_the_levelled_recording(corpus, tmp_path):
    build(corpus, tmp_path / "out", LINEAR)
    store = features.FeatureStore.open(tmp_path / "out")
    audio = LINEAR.audio
    assert len(store) == 8
    assert store.speakers == ["minji", "suho"]
    assert store.audio == audio
    for index, row in enumerate(store.rows):
        path = corpus / row.speaker / f"{row.id[-3:]}.wav"
        raw = files.load(path, audio.sample_rate)
        wave = levels.level(levels.trim(raw, audio), audio)
        mel, linear = spectrum.spectrograms(wave, audio, linear=True)
        assert row.samples == wave.size
        assert row.frames == len(mel)
        step = audio.mel_range / 32767
        np.testing.assert_allclose(store.mel(index), mel, atol=step)
        np.testing.assert_allclose(store.linear(index), linear, atol=step)
        stored = store.wave(index)
        assert stored.size == row.frames * audio.hop_length
        np.testing.assert_allclose(stored[: wave.size], wave, atol=1 / 32767)
        assert not stored[wave.size :].any()
        for array in (store.mel(index), store.linear(index), stored):
            assert array.dtype == np.float32


def test_rows_hold_text_and_ids(corpus, tmp_path):
    write_text(corpus / "minji/000.txt", "3시에 국물을 먹는다.")
    plain, phonetic = tmp_path / "plain", tmp_path / "phonetic"
    build(corpus, plain)
    build(corpus, phonetic, TINY.override(["text.phonetic=true"]))
    spoken = hangul.normalize("3시에 국물을 먹는다.")
    for folder, expected in ((plain, spoken), (phonetic, hangul.pronounce(spoken))):
        row = features.FeatureStore.open(folder).rows[0]
        assert row.id == "minji_000"
        assert row.text == "3시에 국물을 먹는다."
        assert row.spoken == expected
        assert row.ids == hangul.encode(expected)


def test_a_store_can_be_handed_to_another_process(corpus, tmp_path):
    build(corpus, tmp_path / "out")
    store = features.FeatureStore.open(tmp_path / "out")
    again = pickle.loads(pickle.dumps(store))
    np.testing.assert_array_equal(store.mel(3), again.mel(3))


def test_the_number_of_workers_changes_nothing(tmp_path):
    corpus = folder_corpus(tmp_path / "corpus", 20, ("b", "a"))
    build(corpus, tmp_path / "one" / "x", workers=1)
    build(corpus, tmp_path / "two" / "x", workers=2)
    assert content(tmp_path / "one") == content(tmp_path / "two")


def test_a_second_run_does_nothing(corpus, tmp_path):
    build(corpus, tmp_path / "out")
    before = content(tmp_path / "out")
    report = build(corpus, tmp_path / "out")
    assert report.extracted == 0
    after = content(tmp_path / "out")
    names = {path for path in before if before[path] != after[path]}
    assert {path.name for path in names} == {"report.json"}
    assert json.loads((tmp_path / "out/report.json").read_text())["extracted"] == 0


def test_only_what_changed_is_done_again(corpus, tmp_path):
    out = tmp_path / "out"
    build(corpus, out)
    write_text(corpus / "minji/000.txt", "바뀐 글입니다.")
    assert build(corpus, out).extracted == 1
    write_sound(corpus / "minji/001.wav", 99, 1.5)
    assert build(corpus, out).extracted == 1
    write_sound(corpus / "minji/004.wav", 77)
    write_text(corpus / "minji/004.txt", TEXTS[0])
    assert build(corpus, out).extracted == 1
    (corpus / "suho/000.wav").unlink()
    (corpus / "suho/000.txt").unlink()
    report = build(corpus, out)
    assert (report.extracted, report.dropped, report.utterances) == (0, 1, 8)
    build(corpus, tmp_path / "anew")
    old, new = (features.FeatureStore.open(f) for f in (out, tmp_path / "anew"))
    for index, (left, right) in enumerate(zip(old.rows, new.rows, strict=True)):
        assert (left.id, left.spoken) == (right.id, right.spoken)
        np.testing.assert_array_equal(old.mel(index), new.mel(index))
        np.testing.assert_array_equal(old.wave(index), new.wave(index))


def test_shards_that_nothing_needs_are_deleted(corpus, tmp_path):
    out = tmp_path / "out"
    build(corpus, out)
    first = {path.name for path in (out / "shards").iterdir()}
    other = folder_corpus(tmp_path / "other", 2, ("jiwoo",))
    build(other, out)
    assert not first & {path.name for path in (out / "shards").iterdir()}
    assert features.FeatureStore.open(out).speakers == ["jiwoo"]


def test_lost_and_cut_shards_are_made_again(corpus, tmp_path):
    out = tmp_path / "out"
    build(corpus, out)
    shard = out / "shards/00000.mel"
    whole = shard.read_bytes()
    shard.write_bytes(whole[: len(whole) // 2])
    assert 0 < build(corpus, out).extracted < 8
    store = features.FeatureStore.open(out)
    assert [len(store.mel(i)) for i in range(8)] == [r.frames for r in store.rows]
    for path in (out / "shards").glob("*.wave"):
        path.unlink()
    assert build(corpus, out).extracted == 8


def test_a_torn_line_of_the_journal_costs_one_utterance(corpus, tmp_path):
    out = tmp_path / "out"
    build(corpus, out)
    journal = out / "journal.jsonl"
    journal.write_bytes(journal.read_bytes()[:-20])
    assert build(corpus, out).extracted == 1
    assert build(corpus, out).extracted == 0


def test_a_moved_corpus_is_not_done_again(corpus, tmp_path):
    build(corpus, tmp_path / "out")
    corpus.rename(tmp_path / "moved")
    assert build(tmp_path / "moved", tmp_path / "out").extracted == 0


def test_other_settings_make_another_store(corpus, tmp_path):
    out = tmp_path / "out"
    build(corpus, out)
    other = TINY.override(["audio.fmax=3000"])
    assert build(corpus, out, other).extracted == 8
    store = features.FeatureStore.open(out)
    assert store.audio.fmax == 3000
    assert store.fingerprint != features.fingerprint(TINY.audio, TINY.text)
    assert build(corpus, out, LINEAR).extracted == 8


def test_training_with_other_settings_is_refused(corpus, tmp_path):
    build(corpus, tmp_path / "out")
    store = features.FeatureStore.open(tmp_path / "out")
    store.check(TINY.audio, TINY.text)
    other = TINY.override(["audio.fmax=3000", "audio.mels=16", "text.phonetic=true"])
    with pytest.raises(features.FeatureError) as caught:
        store.check(other.audio, other.text)
    message = str(caught.value)
    for part in (
        "audio.fmax: 4000.0 != 3000.0",
        "audio.mels: 20 != 16",
        "text.phonetic: False != True",
    ):
        assert part in message
    assert "\n" not in message
    assert "sample_rate" not in message


def test_settings_that_change_no_feature_are_free(corpus, tmp_path):
    build(corpus, tmp_path / "out", LINEAR)
    store = features.FeatureStore.open(tmp_path / "out")
    changes = {"griffin_lim_iterations": 3, "griffin_lim_momentum": 0.5}
    store.check(dataclasses.replace(TINY.audio, **changes), TINY.text)
    build(corpus, tmp_path / "plain")
    plain = features.FeatureStore.open(tmp_path / "plain")
    with pytest.raises(features.FeatureError, match="linear: False != True"):
        plain.check(LINEAR.audio, LINEAR.text)
    with pytest.raises(features.FeatureError, match="--linear"):
        plain.linear(0)


def test_what_is_no_store(corpus, tmp_path):
    with pytest.raises(features.FeatureError, match=r"run preprocess\.py"):
        features.FeatureStore.open(tmp_path)
    build(corpus, tmp_path / "out")
    (tmp_path / "out/manifest.jsonl").unlink()
    with pytest.raises(features.FeatureError, match="not complete"):
        features.FeatureStore.open(tmp_path / "out")
    assert build(corpus, tmp_path / "out").extracted == 0
    (tmp_path / "out/settings.json").write_text("{")
    with pytest.raises(features.FeatureError, match=r"settings\.json"):
        features.FeatureStore.open(tmp_path / "out")
    assert build(corpus, tmp_path / "out").utterances == 8


def test_another_alphabet_is_refused(corpus, tmp_path, monkeypatch):
    build(corpus, tmp_path / "out")
    monkeypatch.setattr(hangul, "ALPHABET_VERSION", hangul.ALPHABET_VERSION + 1)
    with pytest.raises(features.FeatureError, match="another alphabet"):
        features.FeatureStore.open(tmp_path / "out")
    assert build(corpus, tmp_path / "out").extracted == 8


def test_two_builds_at_once_are_refused(corpus, tmp_path):
    build(corpus, tmp_path / "out")
    with (tmp_path / "out/.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(features.FeatureError, match="another preprocessing run"):
            build(corpus, tmp_path / "out")
