"""The child that trains and sings, with the real networks: one epoch, stop, a cover."""

import json
import subprocess
import sys
import time

import numpy as np
import pytest

from moksori.audio.files import save
from tests.covers.made import RATE, song, spoken

pytestmark = [pytest.mark.covers, pytest.mark.program]


def singer(folder, **request):
    """Yield what the child tells, each with the process."""
    path = folder / "request.json"
    path.write_text(json.dumps(request))
    command = [sys.executable, "-m", "moksori.service.singer", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        for line in child.stdout:
            if line.startswith("{"):
                yield child, json.loads(line)


def test_a_model_is_stopped_brought_and_sings(tmp_path, covers_installed):
    (clips := tmp_path / "clips").mkdir()
    wave = np.concatenate([spoken(3, line) for line in (0, 1, 2, 4)])
    save(clips / "0.wav", wave, RATE)
    how = {"name": "minji", "consent": "minji, 2026, tests", "seed": 0}
    how |= {"decoder": "world", "epochs": 500}
    told, stopped = [], 0.0
    for child, each in singer(tmp_path, do="train", **how):
        told.append(each)
        if each.get("told", {}).get("epoch") == 2:
            child.terminate()
            stopped = time.monotonic()
    assert stopped, told
    # On idle cores it takes half a second.
    assert time.monotonic() - stopped < 10
    assert told[-1]["result"]["epochs"] in (1, 2)
    assert told[-2]["packed"] == told[-1]["result"]
    (model := tmp_path / "model").rename(tmp_path / "trained")
    zip = tmp_path / "model.zip"
    zip.rename(tmp_path / "brought.zip")
    *_, (_, brought) = singer(tmp_path, do="bring", consent="minji, 2026, tests")
    assert brought["result"] == told[-1]["result"]
    model.rename(tmp_path / "brought")
    np.save(tmp_path / "song.npy", song()[0][: 5 * 44100])
    how = {"semitones": None, "index_rate": 0.5, "protect": 0.33, "room": 0.3}
    steps = [each for _, each in singer(tmp_path, do="cover", how=how)]
    assert [each["stage"] for each in steps[:-1]][:2] == ["separate", "pitch"]
    parts = [np.load(tmp_path / f"made-{name}.npy") for name in ("voice", "backing")]
    assert all(part.shape == (5 * 44100, 2) for part in parts)
    assert np.abs(sum(parts)).max() < 1
    model.rename(tmp_path / "sung")
    np.save(tmp_path / "recording.npy", song()[0][: 3 * 44100, 0])
    *_, (_, said) = singer(tmp_path, do="convert", how=how)
    assert said["result"]["kind"] == brought["result"]["kind"]
    assert np.load(tmp_path / "made-voice.npy").shape == (3 * 44100,)
