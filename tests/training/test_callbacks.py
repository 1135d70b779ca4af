import io
import logging
import os
import signal
import sys

import numpy as np
import pytest

from moksori.training.callbacks import (
    FlatAttention,
    Interrupt,
    Metrics,
    Previews,
    Progress,
    Throughput,
    guarded,
)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def throughput(seconds=0.5, frames=1000):
    meter = Throughput()
    meter.add(seconds, frames)
    return meter


def test_metrics_are_fetched_once_and_only_when_read():
    class Lazy:
        fetched = 0

        def __array__(self, dtype=None, copy=None):
            Lazy.fetched += 1
            return np.asarray(2.5, dtype)

    metrics = Metrics({"a": Lazy(), "b": Lazy(), "c": 1.0, "d": np.float32(3)})
    assert list(metrics) == ["a", "b", "c", "d"]
    assert Lazy.fetched == 0
    assert metrics["a"] + metrics["a"] == 5.0
    assert Lazy.fetched == 1
    assert dict(metrics) == {"a": 2.5, "b": 2.5, "c": 1.0, "d": 3.0}
    assert all(type(value) is float for value in metrics.values())


def test_throughput_is_that_of_the_last_steps():
    meter = Throughput(window=4)
    assert (meter.steps_per_second, meter.frames_per_second) == (0.0, 0.0)
    meter.add(60.0, 1000, new_shape=True)
    assert meter.steps_per_second == 0.0
    for seconds, frames in ((9.0, 9), (0.5, 100), (0.5, 200), (0.5, 300), (0.5, 400)):
        meter.add(seconds, frames)
    assert meter.steps_per_second == 2.0
    assert meter.frames_per_second == 500.0
    assert meter.waiting_share == 0.0
    meter.add(0.5, 400, waited=0.5)
    assert meter.waiting_share == 0.25


def test_without_a_terminal_a_line_now_and_then(caplog):
    now = iter([0.0, 10.0, 31.0, 40.0])
    with (
        caplog.at_level(logging.INFO),
        Progress(7400, 30.0, stream=io.StringIO(), clock=lambda: next(now)) as progress,
    ):
        for step in (20, 150, 200, 7400):
            progress.note("unseen")
            progress.show(step, 0.51234, throughput())
    assert [record.getMessage() for record in caplog.records] == [
        "step 20/7400  loss 0.5123  2.00 steps/s  2,000 frames/s  1 h 01 min left",
        "step 200/7400  loss 0.5123  2.00 steps/s  2,000 frames/s  1 h 00 min left",
        "step 7400/7400  loss 0.5123  2.00 steps/s  2,000 frames/s  0 s left",
    ]


def test_on_a_terminal_one_line_that_logging_does_not_tear(monkeypatch):
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    root = logging.getLogger()
    handler = logging.StreamHandler(stream)
    root.addHandler(handler)
    try:
        with Progress(10, unit="samples") as progress:
            progress.note("preparing")
            progress.show(10, 0.5, throughput(0.25, 6000))
            logging.getLogger("elsewhere").warning("a word of warning")
    finally:
        root.removeHandler(handler)
    text = stream.getvalue()
    assert "preparing" in text
    assert "10/10" in text
    assert "loss 0.5000  4.00 steps/s  24,000 samples/s  0 s left" in text
    line = next(x for x in text.replace("\r", "\n").splitlines() if "a word" in x)
    assert line.strip() == "a word of warning"


def test_the_first_signal_asks_and_the_handlers_come_back():
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with Interrupt() as interrupt:
        assert not interrupt.requested
        os.kill(os.getpid(), signal.SIGINT)
        assert interrupt.requested
        assert signal.getsignal(signal.SIGINT) is signal.SIG_DFL
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def feed(alarm, focus, steps):
    for step in range(1, steps + 1):
        alarm(step, {"focus": focus(step)})


def test_flat_attention_is_told_once_per_so_many_steps(caplog):
    feed(FlatAttention(100), lambda step: 0.05, 350)
    assert len(caplog.records) == 3
    assert "after 100 steps" in caplog.text
    assert "guided_attention" in caplog.text


def test_attention_that_has_found_its_way_is_let_be(caplog):
    feed(FlatAttention(100), lambda step: 0.05 if step < 60 else 0.8, 300)
    feed(FlatAttention(100), lambda step: float("nan"), 100)
    assert not caplog.records


def test_previews_appear_whole(tmp_path):
    made = []

    def make(step, folder):
        assert not any(folder.iterdir())
        (folder / "a.png").write_text(f"{step}")
        made.append(sorted(p.name for p in (tmp_path / f"{step}").glob("*")))

    previews = Previews(5, lambda step: tmp_path / f"{step}", make)
    leftover = tmp_path / ".10.partial" / "deep"
    leftover.mkdir(parents=True)
    for step in range(1, 12):
        previews(step, {})
    previews(10, {})
    assert made == [[], [], ["a.png"]]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["10", "5"]
    assert (tmp_path / "10" / "a.png").read_text() == "10"


def test_a_failure_is_one_line(caplog):
    def fail(text):
        raise ValueError(f"{text}\nwith more\nlines")

    assert guarded("drawing", fail, "no colour") is None
    assert guarded("drawing", lambda a, b: a + b, 1, b=2) == 3
    assert [r.getMessage() for r in caplog.records] == [
        "drawing failed: ValueError: no colour"
    ]


def test_an_interrupt_is_not_swallowed():
    def stop():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        guarded("drawing", stop)
