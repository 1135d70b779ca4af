"""Which checkpoints of a run are kept, and which of them is the best."""

import numpy as np
import pytest

from moksori.training.runs import Run
from tests.training.version_1 import write_version_1


@pytest.fixture
def run(tmp_path):
    return Run.create(tmp_path / "run", {"kind": "line"}, keep=2)


def steps(run):
    return [header.step for header in run.checkpoints()]


def test_the_last_and_the_best_are_kept(run):
    metrics = [5.0, 3.0, 1.0, 2.0, None, float("nan"), 4.0]
    kept = []
    for step, metric in enumerate(metrics, start=1):
        run.save(step, {"a": np.float32(step)}, {}, metric)
        kept.append(steps(run))
    assert kept == [
        [1],
        [1, 2],
        [2, 3],
        [3, 4],
        [3, 4, 5],
        [3, 5, 6],
        [3, 6, 7],
    ]
    assert run.restore().step == 7
    assert run.restore(best=True).step == 3
    assert run.restore(best=True).arrays["a"] == 3.0


def test_metrics_of_different_names_are_never_compared(run):
    """A run that goes on to be ranked otherwise: its older figures count no more."""
    run.save(1, {}, {}, 0.1)
    run.save(2, {}, {}, 0.75, "loss")
    run.save(3, {}, {}, None, "rank")
    assert run.restore(best=True).step == 1
    assert steps(run) == [1, 2, 3]
    run.save(4, {}, {}, 9.0, "rank")
    found = run.restore(best=True)
    assert (found.step, found.metric, found.ranked_by) == (4, 9.0, "rank")
    assert steps(run) == [3, 4]
    run.save(5, {}, {}, 8.0, "rank")
    run.save(6, {}, {}, 9.5, "rank")
    run.save(7, {}, {}, None, "rank")
    assert steps(run) == [5, 6, 7]
    assert run.restore(best=True).step == 5
    run.save(8, {}, {}, 10.0, "loss")
    assert run.restore(best=True).step == 8


def test_a_metric_without_a_name_is_a_loss(run):
    path = run.folder / "checkpoints/step-00000001.safetensors"
    write_version_1(path, {"a": np.arange(3, dtype=np.int16)}, {"n": 1}, 1)
    found = run.restore()
    assert (found.step, found.metric, found.ranked_by) == (1, 0.5, "loss")
    assert found.arrays["a"].tolist() == [0, 1, 2]
    run.save(2, {}, {}, 0.75, "loss")
    assert run.restore(best=True).step == 1
    run.save(3, {}, {}, 0.8, "rank")
    assert run.restore(best=True).step == 3


def test_without_metrics_the_best_is_the_newest(run):
    for step in (1, 2, 3):
        run.save(step, {}, {})
    assert steps(run) == [2, 3]
    assert run.restore(best=True).step == 3


def test_a_damaged_best_gives_way_to_the_next_best(run):
    for step, metric in ((1, 1.0), (2, 3.0), (3, 2.0)):
        run.save(step, {"a": np.arange(3)}, {}, metric)
    assert steps(run) == [1, 2, 3]
    path = run.checkpoints()[0].path
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    assert run.restore(best=True).step == 3
