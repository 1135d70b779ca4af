import numpy as np
import pytest

import hparams
from moksori.doctor import rehearsal
from moksori.doctor.rehearsal import MadeUp, first_size, measure, portion

TINY = hparams.preset("tiny")


def test_made_up_features_are_like_a_store():
    from datasets.batches import split
    from moksori.training.recipes.tacotron import TacotronRecipe

    settings = TINY.override(["audio.linear=true", "tacotron.linear=true"])
    store = MadeUp(settings.audio)
    train_on, held_out = split(store, 2)
    assert len(held_out) == 2
    batches = TacotronRecipe(settings, store.speakers).batches(store, train_on)
    shape, batch = batches.largest()
    assert batch["mels"].shape == (*shape[:2], 20)
    assert batch["linear"].shape == (*shape[:2], settings.audio.bins)
    assert np.abs(batch["mels"]).max() <= settings.audio.mel_range
    seconds = [row.frames * store.audio.frame_seconds for row in store.rows]
    assert min(seconds) == pytest.approx(2, abs=0.02)
    assert max(seconds) == pytest.approx(8, abs=0.02)
    assert len(batches.buckets) == 6


def test_made_up_features_keep_to_the_settings():
    settings = TINY.override(["audio.max_seconds=3", "audio.min_seconds=2.5"])
    store = MadeUp(settings.audio, 9)
    seconds = [row.frames * store.audio.frame_seconds for row in store.rows]
    assert min(seconds) > 2.48
    assert max(seconds) < 3.02
    assert store.wave(3).shape == (store.rows[3].frames * 128,)


def test_a_portion_of_a_batch():
    batch = {"ids": np.arange(6).reshape(3, 2), "frames": np.arange(3)}
    assert {n: a.tolist() for n, a in portion(batch, 2).items()} == {
        "ids": [[0, 1], [2, 3]],
        "frames": [0, 1],
    }


@pytest.mark.parametrize(
    ("full", "operations", "seconds", "cores", "size"),
    [
        (20, 2.5e10, 60, 1, 20),
        (20, 2.5e11, 6, 1, 2),
        (20, 2.5e11, 6, 4, 8),
        (20, 2.5e13, 6, 1, 1),
        (20, 0, 6, 1, 20),
        (20, 2.5e10, 0, 1, 1),
    ],
)
def test_first_size(full, operations, seconds, cores, size):
    assert first_size(full, operations, seconds, cores) == size


class Steps:
    """A trainer whose steps alone move the clock, by times that are known."""

    def __init__(self, monkeypatch, *seconds, loss=1.0, skipped=0):
        self.seconds, self.now, self.step_number = list(seconds), 0.0, 0
        self.terms = {"loss": loss, "skipped": skipped}
        monkeypatch.setattr(rehearsal.time, "perf_counter", lambda: self.now)

    def preflight(self, batch, **values):
        self.now += 10.0

    def step(self, batch, **values):
        self.now += self.seconds.pop(0) if len(self.seconds) > 1 else self.seconds[0]
        return self.terms


def measured(trainer, seconds=0.0):
    return measure(trainer, {}, lambda step: {}, seconds)


def test_the_first_step_is_not_timed(monkeypatch):
    trainer = Steps(monkeypatch, 5.0, 2.0)
    found = measured(trainer)
    assert found["steps"] == trainer.step_number == 2
    assert found["step_seconds"] == 2.0
    # The compiling before, less the step it took, and that of the first step.
    assert found["compile_seconds"] == 10.0 - 2.0 + 3.0


def test_steps_are_taken_until_the_time_is_up(monkeypatch):
    assert measured(Steps(monkeypatch, 1.0), 7.0)["steps"] == 7
    assert measured(Steps(monkeypatch, 0.001), 7.0)["steps"] == 50


@pytest.mark.parametrize(
    ("terms", "skipped"),
    [({}, 0), ({"loss": float("nan")}, 2), ({"skipped": 1}, 2)],
)
def test_steps_that_are_not_good(monkeypatch, terms, skipped):
    assert measured(Steps(monkeypatch, 1.0, **terms))["skipped"] == skipped


def test_what_others_took(monkeypatch):
    trainer = Steps(monkeypatch, 1.0)
    monkeypatch.setattr(rehearsal, "_work_of_others", lambda: 3.0 * trainer.now)
    monkeypatch.setattr(rehearsal.os, "cpu_count", lambda: 4)
    assert measured(trainer)["others"] == 0.75
    monkeypatch.setattr(rehearsal, "_work_of_others", lambda: None)
    assert measured(Steps(monkeypatch, 1.0))["others"] is None
