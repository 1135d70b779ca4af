"""The vocoder benchmark: runs, history, picture and program."""

import json
import sys
import types
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import copies, quality_curve, systems, vocoder_quality
from datasets.store.features import FeatureStore
from moksori.training.runs import Run
from moksori.training.tensorboard import TensorBoardWriter
from moksori.voices.generation import VoiceError
from tests.benchmarks.judged import RATE, TINY, Given, noisy
from tests.datasets.made import folder_corpus
from tests.datasets.stores import build


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("quality")
    build(folder_corpus(folder / "corpus", 5), folder / "features")
    return folder / "features"


@pytest.fixture
def run(tmp_path, monkeypatch, store) -> Run:
    """A run with checkpoints of three steps, whose vocoder gives the recordings with
    noise, less of it after more steps."""
    waves = [FeatureStore.open(store).wave(i) for i in range(5)]

    class WaveNetVocoder(Given):
        @classmethod
        def load(cls, folder, best=False, step=None):
            assert folder.name == "wave"
            assert not best
            return cls([noisy(wave, step) for wave in waves])

        def check(self, audio):
            if audio != TINY.audio:
                raise VoiceError("other mels")

        def generate(self, mels, speaker=None, seed=0):
            assert speaker == ["minji"] * len(mels)
            return self.waves

    module = types.ModuleType("moksori.voices.vocoder")
    module.WaveNetVocoder = WaveNetVocoder
    monkeypatch.setitem(sys.modules, "moksori.voices.vocoder", module)
    made = Run.create(tmp_path / "wave", {"hparams": TINY.to_dict()})
    for step in (10, 100, 1000):
        made.save(step, {}, {})
    return made


def test_utterances_are_spread_over_the_features(store):
    opened = FeatureStore.open(store)
    assert copies.Recordings.read(opened, 99).ids == [row.id for row in opened.rows]
    three = copies.Recordings.read(opened, 3)
    assert three.ids == [opened.rows[i].id for i in (0, 2, 4)]
    assert three.seconds == pytest.approx(sum(map(len, three.waves)) / RATE)
    assert three.facts == {"features": f"features {opened.fingerprint}", "count": 3}


def test_checkpoints_of_a_run(run):
    def steps(wanted=None, every=False):
        return [s.step for s in systems.of_run(run.folder, wanted, every)]

    assert steps() == [1000]
    assert steps(every=True) == [10, 100, 1000]
    assert steps([100, 10]) == [100, 10]
    with pytest.raises(ValueError, match=r"no checkpoint of step 5, only of \[10"):
        steps([5])


def test_a_run_without_checkpoints_or_of_other_mels_is_refused(
    run, recordings, tmp_path
):
    Run.create(tmp_path / "new", {"hparams": TINY.to_dict()})
    with pytest.raises(ValueError, match="has no checkpoint yet"):
        systems.of_run(tmp_path / "new", None, False)
    system = systems.of_run(run.folder, None, False)[0]
    other = replace(recordings, audio=replace(TINY.audio, fmin=100.0))
    with pytest.raises(VoiceError, match="other mels"):
        system.make(other)


def test_seconds_of_training_from_the_speeds_it_showed(tmp_path):
    board = TensorBoardWriter(tmp_path / "events")
    board.scalars(10, {"speed/steps_per_second": 2.0})
    board.scalars(30, {"speed/steps_per_second": 4.0})
    board.close()
    taken = quality_curve.training_seconds(tmp_path / "events")
    assert taken == {10: 5.0, 30: 10.0}
    assert quality_curve.until(30, taken) == 10.0
    assert quality_curve.until(20, taken) == 7.5
    assert quality_curve.until(5, taken) == 2.5
    assert quality_curve.training_seconds(tmp_path / "none") == {}
    assert quality_curve.until(20, {}) is None


def call(store, *more) -> int:
    return vocoder_quality.main(["--features", str(store), *map(str, more)])


