"""The script as a person runs it: stopped, continued, begun from another, misused."""

import os
import signal

import numpy as np
import pytest
from keras import ops

from datasets.batches import split
from datasets.crops import AlignedWriter, Crops
from datasets.store.features import FeatureStore
from moksori.audio import files
from moksori.commands import train_wavenet
from moksori.training.checkpoints import read
from moksori.training.kinds import WAVENET as KIND
from moksori.training.recipes.wavenet import WaveNetRecipe
from moksori.training.runs import Run
from moksori.training.weights import assign, averaged
from tests.trainings import Program, last, newest, tones

WAVENET = Program(
    "train_wavenet.py",
    (
        "wavenet.layers=2",
        "wavenet_training.crop_frames=2",
        "wavenet_training.preview_every=100000",
        # A few steps lead far enough for averages to differ from the weights.
        "wavenet_training.learning_rate=0.02",
        "wavenet_training.final_learning_rate=0.02",
    ),
    endless="wavenet_training.steps=100000",
)
ALONE = ("wavenet_training.held_out=0", "wavenet_training.previews=0")


@pytest.fixture(scope="module")
def store(tiny_store):
    return tiny_store


def train(store, run, *overrides, words=()) -> int:
    """The script within this process, where TensorFlow is loaded already."""
    return train_wavenet.main(
        [*WAVENET.words(store, run, *overrides), *map(str, words)]
    )


@pytest.fixture(scope="module")
def run(store, tmp_path_factory):
    """A training of three steps."""
    folder = tmp_path_factory.mktemp("logs") / "run"
    assert train(store, folder, "wavenet_training.steps=3") == 0
    return folder


@pytest.mark.program
def test_a_request_to_stop_saves_and_says_so(store, tmp_path):
    code, out, err = WAVENET.stop(store, tmp_path / "run", signal.SIGINT, after=2)
    assert code == 130, err
    stopped = newest(tmp_path / "run")
    assert f"stopped after step {stopped}; the same command continues" in out
    assert "SIGINT: stopping after this step and saving" in err
    assert stopped >= 2
    assert "synthesize.py --voice RUN --vocoder" in out


def test_a_training_that_is_continued_is_one_without_a_break(run, store, tmp_path):
    """To the last bit: weights, averages, optimizer and the held-out loss."""
    for steps in (1, 3):
        assert train(store, tmp_path / "run", f"wavenet_training.steps={steps}") == 0
    broken, whole = last(tmp_path / "run"), last(run)
    assert broken.step == whole.step == 3
    assert set(broken.arrays) == set(whole.arrays)
    for name, array in whole.arrays.items():
        np.testing.assert_array_equal(broken.arrays[name], array, err_msg=name)
    assert broken.metric == whole.metric
    first = read(Run.open(run).checkpoints()[0].path).arrays
    moved = {
        name for name, array in whole.arrays.items() if (array != first[name]).any()
    }
    assert any(name.endswith("/average") for name in moved)
    # All of the network learns: the last layers, the first, and the conditioning.
    learning = {name.split("/")[1] for name in moved if name.startswith("model/")}
    assert learning == {name.split("/")[1] for name in first if name[:6] == "model/"}


def test_checkpoints_are_ranked_by_what_will_speak(run, store):
    """The held-out loss is that of the averaged weights."""
    found, opened = last(run), FeatureStore.open(store)
    settings = KIND.settings_of(Run.open(run))
    recipe = WaveNetRecipe(settings, opened.speakers)
    model = recipe.network(recipe.trainer().model.compute)
    _, unseen = split(opened, settings.wavenet_training.held_out)
    crops = recipe.crops(opened, unseen, model)

    def loss(arrays):
        assign(model, None, arrays)
        losses = []
        for batch in crops.fixed(4):
            said = model(
                batch["signal"],
                batch["mels"],
                batch["speaker"],
                output_length=batch["target"].shape[1],
            )
            each = model.distribution.loss(said, batch["target"])
            losses.append(ops.convert_to_numpy(each).mean())
        return float(np.mean(losses))

    raw = {n: a for n, a in found.arrays.items() if n.startswith("model/")}
    expected, other = loss(averaged(found.arrays)), loss(raw)
    assert abs(other - expected) > 1e-3
    assert found.metric == pytest.approx(expected, abs=0.1 * abs(other - expected))


def test_from_begins_with_the_averages_of_another_run(run, store, tmp_path, capsys):
    steps = ("wavenet_training.steps=1", *ALONE)
    assert train(store, tmp_path / "run", *steps, words=["--from", run]) == 0
    said = capsys.readouterr().out
    assert "warm start: " in said
    assert "left as it was" not in said
    first = read(tmp_path / "run/checkpoints/step-00000000.safetensors").arrays
    theirs = averaged(last(run).arrays)
    for mine in (first, averaged(first)):
        for name, array in theirs.items():
            np.testing.assert_array_equal(mine[name], array, err_msg=name)


