import logging
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from moksori.training.callbacks import Interrupt, Previews
from moksori.training.health import Health
from moksori.training.loop import Diverged
from moksori.training.runs import Run, RunError
from tests.backend.hosts import together
from tests.training.stories import Line, Points, Silent, train

ROOT = Path(__file__).parents[2]


def same(a, b):
    return a.keys() == b.keys() and all(
        a[name].dtype == b[name].dtype and a[name].tobytes() == b[name].tobytes()
        for name in a
    )


def start(folder, steps, pause):
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tests.training.stories",
            folder,
            str(steps),
            str(pause),
        ],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for_step(folder, step, process):
    """Until the checkpoint of `step` or a later one lies there."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        names = [path.name for path in (folder / "checkpoints").glob("step-*")]
        if any(name >= f"step-{step:08d}" for name in names):
            return
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.005)
    pytest.fail("no checkpoint came")


def test_learns(tmp_path):
    trainer, outcome = train(tmp_path / "run", 400, Line())
    assert outcome.step == 400
    assert not outcome.interrupted
    assert np.abs(trainer.weights - [1.0, -2.0, 0.5]).max() < 0.1


def test_continuing_takes_the_same_steps(tmp_path):
    whole, _ = train(tmp_path / "whole", 23)
    train(tmp_path / "parts", 7)
    train(tmp_path / "parts", 13)
    parts, _ = train(tmp_path / "parts", 23)
    assert same(whole.arrays(), parts.arrays())


def test_killed_and_continued_is_the_same_bit_for_bit(tmp_path):
    whole, _ = train(tmp_path / "whole", 60)
    folder = tmp_path / "killed"
    for step in (5, 20, 35):
        process = start(folder, 60, 0.01)
        wait_for_step(folder, step, process)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert process.returncode == -signal.SIGKILL
        assert Run.open(folder).restore().step < 60
    process = start(folder, 60, 0.0)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    assert "continuing" in errors
    last = Run.open(folder).restore()
    assert last.step == 60
    assert same(whole.arrays(), last.arrays)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_saves_the_step_it_interrupts(tmp_path, number):
    whole, _ = train(tmp_path / "whole", 30)
    folder = tmp_path / "run"
    process = start(folder, 10_000, 0.02)
    wait_for_step(folder, 5, process)
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 3, errors
    stopped = Run.open(folder).restore()
    assert 5 <= stopped.step < 10_000
    steps = max(30, stopped.step)
    whole, _ = train(tmp_path / "whole", steps)
    continued, _ = train(folder, steps)
    assert same(whole.arrays(), continued.arrays())


def test_a_second_signal_ends_at_once(tmp_path):
    folder = tmp_path / "run"
    process = start(folder, 10_000, 20.0)
    wait_for_step(folder, 0, process)
    line = ""
    while "once more" not in line:
        process.send_signal(signal.SIGINT) if not line else None
        line = process.stderr.readline()
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGINT
    assert Run.open(folder).restore().step == 0


def test_one_training_at_a_time(tmp_path):
    folder = tmp_path / "run"
    process = start(folder, 10_000, 0.02)
    wait_for_step(folder, 5, process)
    with pytest.raises(RunError, match=f"trained already .process {process.pid}"):
        train(folder, 10)
    process.kill()
    process.communicate()
    train(folder, 10)


def test_a_bad_step_is_skipped_and_counted(tmp_path, caplog):
    board = Silent()
    trainer, outcome = train(
        tmp_path / "run", 12, Line(poison=lambda step: step in (3, 8)), board=board
    )
    assert outcome.step == 12
    assert dict(board.shown)[12]["train/bad_steps"] == 2
    assert np.isfinite(trainer.weights).all()
    assert "step 3" in caplog.text
    assert "step 8" in caplog.text


def test_three_bad_steps_go_back_with_half_the_rate(tmp_path, caplog):
    poisoned = {11, 12, 13}

    class Passing(Line):
        def step(self, batch, **scalars):
            metrics = super().step(batch, **scalars)
            if self.step_number == 13:
                poisoned.clear()
            return metrics

    trainer, outcome = train(
        tmp_path / "run", 20, Passing(poison=lambda step: step in poisoned)
    )
    assert outcome.step == 20
    rates = [rate * (1 + step) / 0.05 for step, rate in trainer.rates]
    # Step 14 had been begun when step 13 was judged, and is forgotten.
    assert [step for step, _ in trainer.rates] == [*range(15), *range(10, 20)]
    np.testing.assert_allclose(rates, [1.0] * 15 + [0.5] * 10)
    assert "back to step 10" in caplog.text


def test_gives_up_with_advice(tmp_path):
    with pytest.raises(Diverged, match="learning_rate"):
        train(tmp_path / "run", 20, Line(poison=lambda step: step >= 7))
    run = Run.open(tmp_path / "run")
    assert run.restore().step == 5
    assert np.isfinite(run.restore().arrays["weights"]).all()


def test_a_doubtful_state_is_not_saved(tmp_path):
    health = Health(patience=10)
    train(
        tmp_path / "run",
        12,
        Line(poison=lambda step: step in (8, 9)),
        health=health,
    )
    steps = [header.step for header in Run.open(tmp_path / "run").checkpoints()]
    assert steps == [0, 5, 12]


def test_held_out_loss_ranks_the_checkpoints(tmp_path):
    losses = iter([0.4, 0.1, 0.3, 0.2, 0.5])
    board = Silent()
    train(
        tmp_path / "run",
        25,
        keep=1,
        board=board,
        validate=lambda: {"loss": next(losses), "other": 2.0},
    )
    run = Run.open(tmp_path / "run")
    assert [header.step for header in run.checkpoints()] == [10, 25]
    assert run.restore(best=True).metric == 0.1
    assert (10, {"held_out/loss": 0.1, "held_out/other": 2.0}) in board.shown


def test_another_figure_may_rank_the_checkpoints(tmp_path):
    """That of a check which fails ranks nothing; the mean training loss is another."""
    ranks = iter([3.0, 2.0, None, 5.0])

    def validate():
        rank = next(ranks)
        return {"loss": 0.1} if rank is None else {"loss": 0.1, "rank": rank}

    train(tmp_path / "run", 20, keep=4, validate=validate, rank="rank")
    run = Run.open(tmp_path / "run")
    assert {h.step: h.metric for h in run.checkpoints()} == {
        5: 3.0,
        10: 2.0,
        15: None,
        20: 5.0,
    }
    assert {h.ranked_by for h in run.checkpoints()} == {"rank"}
    assert run.restore(best=True).step == 10
    train(tmp_path / "run", 25, rank="rank")
    last = Run.open(tmp_path / "run").checkpoints()[-1]
    assert (last.step, last.ranked_by) == (25, "training_loss")
    assert last.metric < 2.0
    assert run.restore(best=True).step == 25


def test_the_board_begins_again_where_training_does(tmp_path):
    board = Silent()
    train(tmp_path / "run", 7, save_every=5, board=board)
    train(tmp_path / "run", 9, board=board)
    assert board.rewound == [0, 7]
    figures = dict(board.shown)[9]
    assert figures["schedule/learning_rate"] == pytest.approx(0.05 / 9)
    assert figures["train/gradient_norm"] > 0
    assert figures["speed/frames_per_second"] > 0
    assert "schedule/loss_ceiling" not in figures


def test_a_failing_preview_does_not_stop_training(tmp_path, caplog):
    def make(step, folder):
        (folder / "a.txt").write_text(str(step))
        if step == 4:
            raise OSError("no ink")

    place = Run(tmp_path / "run", {}).previews
    _, outcome = train(tmp_path / "run", 6, hooks=[Previews(2, place, make)])
    assert outcome.step == 6
    assert "previews of step 4 failed: OSError: no ink" in caplog.text
    made = sorted((tmp_path / "run" / "previews").glob("step-*/a.txt"))
    assert [path.parent.name for path in made] == ["step-00000002", "step-00000006"]


def test_an_error_of_the_batches_reaches_the_caller(tmp_path, monkeypatch):
    def broken(self, step):
        if step == 3:
            raise ValueError("shard 3 is missing")
        return original(self, step)

    original = Points.at
    monkeypatch.setattr(Points, "at", broken)
    with pytest.raises(ValueError, match="shard 3"):
        train(tmp_path / "run", 6)


def test_a_damaged_checkpoint_gives_way_to_the_one_before(tmp_path, caplog):
    whole, _ = train(tmp_path / "whole", 25)
    folder = tmp_path / "run"
    train(folder, 20)
    newest = max((folder / "checkpoints").iterdir())
    os.truncate(newest, newest.stat().st_size - 1)
    with caplog.at_level(logging.INFO):
        again, _ = train(folder, 25)
    assert f"{newest} is damaged" in caplog.text
    assert "after step 15" in caplog.text
    assert same(whole.arrays(), again.arrays())


@pytest.mark.parametrize("when", [0, 1, 4, 5, 7])
def test_two_hosts_stop_after_the_same_step(tmp_path, monkeypatch, when):
    """One is asked to, also while its very first step compiles; saves are pauses."""
    local = threading.local()

    class Asked(Interrupt):
        def __enter__(self):
            local.interrupt = self
            return super().__enter__()

    monkeypatch.setattr("moksori.training.loop.Interrupt", Asked)

    def work(devices):
        class Several(Line):
            def place(self, batch, halt):
                return {**batch, "halt": halt}

            def step(self, batch, **scalars):
                halt = devices.all_reduce_sum(float(batch["halt"]))
                if devices.host == 1 and self.step_number == when:
                    local.interrupt.requested = True
                return {**super().step(batch, **scalars), "halt": halt}

        folder = tmp_path / str(devices.host)
        return train(folder, 100, Several(pause=0.01), save_every=5)[1]

    first, second = together(work)
    assert first.interrupted
    assert (first.step, first.interrupted) == (second.step, second.interrupted)
    assert when < first.step <= when + 4
