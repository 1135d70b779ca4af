"""How vocoders are judged: figures, references, history, picture and program."""

import json
import sys
import types
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import hparams
from audio.spectrum import mel_spectrogram
from benchmarks import bootstrap, copies, quality_curve, systems, vocoder_quality
from datasets.store import FeatureStore
from tests.datasets.made import folder_corpus
from tests.datasets.stores import build
from training.board import Board
from training.runs import Run
from voices.generation import VoiceError

TINY = hparams.preset("tiny")
RATE = TINY.audio.sample_rate


class Given:
    """A vocoder that gives what it was given."""

    def __init__(self, waves):
        self.waves = waves

    def generate(self, mels):
        return self.waves


def voice(seed: int) -> np.ndarray:
    """Syllables of a harmonic sound with pauses, a whole number of frames."""
    time = np.arange(64 * TINY.audio.hop_length) / RATE
    phase = 2 * np.pi * np.cumsum(120 + 20 * np.sin(3 * time + seed)) / RATE
    sound = sum(np.sin(k * phase) / k for k in range(1, 20))
    return (0.2 * sound * (np.sin(2 * np.pi * 2.2 * time) > -0.3)).astype(np.float32)


def noisy(wave: np.ndarray, ratio: float) -> np.ndarray:
    power = np.mean(wave**2) / ratio
    noise = np.random.default_rng(5).standard_normal(wave.size)
    return (wave + np.sqrt(power) * noise).astype(np.float32)


@pytest.fixture(scope="module")
def recordings():
    waves = [voice(seed) for seed in range(3)]
    mels = [mel_spectrogram(wave, TINY.audio) for wave in waves]
    who = ["minji"] * 3
    return copies.Recordings("made", ["a", "b", "c"], who, waves, mels, TINY.audio)


@pytest.fixture(scope="module")
def judge(recordings):
    return copies.Judge(recordings)


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

    module = types.ModuleType("voices.vocoder")
    module.WaveNetVocoder = WaveNetVocoder
    monkeypatch.setitem(sys.modules, "voices.vocoder", module)
    made = Run.create(tmp_path / "wave", {"hparams": TINY.to_dict()})
    for step in (10, 100, 1000):
        made.save(step, {}, {})
    return made


def means(measured: dict) -> dict:
    return {name: of["mean"] for name, of in measured["figures"].items()}


def test_a_mean_and_its_interval():
    assert bootstrap.mean_of([2.0] * 5) == {
        "mean": 2.0,
        "interval": [2.0, 2.0],
        "count": 5,
    }
    values = np.random.default_rng(0).normal(3, 1, 400)
    low, high = bootstrap.mean_of(values)["interval"]
    # The mean of 400 has a standard error of 0.05.
    assert high - low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.1)
    assert low < values.mean() < high


def test_what_has_no_figure_is_left_out():
    assert bootstrap.mean_of([1.0, np.nan, 3.0])["mean"] == 2.0
    assert bootstrap.mean_of([1.0, np.nan, 3.0])["count"] == 2
    assert bootstrap.mean_of([np.nan]) == {
        "mean": None,
        "interval": [None, None],
        "count": 0,
    }


def test_recordings_do_not_differ_from_themselves(judge, recordings):
    measured = judge.measure(Given(recordings.waves))
    found = means(measured)
    assert found.pop("pesq", 4.64) == pytest.approx(4.64, abs=0.01)
    assert found == {"periodicity": 0, "voicing": 1, "cents": 0, "cepstral": 0}
    assert [row["id"] for row in measured["utterances"]] == ["a", "b", "c"]
    assert measured["real_time_factor"] >= 0


def test_more_noise_is_worse_by_every_figure(judge, recordings):
    found = [
        means(judge.measure(Given([noisy(w, ratio) for w in recordings.waves])))
        for ratio in (1000, 30, 1)
    ]
    for name in copies.measurable():
        values = [each[name] for each in found]
        better = name in ("pesq", "voicing")
        assert values == sorted(values, reverse=better), name
        assert values[0] != values[-1], name


