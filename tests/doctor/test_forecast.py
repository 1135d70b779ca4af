"""Forecasts: a trial by the real loop, and what is made of its figures."""

import json
from types import SimpleNamespace

import pytest

import hparams
from datasets.batches import Bucket
from moksori.doctor import forecast, trial
from moksori.doctor.findings import ERROR, OK, WARNING
from moksori.doctor.subprocesses import Answer
from moksori.doctor.trial import Trial, run_trial

GIBI = 2**30
TINY = hparams.preset("tiny")
QUICK = Trial("tensorflow", "CPU", 1, 0.5, 900.0, 0.0, 60.0, 6, 0, GIBI, 2**20)


def judged(steps=1000, features="features", **other):
    measured = Trial(**{**vars(QUICK), **other})
    return forecast.judge_trial("tacotron", measured, steps, features, 8 * GIBI)


@pytest.mark.parametrize("model", ["tacotron", "wavenet"])
def test_a_trial_takes_real_steps(model, tiny_store):
    found = run_trial(model, TINY, str(tiny_store), 0.0)
    assert (found.device, found.devices, found.skipped_steps) == ("CPU", 1, 0)
    assert 0 < found.step_seconds < found.compile_seconds
    assert found.frames_per_second > 0
    assert 0 <= found.waiting <= 1
    assert found.peak_memory > 2**27
    assert found.checkpoint_bytes > 2**16
    assert (found.shapes == 1) == (model == "wavenet")


def test_a_mean_step_lies_between_the_shortest_and_the_longest(monkeypatch):
    buckets = [
        Bucket((0,), 4, 100, 9),
        Bucket((1,), 2, 200, 9),
        Bucket((2,), 1, 500, 9),
    ]
    batches = SimpleNamespace(buckets=buckets, steps_of_buckets=[1, 1, 2])
    batches.filled = lambda bucket: ((0, bucket.frames, 0), {})
    batches.largest = lambda: batches.filled(buckets[2])
    recipe = SimpleNamespace(schedule=lambda step: {})
    trainer = SimpleNamespace(preflight=lambda batch: None)
    monkeypatch.setattr(trial, "_timed_step", lambda *_: 1.0)
    mean = trial._mean_seconds(trainer, recipe, batches, 5.0)
    assert mean == pytest.approx((1.0 + 2.0 + 2 * 5.0) / 4)
    crops = SimpleNamespace()
    assert trial._mean_seconds(trainer, recipe, crops, 5.0) == 5.0


def test_a_trial_without_features_takes_the_demo(tmp_path):
    store = trial._open(None, TINY, tmp_path)
    assert len(store) > 40
    assert store.audio == TINY.audio


def test_a_forecast_counts_steps_and_compiling():
    found = judged()
    assert found.level is OK
    assert found.values["total_seconds"] == 1000 * 0.5 + 6 * 60
    assert found.text.startswith("1,000 steps take 14 min 20 s on the CPU with tensor")
    assert "short sentences" in judged(features=None).text
    assert "on 2 GPUs" in judged(device="GPU", devices=2).text


@pytest.mark.parametrize(
    ("other", "level", "words"),
    [
        ({"skipped_steps": 2}, ERROR, "steps without a finite loss: 2"),
        ({"peak_memory": 7.5 * GIBI}, WARNING, "memory 7.5 GiB; there are 8.0 GiB"),
        ({"waiting": 0.6}, WARNING, "60% of the time it waits for data"),
        ({"step_seconds": 700}, WARNING, "steps take 8 d"),
        ({"peak_memory": None}, OK, "memory unknown"),
    ],
)
def test_what_stands_in_the_way(other, level, words):
    found = judged(**other)
    assert found.level is level
    assert words in found.text


@pytest.mark.parametrize(
    ("answer", "level", "words"),
    [
        ({"code": 0, "out": f"noise\n{json.dumps(vars(QUICK))}"}, OK, "4 steps take"),
        ({"code": 0, "out": '{"out_of_memory": "too large"}'}, ERROR, "too large"),
        ({"code": -9}, ERROR, "killed"),
        ({"code": 1, "err": "T\nValueError: no"}, WARNING, "ValueError: no"),
        ({"code": None}, WARNING, "more than 10 min"),
    ],
)
def test_how_a_trial_ends(monkeypatch, answer, level, words):
    asked = []

    def run(*command, stdin, **_):
        asked.append((command, json.loads(stdin)["model"]))
        return Answer(**answer)

    monkeypatch.setattr(forecast.subprocesses, "run", run)
    found = forecast.check_training("wavenet", TINY, None, 1.0, 8 * GIBI)
    assert asked == [(("moksori.doctor.trial",), "wavenet")]
    assert found.level is level
    assert words in found.text


def test_a_step_that_does_not_fit(monkeypatch, capsys):
    def refuse(**_):
        raise MemoryError("lower it")

    monkeypatch.setattr(trial, "run_trial", refuse)
    monkeypatch.setattr(trial.Path, "write_text", lambda path, text: None)
    request = {"model": "wavenet", "settings": TINY.to_dict(), "features": None}
    monkeypatch.setattr(trial.json, "load", lambda file: {**request, "seconds": 1})
    trial.main()
    assert json.loads(capsys.readouterr().out) == {"out_of_memory": "lower it"}
