"""What a feature store leaves out, and what its report says."""

import json

import numpy as np
import pytest

from datasets.readers import corpora
from datasets.store import build as features
from moksori.audio import files
from moksori.voices.reading import TextError, read
from tests.datasets.made import (
    RATE,
    folder_corpus,
    sound,
    write_sound,
    write_text,
)
from tests.datasets.stores import TINY, build, content, rejected


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


UNREADABLE = {
    "hanja": ("㐁은 한자 이름이다", "㐁"),
    "lost": ("안녕\ufffd\ufffd하세요", "\ufffd\ufffd"),
    "mojibake": ("감사".encode().decode("latin-1"), "ê°ì"),
    "script": ("그는 ꀀꀁ 말을 한다", "ꀀꀁ"),
}


def test_text_that_synthesis_refuses_is_not_trained_on(tmp_path):
    for number, (name, (text, _)) in enumerate(UNREADABLE.items()):
        write_sound(tmp_path / f"corpus/{name}.wav", number)
        write_text(tmp_path / f"corpus/{name}.txt", text)
    write_sound(tmp_path / "corpus/emoji.wav", 9)
    write_text(tmp_path / "corpus/emoji.txt", "안녕하세요 😀 ★")
    out = tmp_path / "out"
    report = build(tmp_path / "corpus", out)
    assert rejected(report) == dict.fromkeys(UNREADABLE, "text cannot be read")
    for one in report.rejected:
        assert UNREADABLE[one.id][1] in one.detail
    with pytest.raises(TextError, match="cannot be read: 㐁"):
        read(UNREADABLE["hanja"][0], TINY)
    # Kept on request, all but what has nothing left; nothing is computed again.
    report = build(tmp_path / "corpus", out, keep_unreadable=True)
    assert report.extracted == 0
    assert rejected(report) == {"mojibake": "text cannot be read"}
    build(tmp_path / "corpus", tmp_path / "anew", keep_unreadable=True)
    assert content(out / "shards") == content(tmp_path / "anew/shards")


@pytest.mark.parametrize(
    ("text", "seconds", "words"),
    [
        (
            "가나다라마바사아자차카타파하" * 3,
            2.0,
            "a second, speech has 0.5 to 14",
        ),
        ("네", 4.0, "a second, speech has 0.5 to 14"),
        ("가나다라마바사아자차카타파하" * 2, 2.0, "median of the corpora is"),
        ("하나 둘 셋 넷", 6.0, "median of the corpora is"),
    ],
)
def test_a_rate_that_no_speech_has_or_far_from_the_others(
    tmp_path, text, seconds, words
):
    for number in range(24):
        stem = tmp_path / f"corpus/{number // 4}/{number:02d}"
        write_sound(stem.with_suffix(".wav"), number, 2.0)
        write_text(stem.with_suffix(".txt"), "하나 둘 셋 넷 다섯 여섯 일곱")
    write_sound(tmp_path / "corpus/odd/a.wav", 30, seconds)
    write_text(tmp_path / "corpus/odd/a.txt", text)
    report = build(tmp_path / "corpus", tmp_path / "out")
    assert rejected(report) == {"odd_a": "speaking rate an outlier"}
    assert words in report.rejected[0].detail


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
