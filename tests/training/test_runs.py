import json
import struct

import ml_dtypes
import numpy as np
import pytest

from moksori import storage
from moksori.training import checkpoints
from moksori.training.checkpoints import Damaged
from moksori.training.runs import Run, RunError, differences
from tests.training.version_1 import write_version_1

SETTINGS = {
    "kind": "line",
    "hparams": {"audio": {"hop_length": 256}, "training": {"steps": 10}},
    "alphabet": list("ㄱㄴㄷㄹㅁㅂㅅㅇㅈㅊ"),
    "speakers": ["a"],
}


@pytest.fixture
def run(tmp_path):
    return Run.create(tmp_path / "logs" / "first", SETTINGS, keep=2)


def arrays(seed=0):
    rng = np.random.default_rng(seed)
    return {
        "weights": rng.normal(size=(5, 3)).astype(np.float32),
        "half": rng.normal(size=4).astype(ml_dtypes.bfloat16),
        "scalar": np.float64(rng.normal()),
        "empty": np.zeros((0, 2), np.int64),
        "seed": rng.integers(0, 2**32, 2, dtype=np.uint32),
        "flags": np.array([True, False]),
        "strided": np.arange(12, dtype=np.int32).reshape(3, 4).T,
    }


def steps(run):
    return [header.step for header in run.checkpoints()]


def test_a_checkpoint_comes_back_as_it_was(run):
    saved = arrays()
    state = {"rate": 0.1, "loss": [1.5, float("nan")], "text": "목소리"}
    path = run.save(7, saved, state, 0.25)
    found = run.restore()
    assert (found.step, found.metric, found.path) == (7, 0.25, path)
    assert json.dumps(found.state) == json.dumps(state)
    assert found.arrays.keys() == saved.keys()
    for name, array in saved.items():
        back = found.arrays[name]
        assert back.dtype == array.dtype
        assert back.shape == array.shape
        assert back.tobytes() == array.tobytes()
        assert back.flags.writeable


def test_a_checkpoint_is_a_safetensors_file(run):
    path = run.save(1, arrays(), {})
    content = path.read_bytes()
    length = struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8 : 8 + length])
    metadata = header.pop("__metadata__")
    assert all(isinstance(value, str) for value in metadata.values())
    end = 0
    for entry in header.values():
        assert entry["data_offsets"][0] == end
        end = entry["data_offsets"][1]
    assert len(content) == 8 + length + end
    begin, end = header["weights"]["data_offsets"]
    data = content[8 + length :][begin:end]
    assert header["weights"]["dtype"] == "F32"
    assert data == arrays()["weights"].tobytes()


def test_part_of_a_checkpoint_is_read_alone(run):
    saved = {"model/a": np.arange(3.0), "optimizer/a": np.arange(4.0)}
    path = run.save(1, saved, {})
    assert list(run.restore(prefix="model/").arrays) == ["model/a"]
    damage(path, -1)
    assert run.restore(prefix="model/").arrays["model/a"].sum() == 3.0
    with pytest.raises(Damaged, match="optimizer/a"):
        checkpoints.read(path)


def damage(path, position):
    """Flip one bit of the byte at `position`."""
    content = bytearray(path.read_bytes())
    content[position] ^= 4
    path.write_bytes(content)


def test_every_flipped_bit_is_noticed(run):
    path = run.save(1, {"a": np.arange(6, dtype=np.int16)}, {"x": 1})
    whole = path.read_bytes()
    for position in range(len(whole)):
        damage(path, position)
        try:
            found = checkpoints.read(path)
        except Damaged:
            pass
        else:
            # A blank of the JSON text may change into another blank or separator.
            assert found.arrays["a"].tolist() == [0, 1, 2, 3, 4, 5]
            assert (found.step, found.state) == (1, {"x": 1})
        path.write_bytes(whole)


@pytest.mark.parametrize("size", [0, 3, 8, 60, -300, -1])
def test_a_truncated_checkpoint_gives_way_to_the_one_before(run, caplog, size):
    run.save(1, arrays(1), {"n": 1})
    path = run.save(2, arrays(2), {"n": 2})
    content = path.read_bytes()
    path.write_bytes(content[:size])
    found = run.restore()
    assert (found.step, found.state) == (1, {"n": 1})
    assert f"{path} is damaged" in caplog.text
    assert path.exists()


def test_a_damaged_checkpoint_is_put_aside_by_the_training(run):
    run.save(1, arrays(), {})
    path = run.save(2, arrays(), {})
    damage(path, -1)
    with run.lock():
        assert run.restore().step == 1
    assert not path.exists()
    assert path.with_suffix(".damaged").exists()
    assert run.restore().step == 1


def test_with_nothing_readable_left_it_does_not_begin_anew(run):
    assert run.restore() is None
    damage(run.save(1, arrays(), {}), -1)
    with pytest.raises(RunError, match="can be read"):
        run.restore()


def test_a_checkpoint_by_its_step(run):
    for step in (2, 4, 7):
        run.save(step, {"a": np.float32(step)}, {}, step)
    for step in (2, 4, 7):
        found = run.restore(step=step)
        assert (found.step, found.arrays["a"]) == (step, step)
    assert run.restore(step=4, best=True).step == 4
    with pytest.raises(RunError, match="keeps no step 3; there are: 2, 4, 7"):
        run.restore(step=3)
    damage(run.folder / "checkpoints/step-00000004.safetensors", -1)
    with pytest.raises(RunError, match="can be read"):
        run.restore(step=4)


