"""Settings: presets, overrides, refusals in one line, JSON there and back."""

import argparse
import dataclasses
import json
import math

import pytest

import hparams
from hparams import (
    Audio,
    Hparams,
    HparamsError,
    Tacotron,
    Training,
    WaveNet,
    WaveNetTraining,
)

KOREAN = hparams.preset("korean")


def refusal(call, *arguments) -> str:
    """The message of the `HparamsError` that `call` must raise: one line."""
    with pytest.raises(HparamsError) as caught:
        call(*arguments)
    message = str(caught.value)
    assert message
    assert "\n" not in message
    return message


def arguments(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    hparams.add_arguments(parser)
    return parser.parse_args(words)


@pytest.mark.parametrize("name", hparams.PRESETS)
def test_preset_builds_and_survives_json(name, tmp_path):
    settings = hparams.preset(name)
    path = tmp_path / "hparams.json"
    settings.save(path)
    assert Hparams.load(path) == settings
    assert Hparams.from_dict(settings.to_dict()) == settings
    assert math.prod(settings.wavenet.upsample) == settings.audio.hop_length


def test_presets_are_those_the_readme_names():
    assert set(hparams.PRESETS) == {"korean", "paper", "lean", "demo", "tiny"}


def test_korean_has_the_known_geometry():
    audio, tacotron = KOREAN.audio, KOREAN.tacotron
    assert audio.sample_rate == 24000
    assert (audio.hop_length, audio.win_length, audio.n_fft) == (300, 1200, 2048)
    assert audio.mels == 80
    assert tacotron.reduction_factor == 2


def test_paper_has_the_published_sizes():
    # Shen et al. 2018, sections 2.1-2.2: 50 ms windows every 12.5 ms, 125 Hz-7.6 kHz.
    settings = hparams.preset("paper")
    audio, tacotron = settings.audio, settings.tacotron
    assert audio.hop_length / audio.sample_rate == 0.0125
    assert audio.win_length / audio.sample_rate == 0.05
    assert (audio.mels, audio.fmin, audio.fmax) == (80, 125.0, 7600.0)
    assert (tacotron.encoder_layers, tacotron.encoder_dim) == (3, 512)
    assert (tacotron.attention_lstm, tacotron.decoder_lstm) == (1024, 1024)
    assert (tacotron.prenet_dims, tacotron.postnet_layers) == ((256, 256), 5)
    assert tacotron.reduction_factor == 1
    assert (settings.wavenet.layers, settings.wavenet.cycles) == (30, 3)


def test_values_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        KOREAN.audio.mels = 40
    assert hash(KOREAN) == hash(hparams.preset("korean"))


def test_derived_values():
    audio = Audio(n_fft=1024, win_length=1024, hop_length=240)
    assert audio.bins == 513
    assert audio.frame_seconds == 0.01


@pytest.mark.parametrize(
    ("assignment", "group", "key", "value"),
    [
        ("tacotron.reduction_factor=4", "tacotron", "reduction_factor", 4),
        (" tacotron.reduction_factor = 4 ", "tacotron", "reduction_factor", 4),
        ("training.steps=2e5", "training", "steps", 200_000),
        ("training.learning_rate=1", "training", "learning_rate", 1.0),
        ("training.learning_rate=3e-4", "training", "learning_rate", 3e-4),
        ("audio.linear=true", "audio", "linear", True),
        ("audio.linear=False", "audio", "linear", False),
        ("audio.level=lufs", "audio", "level", "lufs"),
        ("wavenet.upsample=10,30", "wavenet", "upsample", (10, 30)),
        ("wavenet.upsample=[10, 30]", "wavenet", "upsample", (10, 30)),
        ("tacotron.prenet_dims=128", "tacotron", "prenet_dims", (128,)),
        (
            "training.reduction_schedule=[[0, 2], [500, 1]]",
            "training",
            "reduction_schedule",
            ((0, 2), (500, 1)),
        ),
    ],
)
def test_override(assignment, group, key, value):
    changed = KOREAN.override([assignment])
    found = getattr(getattr(changed, group), key)
    assert found == value
    assert type(found) is type(value)
    expected = KOREAN.to_dict()
    expected[group][key] = value
    assert changed == Hparams.from_dict(expected)


def test_overrides_apply_together():
    hop, upsample = "audio.hop_length=256", "wavenet.upsample=16,16"
    forwards = KOREAN.override([hop, upsample])
    assert forwards == KOREAN.override([upsample, hop])
    assert forwards.audio.hop_length == 256
    assert "hop_length" in refusal(KOREAN.override, [hop])


@pytest.mark.parametrize(
    ("assignment", "nearest"),
    [
        ("tacotron.reduction_facter=4", "tacotron.reduction_factor"),
        ("tacatron.reduction_factor=4", "tacotron"),
        ("audio.learning_rate=1", "training.learning_rate"),
        ("training.sed=3", "training.seed"),
        ("audio.hop=256", "audio.hop_length"),
    ],
)
def test_unknown_name_brings_the_nearest(assignment, nearest):
    message = refusal(KOREAN.override, [assignment])
    assert assignment.partition("=")[0].partition(".")[0] in message
    assert f"did you mean {nearest}?" in message


def test_unknown_preset_brings_the_nearest():
    assert "did you mean korean?" in refusal(hparams.preset, "koraen")


@pytest.mark.parametrize(
    ("assignment", "wanted"),
    [
        ("training.steps=many", "a whole number"),
        ("training.steps=1.5", "a whole number"),
        ("training.steps=true", "a whole number"),
        ("training.learning_rate=fast", "a number"),
        ("audio.linear=1", "true or false"),
        ("audio.level=3", "a word"),
        ("wavenet.upsample=a,b", "a list of a whole number"),
        ("training.reduction_schedule=[[0]]", "a list"),
        ("training.steps=null", "a whole number"),
    ],
)
def test_wrong_type_names_the_right_one(assignment, wanted):
    message = refusal(KOREAN.override, [assignment])
    assert message.startswith(assignment.partition("=")[0])
    assert wanted in message


@pytest.mark.parametrize("assignment", ["tacotron.zoneout", "zoneout=0.1", "=", "a"])
def test_assignment_of_another_form_shows_the_form(assignment):
    assert "group.key=value" in refusal(KOREAN.override, [assignment])


@pytest.mark.parametrize(
    ("group", "values", "named"),
    [
        (Audio, {"win_length": 4096}, "n_fft"),
        (Audio, {"hop_length": 0}, "hop_length"),
        (Audio, {"fmax": 13000.0}, "sample_rate"),
        (Audio, {"fmin": 8000.0, "fmax": 7000.0}, "fmin"),
        (Audio, {"floor_decibel": 30.0}, "floor_decibel"),
        (Audio, {"preemphasis": 1.0}, "preemphasis"),
        (Audio, {"level": "loud"}, "level"),
        (Audio, {"min_seconds": 20.0}, "min_seconds"),
        (Tacotron, {"reduction_factor": 0}, "reduction_factor"),
        (Tacotron, {"encoder_dim": 33}, "encoder_dim"),
        (Tacotron, {"location_kernel": 30}, "location_kernel"),
        (Tacotron, {"zoneout": 1.0}, "zoneout"),
        (Tacotron, {"prenet_dims": ()}, "prenet_dims"),
        (WaveNet, {"layers": 21}, "cycles"),
        (WaveNet, {"distribution": "uniform"}, "distribution"),
        (WaveNet, {"preemphasis": 1.0}, "preemphasis"),
        (WaveNetTraining, {"steps": 0}, "wavenet_training.steps"),
        (WaveNetTraining, {"average": 1.0}, "average"),
        (WaveNetTraining, {"compute": "float16"}, "wavenet_training.compute"),
        (Training, {"compute": "half"}, "training.compute: auto, float32 or bfloat16"),
        (Training, {"steps": 0}, "training.steps"),
        (Training, {"previews": 9, "held_out": 3}, "previews"),
        (Training, {"reduction_schedule": ((5, 2),)}, "reduction_schedule"),
        (Training, {"reduction_schedule": ((0, 1), (9, 2))}, "reduction_schedule"),
    ],
)
def test_contradiction_in_a_group(group, values, named):
    assert named in refusal(lambda: group(**values))


@pytest.mark.parametrize(
    ("assignments", "named"),
    [
        (["audio.hop_length=256"], "wavenet.upsample"),
        (["tacotron.linear=true"], "audio.linear"),
        (["training.reduction_schedule=[[0, 8], [9, 1]]"], "reduction_factor"),
    ],
)
def test_contradiction_between_groups(assignments, named):
    assert named in refusal(KOREAN.override, assignments)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("not json", "hparams.json"),
        ("[1, 2]", "JSON object"),
        ('{"audio": 3}', "audio"),
        ('{"adio": {}}', "audio"),
        ('{"audio": {"mel": 80}}', "audio.mels"),
        ('{"audio": {"mels": "eighty"}}', "audio.mels"),
    ],
)
def test_damaged_file(tmp_path, text, named):
    path = tmp_path / "hparams.json"
    path.write_text(text, encoding="utf-8")
    assert named in refusal(Hparams.load, path)


