"""The command train: its stages, what it begins with, refuses, and goes on from."""

import shutil
from importlib import import_module
from pathlib import Path

import pytest

import hparams
from moksori.commands import train
from moksori.comparison import account
from moksori.doctor import forecast
from moksori.storage import write_json
from moksori.training import adaptation, export
from moksori.training.runs import Run

CONSENT = "Minji, 20 November 2026, for this test"


@pytest.fixture
def stages(monkeypatch, tmp_path):
    """The commands that train would run."""
    seen = []
    monkeypatch.setattr(
        train, "run_stage", lambda name, *words: seen.append([*map(str, words)])
    )
    monkeypatch.setattr(account, "check_amount", lambda features: "enough")
    monkeypatch.setattr(account, "account", lambda *_: "the end")
    monkeypatch.chdir(tmp_path)
    return seen


def main(*words) -> int:
    return train.main(["data/me", *map(str, words)])


def value(words: list[str], flag: str) -> str:
    return words[words.index(flag) + 1]


def chosen() -> hparams.Hparams:
    return hparams.Hparams.load("data/me-settings.json")


def test_the_stages_of_a_folder(stages, capsys):
    assert main("--consent", CONSENT, "--format", "folder") == 0
    assert capsys.readouterr().out.endswith("the end\n")
    features, training, comparison = stages
    assert features[:4] == ["preprocess", "data/me", "--out", "data/me-features"]
    assert value(features, "--format") == "folder"
    assert training[:4] == ["train_tacotron", "data/me-features", "--run", "logs/me"]
    assert "--from" not in training
    assert value(training, "--consent") == value(comparison, "--consent") == CONSENT
    assert comparison[0] == "compare"
    assert value(comparison, "--out") == "logs/me/comparison"
    for words in (features, training):
        assert value(words, "--hparams") == "data/me-settings.json"
    for name, *words in stages:
        import_module(f"moksori.commands.{name}").parser().parse_args(words)
    assert chosen() == hparams.preset("voice")


def test_consent_is_required_before_anything_is_made(stages, tmp_path, capsys):
    assert main() == 2
    assert "train: --consent is missing" in capsys.readouterr().err
    assert main("--consent", "yes") == 2
    assert stages == []
    assert not (tmp_path / "data").exists()


def test_a_run_that_is_begun_keeps_its_settings_and_consent(stages, tiny_run, tmp_path):
    shutil.copytree(tiny_run, tmp_path / "run")
    run = Run.open("run")
    settings = {**run.settings, "consent": CONSENT}
    shutil.rmtree("run")
    Run.create("run", settings)
    assert main("--run", "run", "--minutes", "5") == 0
    assert value(stages[1], "--consent") == CONSENT
    assert chosen() == hparams.Hparams.from_dict(settings["hparams"])


def test_from_another_run_takes_its_settings_and_the_schedule(stages, tiny_run):
    assert main("--consent", CONSENT, "--from", tiny_run) == 0
    assert value(stages[1], "--from") == str(tiny_run)
    assert chosen().tacotron == hparams.preset("tiny").tacotron
    schedule = hparams.preset("voice").tacotron_training
    assert chosen().tacotron_training == schedule


def test_from_nothing(stages):
    assert main("--consent", CONSENT, "--from", "none") == 0
    assert value(stages[1], "--from") == "none"
    assert chosen() == hparams.preset("demo")


def test_minutes_become_steps(stages, monkeypatch):
    def measured(*_):
        values = {"shapes": 2, "compile_seconds": 10.0, "step_seconds": 0.2}
        return forecast.Finding("training", forecast.WARNING, "", "none", values)

    monkeypatch.setattr(forecast, "check_training", measured)
    assert main("--consent", CONSENT, "--minutes", "10") == 0
    t, preset = chosen().tacotron_training, hparams.preset("voice").tacotron_training
    assert t.steps == (600 - 20) / 0.2
    share = t.steps / preset.steps
    assert t.decay_start == round(preset.decay_start * share)
    assert main("--consent", CONSENT, "--minutes", "0.5") == 2


def test_a_trial_that_fails_is_told(stages, monkeypatch, capsys):
    finding = forecast.Finding("training", forecast.ERROR, "no memory", "take less")
    monkeypatch.setattr(forecast, "check_training", lambda *_: finding)
    assert main("--consent", CONSENT, "--minutes", "10") == 2
    assert "train: no memory: take less" in capsys.readouterr().err


def test_a_mistake_is_told_before_anything_is_made(stages, capsys):
    assert main("--consent", CONSENT, "--set", "audio.hop=1") == 2
    assert capsys.readouterr().err.startswith("train: unknown setting audio.hop")
    assert main("--consent", CONSENT, "--from", "nowhere") == 2
    assert "no run nowhere" in capsys.readouterr().err
    assert stages == []


def test_too_few_recordings_are_counted(tiny_store):
    with pytest.raises(ValueError, match=r"^0\.4 minutes of speech in 20 sentences"):
        account.check_amount(tiny_store)


def test_the_preset_is_the_shipped_voice_with_a_schedule():
    shipped, ours = Run.open(export.SHIPPED_VOICE), hparams.preset("voice")
    theirs = hparams.Hparams.from_dict(shipped.settings["hparams"])
    assert (ours.text, ours.tacotron) == (theirs.text, theirs.tacotron)
    assert adaptation.fits_shipped_voice(ours)
    assert not adaptation.fits_shipped_voice(hparams.preset("korean"))


def test_a_stretched_schedule_keeps_its_proportions():
    training = hparams.preset("voice").tacotron_training
    twice = adaptation.stretched(training, 2 * training.steps)
    assert twice.steps == 2 * training.steps
    assert twice.decay_steps == 2 * training.decay_steps
    assert twice.warmup_steps == training.warmup_steps
    assert adaptation.stretched(training, training.steps) == training


def test_too_short_a_schedule_still_saves():
    assert adaptation.stretched(hparams.preset("tiny").tacotron_training, 1).save_every


def test_the_account_of_a_comparison(tmp_path):
    failures = {"count": 1, "of": 9, "per_hundred": 11.1}
    systems = [
        {"key": "recording", "name": "Recording"},
        {"key": "griffin-lim", "name": "Griffin-Lim", "failures": failures},
    ]
    write_json(tmp_path / account.NAME, {"systems": systems})
    told = account.account("logs/me", tmp_path)
    assert "Griffin-Lim: 8 of 9 held-out sentences" in told
    assert f"{Path(tmp_path) / 'compare.html'}" in told