def test_of_a_run_without_checkpoints_no_step_is_kept(run):
    with pytest.raises(RunError, match="keeps no step 0; there are: none"):
        run.restore(step=0)


def test_a_failed_write_leaves_the_good_one(run, monkeypatch):
    run.save(1, arrays(), {})

    def full(file):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storage.os, "fsync", full)
    with pytest.raises(RunError, match="No space left"):
        run.save(2, arrays(), {})
    monkeypatch.undo()
    assert [path.name for path in (run.folder / "checkpoints").iterdir()] == [
        "step-00000001.safetensors"
    ]
    assert run.restore().step == 1


def test_what_a_kill_left_behind_is_cleared(run):
    leftover = run.folder / "checkpoints" / ".step-00000009.safetensors.partial"
    leftover.write_bytes(b"half")
    assert run.restore() is None
    with run.lock():
        assert not leftover.exists()


def test_arrays_of_other_kinds_are_refused(run):
    with pytest.raises(TypeError, match="Unknown dtype"):
        run.save(1, {"names": np.array(["a"])}, {})


def test_open_reads_what_create_wrote(run):
    again = Run.open(run.folder)
    assert again.settings == run.settings
    assert again.settings["hparams"] == SETTINGS["hparams"]
    assert again.settings["created"]


def test_create_refuses_an_existing_run(run):
    with pytest.raises(RunError, match="already a run"):
        Run.create(run.folder, SETTINGS)


def test_a_missing_run_names_the_nearest(run):
    Run.create(run.folder.with_name("other"), SETTINGS)
    with pytest.raises(RunError, match=r"no run .*frist; nearest: first") as caught:
        Run.open(run.folder.with_name("frist"))
    assert "\n" not in str(caught.value)


def test_what_is_not_a_run_is_refused(tmp_path):
    with pytest.raises(RunError, match="no other run"):
        Run.open(tmp_path / "absent")
    (tmp_path / "plain").mkdir()
    with pytest.raises(RunError, match=r"has no run\.json"):
        Run.open(tmp_path / "plain")
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match="not a run"):
        Run.open(tmp_path / "file")
    for text in ("{", "[]", "{}"):
        (tmp_path / "plain" / "run.json").write_text(text)
        with pytest.raises(RunError, match=r"run\.json"):
            Run.open(tmp_path / "plain")


def test_a_newer_run_is_refused(run):
    newer = run.settings | {"version": 99}
    (run.folder / "run.json").write_text(json.dumps(newer))
    with pytest.raises(RunError, match="newer program"):
        Run.open(run.folder)


def test_check_prints_what_differs(run):
    run.check(SETTINGS)
    other = {
        **SETTINGS,
        "hparams": {"audio": {"hop_length": 300}, "training": {"steps": 20}},
        "alphabet": [*SETTINGS["alphabet"], "ㅋ"],
    }
    with pytest.raises(RunError) as caught:
        run.check(other, ignore=["hparams.training"])
    lines = str(caught.value).splitlines()
    assert lines[1:3] == [
        "  hparams.audio.hop_length: 256 -> 300",
        "  alphabet: 10 entries -> 11 entries with ㅋ",
    ]
    run.check(SETTINGS | {"hparams": {**SETTINGS["hparams"]}}, ignore=["speakers"])


def test_differences_see_what_only_one_side_has():
    ours, theirs = {"a": {"x": 1, "y": 2}}, {"a": {"x": 1, "z": 3}, "b": None}
    assert differences(ours, theirs) == [
        "a.y: 2 -> absent",
        "a.z: absent -> 3",
        "b: absent -> null",
    ]
    assert differences(ours, theirs, ["a", "b"]) == []
    assert differences(ours, {"a": ours["a"]}) == []


def test_one_writer_at_a_time(run):
    second = Run.open(run.folder)
    with run.lock():
        with run.lock():
            pass
        with pytest.raises(RunError, match="being trained already"), second.lock():
            pass
    with second.lock():
        pass


@pytest.mark.parametrize(
    ("more", "ranked_by"), [({}, "loss"), ({"ranked_by": "free_rank"}, "free_rank")]
)
def test_older_checkpoints_are_read_and_their_damage_noticed(run, more, ranked_by):
    saved = {
        "model/b": np.arange(6, dtype=np.int16).reshape(2, 3),
        "model/a": np.arange(4).astype(ml_dtypes.bfloat16),
    }
    path = run.folder / "checkpoints/step-00000004.safetensors"
    write_version_1(path, saved, {"x": [1.5]}, 4, **more)
    found = run.restore()
    assert (found.step, found.state, found.metric) == (4, {"x": [1.5]}, 0.5)
    assert found.ranked_by == ranked_by
    for name, array in saved.items():
        assert found.arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(found.arrays[name], array)
    whole = path.read_bytes()
    for old, new in ((b"1.5", b"1.6"), (b"[2, 3]", b"[3, 2]"), (whole[-1:], b"~")):
        path.write_bytes(whole.replace(old, new))
        with pytest.raises(Damaged):
            checkpoints.read(path)