def test_silence_is_judged(judge, recordings):
    silence = [np.zeros_like(wave) for wave in recordings.waves]
    found = means(judge.measure(Given(silence)))
    assert found["voicing"] == 0
    assert found["cents"] is None
    assert found["periodicity"] > 0.3
    assert found.get("pesq", 1.0) == 1.0


def test_pesq_hears_waves_at_16_khz(monkeypatch):
    heard = []

    def pesq(rate, recording, wave, mode):
        heard.append((rate, recording, wave, mode))
        return 3.5

    monkeypatch.setitem(sys.modules, "pesq", types.SimpleNamespace(pesq=pesq))
    monkeypatch.setattr(copies.importlib.util, "find_spec", lambda name: True)
    wave = voice(0)
    assert copies.rating()(wave, 0.5 * wave, RATE) == 3.5
    rate, recording, other, mode = heard[0]
    assert (rate, mode) == (16000, "wb")
    assert recording.size == 2 * wave.size
    assert other == pytest.approx(0.5 * recording, abs=1e-6)
    assert copies.rating()(wave, 0 * wave, RATE) == 1.0
    assert len(heard) == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [(lambda w: w[:-1], "as long as"), (lambda w: w * np.nan, "not finite")],
)
def test_what_is_no_copy_is_refused(judge, recordings, change, words):
    with pytest.raises(ValueError, match=words):
        judge.measure(Given([change(wave) for wave in recordings.waves]))


@pytest.mark.parametrize("height", [0.5, 0.05])
def test_companding_costs_the_same_share_at_any_level(height):
    time = np.arange(RATE) / RATE
    wave = (height * np.sin(2 * np.pi * 200 * time)).astype(np.float32)
    copy = copies.Companded([wave]).generate([])[0]
    ratio = 10 * np.log10(np.mean(wave**2) / np.mean((copy - wave) ** 2))
    assert 34 < ratio < 42  # eight bits; a straight scale would lose 20 dB


def test_companding_keeps_silence_and_leaves_less_noise_with_preemphasis():
    assert not copies.Companded([np.zeros(50, np.float32)], 0.85).generate([])[0].any()
    # Noise of the companding follows what is companded, and speech is mostly bass.
    wave = voice(1)
    plain, sharp = (copies.Companded([wave], p).generate([])[0] for p in (0.0, 0.85))
    treble = [np.mean(np.diff(copy - wave, 2) ** 2) for copy in (plain, sharp)]
    assert treble[1] < treble[0] / 4


def test_references_are_the_floor_and_two_ceilings(judge, recordings):
    floor, low, high = systems.references()
    assert floor.name == "Griffin-Lim, 32 iterations"
    assert floor.make(recordings).audio.griffin_lim_iterations == 32
    found = [
        means(judge.measure(system.make(recordings))) for system in (floor, low, high)
    ]
    assert found[0]["periodicity"] > 10 * max(f["periodicity"] for f in found[1:])


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
    board = Board(tmp_path / "events")
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
    assert [row["step"] for row in first] == [None, None, None, 10]

    calls = []
    measure = copies.Judge.measure
    monkeypatch.setattr(
        copies.Judge, "measure", lambda *a: calls.append(a) or measure(*a)
    )
    capsys.readouterr()
    picture = tmp_path / "p" / "curve.png"
    more = ("--every-checkpoint", "--out", out, "--picture", picture)
    assert call(store, *flags, *more) == 0
    assert len(calls) == 2
    rows = quality_curve.read(history)
    assert rows[:4] == first
    assert [row["step"] for row in rows[4:]] == [100, 1000]
    assert "utterances" not in rows[-1]
    errors = [row["figures"]["periodicity"]["mean"] for row in rows[3:]]
    assert errors == sorted(errors, reverse=True)
    assert picture.read_bytes().startswith(b"\x89PNG")

    written = json.loads(out.read_text())
    assert [row["step"] for row in written] == [None, None, None, 10, 100, 1000]
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
