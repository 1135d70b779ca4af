"""The benchmark of failures, on a tiny voice that fails always."""

import json

from benchmarks import failures
from benchmarks.hard_sentences import COUNT, LONGEST, hard_sentences
from hparams import preset
from moksori.voices.attempts import ATTEMPTS
from moksori.voices.reading import read
from tests.voices.runs import make_run


def test_five_hundred_sentences_that_can_be_spoken():
    sentences = hard_sentences()
    assert len(set(sentences)) == len(sentences) == COUNT == 500
    assert sentences == hard_sentences()
    assert LONGEST >= max(map(len, sentences)) > 180
    for sentence in sentences:
        assert read(sentence, preset("demo")).pieces


def test_failures_before_and_after(tmp_path, capsys):
    voice, file = make_run(tmp_path / "tiny"), tmp_path / "failures.json"
    flags = ["--voice", str(voice), "--count", "4", "--json", str(file)]
    assert failures.main(flags) == 0
    before, after = json.loads(file.read_text("utf-8"))
    assert (before["most_attempts"], after["most_attempts"]) == (1, ATTEMPTS)
    assert before["lines"] == before["failed"] == 4
    assert before["attempts"] == {"1": 4}
    assert "no stop token" in json.dumps(after["worst"])
    assert "4 of 4 failed" in capsys.readouterr().out
