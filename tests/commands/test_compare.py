"""The script, on tiny voices of random weights: everything but good sound."""

import json

import numpy as np
import pytest

from datasets.store.build import FeatureStore
from moksori.audio.files import load, save
from moksori.commands import compare
from moksori.comparison.clips import read_manifest
from moksori.demo.corpus import SAMPLE_RATE, SPEAKERS, synthesize, write
from moksori.training import record
from tests.datasets.stores import build
from tests.voices.runs import make_run, make_vocoder_run

CONSENT = ("--consent", "nobody: a synthetic speaker, 2026, for a test")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A voice, a vocoder, features of a synthetic speaker and a reference."""
    folder = tmp_path_factory.mktemp("compare")
    make_run(folder / "voice")
    make_vocoder_run(folder / "vocoder")
    build(write(folder / "corpus", 12), folder / "features")
    text = "바람이 많이 불어서 나뭇잎이 자꾸 떨어집니다. 그래도 걸었어요."
    save(folder / "me.wav", synthesize(text, SPEAKERS[0]), SAMPLE_RATE)
    return folder


def _seconds(store) -> float:
    return sum(len(store.wave(i)) for i in range(len(store))) / store.audio.sample_rate


@pytest.fixture
def call(place, tmp_path, capsys):
    """Runs the script: `(exit code, comparison, standard output, standard error)`."""

    def run(*flags, consent=CONSENT):
        words = ["--voice", place / "voice", "--out", tmp_path, *flags, *consent]
        code = compare.main(list(map(str, words)))
        report = tmp_path / "comparison.json"
        said = capsys.readouterr()
        made = json.loads(report.read_text("utf-8")) if report.exists() else None
        return code, made, said.out, said.err

    return run


def test_everything_that_can_speak_is_compared(call, place, tmp_path):
    flags = ("--vocoder", place / "vocoder", "--recordings", place / "features")
    code, made, out, _ = call(*flags, "--count", 3)
    assert code == 0
    keys = [system["key"] for system in made["systems"]]
    assert keys[:3] == ["recording", "griffin-lim", "wavenet"]
    assert made["consent"] == CONSENT[1]
    assert len(made["sentences"]) == 3
    for sentence in made["sentences"]:
        for key in keys[:3]:
            clip = sentence["clips"][key]
            wave = load(tmp_path / clip["wav"], 8000)
            assert len(wave) / 8000 == pytest.approx(clip["seconds"], abs=0.01)
        assert sentence["clips"]["griffin-lim"]["alignment"].endswith(".png")
    abouts = [system["about"] for system in made["systems"][1:3]]
    assert f"{place / 'voice'}, step 3" in abouts[0]
    assert f"{place / 'vocoder'}, step 3" in abouts[1]
    for system in made["systems"][1:3]:
        assert system["memory_megabytes"] > 100
        assert system["about"].endswith(("on the processor", "on the GPU"))
        assert system["real_time_factor"]["mean"] > 0
        assert system["failures"]["of"] == 3
        assert system["training_minutes"] is None
        # Spoken together, and timed together: one figure tells no interval.
        assert system["real_time_factor"]["interval"] == [None, None]
    for key in (*keys[:3], "reference"):
        signed = {row["wav"] for row in read_manifest(tmp_path / key)}
        assert signed == {path.name for path in (tmp_path / key).glob("*.wav")}
        for row in read_manifest(tmp_path / key):
            assert row["consent"] == CONSENT[1]
    rows = {row["key"]: row for row in made["figures"]}
    assert rows["cepstral_decibel"]["systems"]["griffin-lim"]["count"] > 0
    assert rows["focus"]["systems"]["recording"] is None
    assert "is not known" in made["remarks"][0]
    page = (tmp_path / "compare.html").read_text("utf-8")
    assert all(line in page for line in (CONSENT[1], made["sentences"][0]["text"]))
    assert f"the page: {tmp_path / 'compare.html'}" in out


def test_what_was_spoken_is_taken_the_next_time(call, place, tmp_path):
    flags = ("--recordings", place / "features", "--count", 2)
    _, first, _, _ = call(*flags)
    spoken = tmp_path / "griffin-lim/0001.wav"
    before = spoken.stat().st_mtime_ns
    _, again, _, _ = call(*flags)
    assert spoken.stat().st_mtime_ns == before
    for made in (first, again):
        del made["created"]
    assert again == first


def test_sentences_without_recordings(call, place, tmp_path):
    lines = tmp_path / "lines.txt"
    lines.write_text("안녕하세요.\n...\n", "utf-8")
    flags = ("--reference", place / "me.wav", "--sentences", lines)
    code, made, _, _ = call(*flags)
    assert code == 0
    assert made["systems"][0]["key"] == "griffin-lim"
    assert "error" in made["sentences"][1]["clips"]["griffin-lim"]
    assert made["systems"][0]["failures"]["count"] >= 1
    assert made["reference"]["files"] == ["me.wav"]
    assert made["reference"]["features"]["duration_seconds"] > 3
    assert "cepstral_decibel" not in {row["key"] for row in made["figures"]}


def test_what_is_missing_is_said(call, place):
    empty = place / "no-weights"
    empty.mkdir(exist_ok=True)
    flags = ("--recordings", place / "features", "--count", 2, "--weights", empty)
    code, made, out, _ = call(*flags)
    assert code == 0
    missing = {each["name"]: each["reason"] for each in made["missing"]}
    reason = missing["XTTS, zero-shot"]
    assert reason
    assert ".py" not in reason
    assert f"without XTTS, zero-shot: {reason}" in out


def test_minutes_of_training_are_known_from_the_run(call, place, tmp_path):
    store = FeatureStore.open(place / "features")
    record.write_training_record(place / "voice", store, 1)
    try:
        lines = tmp_path / "lines.txt"
        lines.write_text("네.\n", "utf-8")
        _, made, _, _ = call("--sentences", lines)
        trained = made["systems"][0]["training_minutes"]
        assert trained == record.read_training_record(place / "voice")["minutes"]
        assert trained == pytest.approx(_seconds(store) / 60, abs=0.01)
    finally:
        (place / "voice/trained-on.json").unlink()


@pytest.mark.parametrize(
    ("flags", "consent", "words"),
    [
        (("--sentences", "lines.txt"), (), "--consent"),
        ((), CONSENT, "--sentences or --recordings"),
        (("--recordings", "nowhere"), CONSENT, "nowhere"),
        (("--sentences", "nowhere.txt"), CONSENT, "nowhere.txt"),
        (("--speaker", "우리"), CONSENT, "no speaker 우리"),
    ],
)
def test_mistakes_are_one_line(call, flags, consent, words):
    code, made, out, err = call(*flags, consent=consent)
    assert (code, made, out) == (2, None, "")
    (line,) = err.strip().splitlines()
    assert line.startswith("compare: ")
    assert words in line


def test_a_vocoder_of_other_mels_is_refused_before_anybody_speaks(
    call, place, tmp_path
):
    make_vocoder_run(tmp_path / "other", "audio.mels=16")
    flags = ("--vocoder", tmp_path / "other", "--recordings", place / "features")
    code, made, _, err = call(*flags)
    assert (code, made) == (2, None)
    assert "audio.mels" in err
    assert not (tmp_path / "griffin-lim").exists()


def test_a_silent_reference_is_refused_before_anybody_speaks(call, place, tmp_path):
    save(tmp_path / "silence.wav", np.zeros(32000, np.float32), 8000)
    flags = ("--reference", tmp_path / "silence.wav", "--recordings")
    code, made, _, err = call(*flags, place / "features")
    assert (code, made) == (2, None)
    assert "silence.wav" in err
    assert not (tmp_path / "griffin-lim").exists()
