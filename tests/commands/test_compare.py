"""The command, on tiny voices of random weights: everything but good sound.

Systems synthesize in this process, which saves a start of the backend for each; one
test runs them as a comparison does, in processes of their own.
"""

import json

import numpy as np
import pytest

from datasets.store.features import FeatureStore
from moksori.audio.files import load, save
from moksori.commands import clone, compare, synthesize
from moksori.comparison import systems
from moksori.comparison.clips import read_manifest
from moksori.comparison.process import ProcessResult
from moksori.demo import corpus
from moksori.training import record
from tests.datasets.stores import build
from tests.voices.runs import make_run, make_vocoder_run

CONSENT = ("--consent", "nobody: a synthetic speaker, 2026, for a test")
COMMANDS = {"synthesize": synthesize.main, "clone": clone.main}
RUN_MEASURED = systems.run_measured


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A voice, a vocoder, features of a synthetic speaker and a reference."""
    folder = tmp_path_factory.mktemp("compare")
    make_run(folder / "voice")
    make_vocoder_run(folder / "vocoder")
    build(corpus.write(folder / "corpus", 12), folder / "features")
    text = "바람이 많이 불어서 나뭇잎이 자꾸 떨어집니다. 그래도 걸었어요."
    speech = corpus.synthesize(text, corpus.SPEAKERS[0])
    save(folder / "me.wav", speech, corpus.SAMPLE_RATE)
    return folder


@pytest.fixture
def call(place, tmp_path, capsys, monkeypatch):
    """Run the command: `(exit code, comparison, standard output, standard error)`."""

    def in_process(command, folder, lines, sources, progress):
        _, _, _, name, *words = map(str, command)
        code = COMMANDS[name](words)
        complaint = capsys.readouterr().err.strip().splitlines()[-1] if code else ""
        return ProcessResult(code, 1.0, 200.0, complaint, spoke=code in (0, 1))

    monkeypatch.setattr(systems, "run_measured", in_process)

    def run(*flags, consent=CONSENT):
        words = ["--voice", place / "voice", "--out", tmp_path, *flags, *consent]
        code = compare.main(list(map(str, words)))
        report = tmp_path / "comparison.json"
        said = capsys.readouterr()
        made = json.loads(report.read_text("utf-8")) if report.exists() else None
        return code, made, said.out, said.err

    return run


def test_everything_that_can_speak_is_compared(call, place, tmp_path):
    empty = tmp_path / "no-weights"
    empty.mkdir()
    flags = ("--vocoder", place / "vocoder", "--recordings", place / "features")
    code, made, out, _ = call(*flags, "--count", 3, "--weights", empty)
    assert code == 0
    keys = [system["key"] for system in made["systems"]]
    assert keys == ["recording", "griffin-lim", "wavenet"]
    assert made["consent"] == CONSENT[1]
    assert len(made["sentences"]) == 3
    for sentence in made["sentences"]:
        for key in keys:
            clip = sentence["clips"][key]
            wave = load(tmp_path / clip["wav"], 8000)
            assert len(wave) / 8000 == pytest.approx(clip["seconds"], abs=0.01)
        assert sentence["clips"]["griffin-lim"]["alignment"].endswith(".png")
    abouts = [system["about"] for system in made["systems"][1:]]
    assert f"{place / 'voice'}, step 3" in abouts[0]
    assert f"{place / 'vocoder'}, step 3" in abouts[1]
    for system in made["systems"][1:]:
        assert system["about"].endswith(("on the processor", "on the GPU"))
        assert system["real_time_factor"]["mean"] > 0
        assert system["failures"]["of"] == 3
        assert system["training_minutes"] is None
        # Spoken together, and timed together: one figure tells no interval.
        assert system["real_time_factor"]["interval"] == [None, None]
    for key in (*keys, "reference"):
        signed = {row["wav"] for row in read_manifest(tmp_path / key)}
        assert signed == {path.name for path in (tmp_path / key).glob("*.wav")}
        for row in read_manifest(tmp_path / key):
            assert row["consent"] == CONSENT[1]
    rows = {row["key"]: row for row in made["figures"]}
    assert rows["cepstral_decibel"]["systems"]["griffin-lim"]["count"] > 0
    assert rows["focus"]["systems"]["recording"] is None
    assert "is not known" in made["remarks"][0]
    missing = {each["name"]: each["reason"] for each in made["missing"]}
    reason = missing["XTTS, zero-shot"]
    assert reason
    assert not reason.startswith("clone")
    assert f"without XTTS, zero-shot: {reason}" in out
    page = (tmp_path / "compare.html").read_text("utf-8")
    assert all(line in page for line in (CONSENT[1], made["sentences"][0]["text"]))
    assert f"the page: {tmp_path / 'compare.html'}" in out


@pytest.mark.program
def test_systems_speak_in_processes_of_their_own_and_once(
    call, place, tmp_path, monkeypatch
):
    monkeypatch.setattr(systems, "run_measured", RUN_MEASURED)
    flags = ("--recordings", place / "features", "--count", 2)
    _, first, _, _ = call(*flags)
    assert first["systems"][1]["memory_megabytes"] > 100
    spoken = tmp_path / "griffin-lim/0001.wav"
    before = spoken.stat().st_mtime_ns
    _, again, _, _ = call(*flags)
    assert spoken.stat().st_mtime_ns == before
    for made in (first, again):
        del made["created"]
    assert again == first


def test_sentences_without_recordings(call, place, tmp_path):
    store = FeatureStore.open(place / "features")
    record.write_training_record(place / "voice", store, 1)
    lines = tmp_path / "lines.txt"
    lines.write_text("안녕하세요.\n...\n", "utf-8")
    try:
        flags = ("--reference", place / "me.wav", "--sentences", lines)
        code, made, _, _ = call(*flags)
    finally:
        (place / "voice/trained-on.json").unlink()
    assert code == 0
    (system,) = (one for one in made["systems"] if one["key"] == "griffin-lim")
    assert "error" in made["sentences"][1]["clips"]["griffin-lim"]
    assert system["failures"]["count"] >= 1
    seconds = sum(map(len, map(store.wave, range(len(store))))) / 8000
    assert system["training_minutes"] == pytest.approx(seconds / 60, abs=0.01)
    assert made["reference"]["files"] == ["me.wav"]
    assert made["reference"]["features"]["duration_seconds"] > 3
    assert "cepstral_decibel" not in {row["key"] for row in made["figures"]}


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


@pytest.mark.parametrize("fault", ["vocoder", "reference"])
def test_what_cannot_be_compared_is_refused_before_anything_is_spoken(
    call, place, tmp_path, fault
):
    """A vocoder for other mels, and a reference that is silent."""
    if fault == "vocoder":
        make_vocoder_run(tmp_path / "other", "audio.mels=16")
        flags, words = ("--vocoder", tmp_path / "other"), "audio.mels"
    else:
        save(tmp_path / "silence.wav", np.zeros(32000, np.float32), 8000)
        flags, words = ("--reference", tmp_path / "silence.wav"), "silence.wav"
    code, made, _, err = call(*flags, "--recordings", place / "features")
    assert (code, made) == (2, None)
    assert words in err
    assert not (tmp_path / "griffin-lim").exists()