def test_one_bad_batch_is_left_out(store, tmp_path, monkeypatch, caplog):
    usual = Crops.at

    def at(self, step):
        shape, batch = usual(self, step)
        if step == 1:
            batch["mels"][0, 3] = np.nan
        return shape, batch

    monkeypatch.setattr(Crops, "at", at)
    kept = ("wavenet_training.save_every=1", "wavenet_training.keep=9")
    steps = ("wavenet_training.steps=3", *kept, *ALONE)
    assert train(store, tmp_path / "run", *steps) == 0
    assert "update skipped (bad step 1 in a row, 1 in all)" in caplog.text
    run = Run.open(tmp_path / "run")
    # A state that may be doubtful is not written.
    assert [header.step for header in run.checkpoints()] == [0, 1, 3]
    assert run.restore().state["health"]["bad_steps"] == 1
    after = run.restore().arrays
    assert all(np.isfinite(array).all() for array in after.values())
    assert after["optimizer/iteration"] == 2
    before = run.restore(step=1).arrays
    assert (after["model/head/kernel"] != before["model/head/kernel"]).any()


@pytest.fixture
def aligned(store, tmp_path):
    """Mels that are not the recordings' own, for all of them."""
    opened = FeatureStore.open(store)
    writer = AlignedWriter(tmp_path / "mels", opened, "a voice")
    for index in range(len(opened)):
        writer.write(index, 0.5 * opened.mel(index))
    writer.finish()
    return tmp_path / "mels"


def test_mels_of_a_voice_take_the_place_of_the_recordings(
    store, aligned, tmp_path, monkeypatch
):
    heard = []
    trainer = WaveNetRecipe.trainer

    def listening(self, devices):
        made = trainer(self, devices)
        step = made.step
        made.step = lambda batch, **more: heard.append(batch) or step(batch, **more)
        return made

    monkeypatch.setattr(WaveNetRecipe, "trainer", listening)
    steps = ("wavenet_training.steps=1", *ALONE)
    assert train(store, tmp_path / "run", *steps, words=["--mels", aligned]) == 0
    opened = FeatureStore.open(store)
    settings = KIND.settings_of(Run.open(tmp_path / "run"))
    recipe = WaveNetRecipe(settings, opened.speakers)
    usual = recipe.crops(opened, range(len(opened)), recipe.network()).at(0)[1]
    np.testing.assert_allclose(heard[-1]["mels"], 0.5 * usual["mels"], atol=2e-3)
    np.testing.assert_array_equal(heard[-1]["signal"], usual["signal"])


def test_mels_of_another_length_are_one_line(store, aligned, tmp_path, capsys):
    for path in aligned.glob("*.npy"):
        np.save(path, np.load(path)[:-1])
    words = ["--mels", aligned]
    assert train(store, tmp_path / "run", *ALONE, words=words) == 2
    assert "mel frames for a recording of" in capsys.readouterr().err


def test_previews_are_recordings_beside_their_copies(store, tmp_path):
    shown = ("wavenet_training.steps=2", "wavenet_training.preview_every=2")
    assert train(store, tmp_path / "run", *shown) == 0
    folder = Run.open(tmp_path / "run").previews(2)
    assert sorted(path.name for path in folder.iterdir()) == [
        "0_copy.wav",
        "0_recording.wav",
        "0_spectrogram.png",
    ]
    opened = FeatureStore.open(store)
    index = split(opened, 2)[1][0]
    recording, copy = (
        files.load(folder / f"0_{kind}.wav", opened.audio.sample_rate)
        for kind in ("recording", "copy")
    )
    np.testing.assert_allclose(recording, opened.wave(index), atol=1e-4)
    assert copy.shape == recording.shape
    assert np.abs(copy).max() > 0
    assert (folder / "0_spectrogram.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["wavenet.layers=4"], "hparams.wavenet.layers: 2 -> 4"),
        (["audio.fmin=50"], "audio.fmin: 0.0 != 50.0"),
    ],
)
def test_a_run_goes_on_as_it_began_or_not_at_all(run, store, capsys, overrides, said):
    before = newest(run)
    assert train(store, run, *overrides) == 2
    error = capsys.readouterr().err
    assert said in error
    assert "Traceback" not in error
    assert newest(run) == before


@pytest.mark.parametrize(
    ("overrides", "speakers", "said"),
    [
        (["audio.fmin=50"], ("minji", "suho"), "audio.fmin: 50.0 != 0.0"),
        ([], ("minji", "yuna"), 'speakers: ["minji", "suho"] -> ["minji", "yuna"]'),
    ],
)
def test_other_features_are_refused(run, tmp_path, capsys, overrides, speakers, said):
    others = tones(tmp_path, *overrides, speakers=speakers, count=4)
    assert train(others, run) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("overrides", "words", "said"),
    [
        (["wavenet.layer=2"], [], "did you mean wavenet.layers?"),
        (["wavenet_training.compute=float16"], [], "auto, float32 or bfloat16"),
        ([], ["--from", "nowhere"], "no run nowhere"),
        ([], ["--mels", "nowhere"], "nowhere: holds no aligned mels"),
    ],
)
def test_mistakes_are_one_line(store, tmp_path, capsys, overrides, words, said):
    assert train(store, tmp_path / "run", *overrides, words=words) == 2
    error = capsys.readouterr().err
    assert said in error
    assert len(error.strip().splitlines()) == 1


def test_features_must_be_complete(tmp_path, capsys):
    assert train(tmp_path, tmp_path / "run") == 2
    assert "run preprocess.py" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_a_run_is_trained_by_one_process_at_a_time(run, store, capsys):
    with Run.open(run).lock():
        assert train(store, run, WAVENET.endless) == 2
    assert f"being trained already (process {os.getpid()})" in capsys.readouterr().err
