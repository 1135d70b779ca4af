"""The feature store: what is in it, what is refused, what is done again."""

import dataclasses
import fcntl
import json
import pickle

import numpy as np
import pytest

import hangul
import hparams
from audio import files, levels, spectrum
from datasets import corpora, features
from tests.datasets.made import (
    RATE,
    TEXTS,
    folder_corpus,
    sound,
    write_sound,
    write_text,
)

TINY = hparams.preset("tiny")
LINEAR = TINY.override(["audio.linear=true"])


def build(corpus, folder, settings=TINY, **options):
    options = {"workers": 1} | options
    folders = corpus if isinstance(corpus, list) else [corpus]
    found = [corpora.read(one) for one in folders]
    return features.build(found, folder, settings, **options)


def rejected(report):
    return {one.id: one.reason for one in report.rejected}


def content(folder):
    """The bytes of everything in a store but its lock."""
    paths = sorted(path for path in folder.rglob("*") if path.name != ".lock")
    return {p.relative_to(folder): p.read_bytes() for p in paths if p.is_file()}


@pytest.fixture
def corpus(tmp_path):
    return folder_corpus(tmp_path / "corpus", 4, ("suho", "minji"))


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


def test_every_rejection_has_its_reason(corpus, tmp_path):
    bad = corpus / "minji"

    def add(name, wave, text="안녕하세요."):
        files.save(bad / f"{name}.wav", wave, RATE)
        write_text(bad / f"{name}.txt", text)

    add("silent", np.zeros(RATE, np.float32))
    add("clipped", np.clip(5 * sound(50), -0.5, 0.5))
    add("short", sound(51, 0.1))
    add("long", sound(52, 16.0), "가" * 80)
    add("hours", np.zeros(RATE * 90, np.float32))
    add("empty", sound(53), "  ")
    add("dots", sound(54), "...")
    add("foreign", sound(55), "안녕 ☃ 하세요")
    add("hurried", sound(56), "안녕하세요 " * 20)
    add("twin", sound(0))
    (bad / "broken.wav").write_bytes(b"RIFF no sound")
    write_text(bad / "broken.txt", "안녕하세요.")
    write_text(bad / "missing.txt", "소리가 없다.")
    write_sound(bad / "untold.wav", 57)
    report = build(corpus, tmp_path / "out", TINY.override(["text.normalize=false"]))
    assert report.utterances == 8
    found = rejected(report)
    assert found == {
        "minji_silent": "silent",
        "minji_clipped": "clipped",
        "minji_short": "too short",
        "minji_long": "too long",
        "minji_hours": "too long",
        "minji_empty": "transcript empty",
        "minji_dots": "transcript empty",
        "minji_foreign": "symbol outside the alphabet",
        "minji_hurried": "speaking rate an outlier",
        "suho_000": "duplicate",
        "minji_broken": "unreadable",
        "minji_missing": "missing",
        "minji_untold": "no transcript",
    }
    saved = json.loads((tmp_path / "out/report.json").read_text("utf-8"))
    assert {one["id"]: one["reason"] for one in saved["rejected"]} == found
    page = (tmp_path / "out/report.html").read_text("utf-8")
    assert all(id in page for id in found)
    assert all(one.detail in page.replace("&#x27;", "'") for one in report.rejected)


def test_an_outlier_is_told_from_the_speakers_own_rate(tmp_path):
    for number in range(24):
        stem = tmp_path / f"corpus/{number:02d}"
        write_sound(stem.with_suffix(".wav"), number, 2.0)
        text = "하나 둘 셋 넷 다섯 여섯 일곱" + "가" * (number % 3)
        text = "가나다라마바사 아자차카타파하" * 2 if number == 20 else text
        write_text(stem.with_suffix(".txt"), "네" if number == 21 else text)
    report = build(tmp_path / "corpus", tmp_path / "out")
    assert rejected(report) == {"20": "speaking rate an outlier"}


def test_corpora_together_keep_their_ids_apart(tmp_path):
    first = folder_corpus(tmp_path / "a", 2, ("suho",))
    second = folder_corpus(tmp_path / "b", 2, ("suho",))
    for number in range(2):
        write_sound(second / f"suho/{number:03d}.wav", 50 + number, 1.5)
    build([first, second], tmp_path / "out")
    store = features.FeatureStore.open(tmp_path / "out")
    ids = [row.id for row in store.rows]
    assert ids == ["suho_000", "suho_001", "b.suho_000", "b.suho_001"]
    assert store.speakers == ["suho"]


def test_the_same_corpus_twice_is_a_corpus_of_duplicates(corpus, tmp_path):
    report = build([corpus, corpus], tmp_path / "out")
    assert (report.utterances, report.extracted) == (8, 8)
    assert set(rejected(report).values()) == {"duplicate"}


def test_cuts_of_one_recording_are_different_utterances(tmp_path):
    long = write_sound(tmp_path / "corpus/long.wav", 1, 4.0)
    found = corpora.Corpus(tmp_path / "corpus", "aihub")
    for start in (0.0, 2.0):
        cut = {"start_seconds": start, "end_seconds": start + 1.5}
        found.add(f"{start:g}", "은별", "안녕하세요.", long, **cut)
    report = features.build([found], tmp_path / "out", TINY, workers=1)
    assert report.utterances == 2


def test_progress_counts_to_the_end(corpus, tmp_path):
    seen = []
    build(corpus, tmp_path / "out", progress=lambda *pair: seen.append(pair))
    assert seen[0] == (0, 8)
    assert seen[-1] == (8, 8)
    seen.clear()
    build(corpus, tmp_path / "out", progress=lambda *pair: seen.append(pair))
    assert seen == [(8, 8)]


def test_a_recording_that_ends_the_process_is_found_and_left_out(tmp_path, monkeypatch):
    from concurrent.futures.process import BrokenProcessPool

    from datasets import extract, workers

    corpus = folder_corpus(tmp_path / "corpus", 20)
    deadly = corpus / "minji/007.wav"

    def fragile(work, block):
        if any(one.path == deadly for _, one in block.utterances):
            raise BrokenProcessPool
        return work(block)

    def in_order(work, blocks, _workers, rescue):
        for block in blocks:
            try:
                yield fragile(work, block)
            except BrokenProcessPool:
                yield rescue(block)

    monkeypatch.setattr(workers, "alone", fragile)
    monkeypatch.setattr(workers, "in_order", in_order)
    report = build(corpus, tmp_path / "out", workers=2)
    assert rejected(report) == {"minji_007": "unreadable"}
    assert report.utterances == 19
    store = features.FeatureStore.open(tmp_path / "out")
    audio = extract.files.load(corpus / "minji/019.wav", RATE)
    wave = levels.level(levels.trim(audio, TINY.audio), TINY.audio)
    np.testing.assert_allclose(
        store.mel(18), spectrum.mel_spectrogram(wave, TINY.audio), atol=1e-3
    )


def test_the_report_counts(corpus, tmp_path):
    report = build(corpus, tmp_path / "out")
    store = features.FeatureStore.open(tmp_path / "out")
    seconds = sum(row.samples for row in store.rows) / RATE
    assert report.hours == pytest.approx(seconds / 3600, abs=1e-4)
    assert set(report.speakers) == {"minji", "suho"}
    for one in report.histograms.values():
        assert sum(one.counts) == 8
        assert len(one.edges) == len(one.counts) + 1
    page = (tmp_path / "out/report.html").read_text("utf-8")
    assert page.count("<svg") == 4
    assert "http" not in page
    assert "<script" not in page
