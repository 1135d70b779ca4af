"""export: the weights that speak, in half precision, in a run of their own."""

import numpy as np
import pytest

from moksori.commands import export, train_tacotron
from moksori.training.export import export_run
from moksori.training.record import read_training_record
from moksori.training.runs import Run, RunError
from moksori.training.weights import averaged
from moksori.voices.trained import TrainedVoice
from moksori.voices.vocoder import WaveNetVocoder
from tests.trainings import tiny


def test_a_voice_keeps_its_weights_and_speaks_alike(tiny_run, tmp_path, capsys):
    assert export.main([str(tiny_run), str(tmp_path / "voice")]) == 0
    assert "mels of a line differ by" in capsys.readouterr().out
    run, voice = Run.open(tiny_run), Run.open(tmp_path / "voice")
    theirs, ours = run.restore(), voice.restore()
    kept = {n: a for n, a in theirs.arrays.items() if n.startswith("model/")}
    assert ours.arrays.keys() == kept.keys()
    for name, array in ours.arrays.items():
        assert array.dtype == kept[name].dtype
        assert np.allclose(array, kept[name], rtol=1e-3, atol=1e-6)
    (path,) = (voice.folder / "checkpoints").iterdir()
    assert path.stat().st_size < theirs.path.stat().st_size / 4
    assert (ours.step, ours.state) == (theirs.step, theirs.state)
    assert read_training_record(voice.folder) == read_training_record(run.folder)
    before, after = (
        TrainedVoice.load(folder, attempts=1).speak(["안녕하세요."])[0]
        for folder in (run.folder, voice.folder)
    )
    assert before.mel.shape == after.mel.shape
    assert np.abs(before.mel - after.mel).max() < 0.05


def test_a_voice_that_would_speak_otherwise_is_not_exported(
    tiny_run, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(export, "difference", lambda *which: 0.3)
    assert export.main([str(tiny_run), str(tmp_path / "voice")]) == 2
    assert "line differ by 0.3); train it on" in capsys.readouterr().err
    assert not (tmp_path / "voice").exists()


def test_a_vocoder_is_exported_by_its_averages(tiny_vocoder_run, tmp_path):
    made = export_run(Run.open(tiny_vocoder_run), tmp_path / "vocoder")
    wanted = averaged(Run.open(tiny_vocoder_run).restore().arrays)
    for name, array in made.restore().arrays.items():
        assert np.allclose(array, wanted[name], rtol=1e-3, atol=1e-6)
    (wave,) = WaveNetVocoder.load(made.folder).generate([np.zeros((2, 20), "float32")])
    assert len(wave) == 2 * 128
    again = export_run(made, tmp_path / "again")
    assert again.restore().arrays.keys() == made.restore().arrays.keys()


def test_it_begins_another_training_but_is_not_continued(
    tiny_run, tiny_store, tmp_path, capsys
):
    voice = export_run(Run.open(tiny_run), tmp_path / "voice").folder
    before = sorted(path.name for path in voice.rglob("*"))
    flags = tiny("tacotron_training", tiny_store, voice)
    assert train_tacotron.main(flags) == 2
    assert f"a new run, --from {voice}" in capsys.readouterr().err
    flags = tiny("tacotron_training", tiny_store, tmp_path / "new")
    assert train_tacotron.main([*flags, "--from", str(voice)]) == 0
    assert "taken over" in capsys.readouterr().out
    assert sorted(path.name for path in voice.rglob("*")) == before


def test_what_cannot_be_exported_is_refused_in_one_line(tiny_run, tmp_path):
    run = Run.open(tiny_run)
    empty = Run.create(tmp_path / "empty", run.settings)
    with pytest.raises(RunError, match="no checkpoint yet"):
        export_run(empty, tmp_path / "voice")
    with pytest.raises(RunError, match="already a run"):
        export_run(run, empty.folder)
    checkpoint = run.restore()
    name = next(n for n, a in checkpoint.arrays.items() if a.dtype == np.float32)
    checkpoint.arrays[name].flat[0] = 1e6
    empty.save(1, checkpoint.arrays, checkpoint.state)
    with pytest.raises(RunError, match="beyond half precision"):
        export_run(empty, tmp_path / "voice")
    assert not (tmp_path / "voice").exists()
