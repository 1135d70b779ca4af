"""Recordings to speech: the four commands of the pipeline, one after another."""

import json

from moksori.audio import files
from moksori.commands import preprocess, synthesize, train_tacotron, train_wavenet
from tests.datasets.made import write_sound, write_text
from tests.trainings import tiny

LINES = "안녕하세요.\n반갑습니다.\n"


def test_recordings_become_a_voice_that_speaks(tmp_path):
    for number in range(4):
        stem = tmp_path / "corpus" / str(number)
        write_sound(stem.with_suffix(".wav"), 10 * number)
        write_text(stem.with_suffix(".txt"), "안녕하세요.")
    names = ("features", "voice", "vocoder", "speech")
    features, voice, vocoder, out = (tmp_path / name for name in names)
    words = [str(tmp_path / "corpus"), "--out", str(features), "--preset", "tiny"]
    assert preprocess.main(words) == 0
    assert train_tacotron.main(tiny("tacotron_training", features, voice)) == 0
    assert train_wavenet.main(tiny("wavenet_training", features, vocoder)) == 0
    (tmp_path / "lines.txt").write_text(LINES, "utf-8")
    words = ["--voice", voice, "--vocoder", vocoder, "--out", out]
    words += ["--file", tmp_path / "lines.txt"]
    assert synthesize.main([str(word) for word in words]) == 0
    rows = (out / "manifest.jsonl").read_text("utf-8").splitlines()
    for row, text in zip(map(json.loads, rows), LINES.splitlines(), strict=True):
        assert row["text"] == text
        wave, rate = files.decode(out / row["wav"])
        assert abs(wave.size / rate - row["seconds"]) < 0.01
