import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from moksori.training.figures import spectrograms
from moksori.training.tensorboard import TensorBoardWriter

ROOT = Path(__file__).parents[2]


def events(folder):
    """What TensorBoard would show of `folder`."""
    module = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator"
    )
    shown = module.EventAccumulator(str(folder), size_guidance={"scalars": 0})
    shown.Reload()
    return shown


def test_everything_is_shown(tmp_path):
    board = TensorBoardWriter(tmp_path)
    board.scalars(3, {"train/loss": 0.5, "schedule/learning_rate": 1e-3})
    board.image(3, "alignment", spectrograms([("a", np.eye(4))], 0.01))
    board.audio(3, "voice", np.linspace(-2, 2, 800), 8000)
    board.settings(3, {"kind": "line", "speakers": ["가람"]})
    board.close()
    shown = events(tmp_path)
    tags = shown.Tags()
    assert tags["scalars"] == ["train/loss", "schedule/learning_rate"]
    assert shown.Scalars("train/loss")[0].step == 3
    assert shown.Scalars("train/loss")[0].value == 0.5
    assert tags["images"] == ["alignment"]
    image = shown.Images("alignment")[0]
    assert (image.width, image.height) == (990, 308)
    assert tags["audio"] == ["voice"]
    assert shown.Audio("voice")[0].sample_rate == 8000
    text = shown.Tensors("settings/text_summary")[0].tensor_proto.string_val[0]
    assert "가람" in text.decode()


def test_what_is_trained_again_is_not_shown_twice(tmp_path):
    killed = TensorBoardWriter(tmp_path)
    for step in range(1, 8):
        killed.scalars(step, {"loss": float(step)})
    killed.close()
    board = TensorBoardWriter(tmp_path)
    board.rewind(5)
    for step in range(6, 10):
        board.scalars(step, {"loss": 10.0 * step})
    board.close()
    shown = events(tmp_path).Scalars("loss")
    assert [event.step for event in shown] == list(range(1, 10))
    assert [event.value for event in shown] == [1, 2, 3, 4, 5, 60, 70, 80, 90]


def test_an_error_is_logged_and_nothing_more(tmp_path, caplog):
    (tmp_path / "file").touch()
    board = TensorBoardWriter(tmp_path / "file")
    board.scalars(1, {"loss": 1.0, "other": 2.0})
    board.audio(1, "voice", np.zeros((2, 3, 4)), 8000)
    board.image(1, "alignment", "no figure")
    board.close()
    assert len(caplog.records) == 3
    assert "TensorBoard failed" in caplog.text
    assert "sound voice failed" in caplog.text
    assert "picture alignment failed" in caplog.text


def test_no_backend_is_imported(tmp_path):
    program = (
        "import sys, numpy, tensorboardX\n"
        # It imports torch where that is installed.
        "its = set(sys.modules)\n"
        "import moksori.training.loop, moksori.training.figures\n"
        "from moksori.training.tensorboard import TensorBoardWriter\n"
        f"board = TensorBoardWriter({str(tmp_path)!r})\n"
        "board.scalars(1, {'loss': 1.0})\n"
        "board.audio(1, 'voice', numpy.zeros(800), 8000)\n"
        "board.close()\n"
        "heavy = {'tensorflow', 'jax', 'keras', 'torch'} & sys.modules.keys()\n"
        "assert heavy <= its, heavy - its\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