def test_missing_file(tmp_path):
    assert "nowhere.json" in refusal(Hparams.load, tmp_path / "nowhere.json")


def test_file_may_state_only_the_difference_and_begin_with_a_mark(tmp_path):
    path = tmp_path / "hparams.json"
    path.write_text('\ufeff{"training": {"seed": 7}}', encoding="utf-8")
    assert Hparams.load(path) == Hparams(training=Training(seed=7))


def test_saved_file_is_plain_json(tmp_path):
    path = tmp_path / "hparams.json"
    KOREAN.save(path)
    values = json.loads(path.read_text("utf-8"))
    groups = {"audio", "text", "tacotron", "training", "wavenet", "wavenet_training"}
    assert set(values) == groups
    assert values["wavenet"]["upsample"] == list(KOREAN.wavenet.upsample)


def test_arguments_choose_the_base(tmp_path):
    path = tmp_path / "hparams.json"
    hparams.preset("tiny").save(path)
    tiny, demo = hparams.preset("tiny"), hparams.preset("demo")
    assert hparams.from_arguments(arguments()) == KOREAN
    assert hparams.from_arguments(arguments(), default="demo") == demo
    assert hparams.from_arguments(arguments(), default=tiny) == tiny
    assert hparams.from_arguments(arguments("--preset", "tiny"), default=demo) == tiny
    assert hparams.from_arguments(arguments("--hparams", str(path))) == tiny


def test_arguments_override():
    words = ["--preset", "tiny", "--set", "training.seed=9", "--set", "audio.mels=13"]
    changed = hparams.from_arguments(arguments(*words))
    assert (changed.training.seed, changed.audio.mels) == (9, 13)


def test_arguments_refuse_two_bases(tmp_path):
    both = arguments("--preset", "tiny", "--hparams", str(tmp_path / "a.json"))
    assert "not both" in refusal(hparams.from_arguments, both)


def test_difference():
    ours, theirs = Audio(), Audio(mels=40, linear=True)
    assert hparams.difference(ours, ours) == []
    assert hparams.difference(ours, theirs) == [
        "mels: 80 != 40",
        "linear: False != True",
    ]