def test_a_history_is_added_to_and_not_measured_again(
    run, store, tmp_path, capsys, monkeypatch
):
    history, out = tmp_path / "h" / "history.jsonl", tmp_path / "o" / "all.json"
    flags = ("--vocoder", run.folder, "--history", history)
    assert call(store, *flags, "--checkpoints", 10) == 0
    first = quality_curve.read(history)
    assert [row["step"] for row in first] == [None, None, None, None, 10]

    calls = []
    measure = copies.CopySynthesisEvaluator.measure
    monkeypatch.setattr(
        copies.CopySynthesisEvaluator,
        "measure",
        lambda *a: calls.append(a) or measure(*a),
    )
    capsys.readouterr()
    picture = tmp_path / "p" / "curve.png"
    more = ("--every-checkpoint", "--out", out, "--picture", picture)
    assert call(store, *flags, *more) == 0
    assert len(calls) == 2
    rows = quality_curve.read(history)
    assert rows[:5] == first
    assert [row["step"] for row in rows[5:]] == [100, 1000]
    assert "utterances" not in rows[-1]
    errors = [row["figures"]["periodicity"]["mean"] for row in rows[4:]]
    assert errors == sorted(errors, reverse=True)
    assert picture.read_bytes().startswith(b"\x89PNG")

    written = json.loads(out.read_text())
    assert [row["step"] for row in written] == [None, None, None, None, 10, 100, 1000]
    assert len(written[-1]["utterances"]) == written[-1]["count"] == 5
    table = capsys.readouterr().out
    assert "wave, step 1000" in table
    assert f"{written[-1]['figures']['periodicity']['mean']:.3f} +- " in table


def test_a_picture_of_runs_with_their_hours(tmp_path):
    def row(name, step, seconds, pesq):
        of = {"mean": pesq, "interval": [pesq - 0.1, pesq + 0.1], "count": 4}
        figures = {"pesq": of, "periodicity": {**of, "mean": None}}
        created = "today" if step else None
        run = name if step else None
        facts = {"name": name, "run": run, "created": created, "step": step}
        return {**facts, "training_seconds": seconds, "figures": figures}

    rows = [row("Griffin-Lim", None, None, 3.0)]
    rows += [row("one", 1000 * n, 3600.0 * n, 2 + 0.3 * n) for n in (3, 1, 2)]
    figure = quality_curve.draw(rows, tmp_path / "one.png")
    pesq = figure.get_axes()[0]
    assert list(pesq.get_lines()[0].get_xdata()) == [1000, 2000, 3000]
    assert list(pesq.get_lines()[1].get_ydata()) == [3.0, 3.0]
    above = pesq.child_axes[0]
    assert above.get_xlabel() == "hours of training"
    low, high = pesq.get_xlim()
    assert above.get_xlim() == pytest.approx((low / 1000, high / 1000))

    rows.append(row("two", 500, None, 2.5))
    two = quality_curve.draw(rows, tmp_path / "two.png")
    assert not two.get_axes()[0].child_axes
    with pytest.raises(ValueError, match="no run was measured"):
        quality_curve.draw(rows[:1], tmp_path / "none.png")


def test_measurements_with_other_recordings_are_not_drawn_together():
    rows = [{"features": f, "count": n} for f, n in (("a", 1), ("a", 2), ("b", 1))]
    assert vocoder_quality.alike(rows, {"features": "a", "count": 1}) == rows[:1]


def test_what_goes_wrong_is_one_line(store, tmp_path, capsys):
    (tmp_path / "broken.jsonl").write_text('{"a": 1}\n{"a"')
    assert call(store, "--history", tmp_path / "broken.jsonl") == 1
    assert "broken.jsonl:2: is not a line" in capsys.readouterr().err
    assert call(tmp_path) == 1
    assert "holds no features" in capsys.readouterr().err
    assert call(store, "--vocoder", tmp_path / "none") == 1
    assert "no run" in capsys.readouterr().err


@pytest.mark.parametrize(
    "flags",
    [
        ["--utterances", "0"],
        ["--every-checkpoint"],
        ["--checkpoints", "3"],
        ["--picture", "a.png"],
        ["--vocoder", "a", "--every-checkpoint", "--checkpoints", "3"],
    ],
)
def test_flags_that_contradict_are_refused(flags):
    with pytest.raises(SystemExit, match="2"):
        vocoder_quality.parse(["--features", "a", *flags])


def test_without_pesq_one_line_says_how_to_have_it(store, monkeypatch, capsys):
    monkeypatch.setattr(copies, "rating", lambda: None)
    assert call(store, "--utterances", "1") == 0
    said = capsys.readouterr()
    lines = [line for line in said.err.splitlines() if "PESQ" in line]
    assert len(lines) == 1
    lock = Path(lines[0].split(" -r ")[1])
    assert "pesq==" in (Path(copies.__file__).parents[1] / lock).read_text()
    assert "PESQ" not in said.out
    assert "cents" in said.out
