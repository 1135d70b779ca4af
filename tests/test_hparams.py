"""Settings: presets, overrides, refusals in one line, JSON there and back."""

import argparse
import dataclasses
import json
import math
import re
from itertools import pairwise
from pathlib import Path

import pytest

import hparams
from hparams import (
    Audio,
    Hparams,
    HparamsError,
    Tacotron,
    TacotronTraining,
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


def test_presets_are_the_files_and_state_only_their_difference():
    files = list(Path(hparams.__file__).with_name("presets").glob("*.json"))
    assert {file.stem for file in files} == set(hparams.PRESETS)
    defaults = Hparams().to_dict()
    for file in files:
        for group, values in json.loads(file.read_text("utf-8")).items():
            assert values
            assert not values.items() <= defaults[group].items()
            for key, value in values.items():
                assert value != defaults[group][key], f"{file.name}: {group}.{key}"


def test_every_setting_has_a_comment():
    source = Path(hparams.__file__).read_text("utf-8")
    lines = source.partition("class Hparams:")[0].splitlines()
    bare, described = set(), set()
    for above, line in pairwise(lines):
        if found := re.search(r"^    (\w+): [^=#]+ = [^#]+(#.*)?$", line):
            (described if found[2] or above.strip()[:1] == "#" else bare).add(found[1])
    assert len(described) > 80
    # Those of every trainer stand in `TrainerSettings`.
    assert bare <= described


def test_the_older_name_of_a_group_is_read():
    tiny = hparams.preset("tiny")
    values = tiny.to_dict()
    values["training"] = values.pop("tacotron_training")
    assert Hparams.from_dict(values) == tiny
    older = KOREAN.override(["training.steps=7"])
    assert older == KOREAN.override(["tacotron_training.steps=7"])
    values["tacotron_training"] = {}
    assert "give only one" in refusal(Hparams.from_dict, values)


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
    ("assignment", "value"),
    [
        ("tacotron.reduction_factor=4", 4),
        (" tacotron.reduction_factor = 4 ", 4),
        ("tacotron_training.steps=2e5", 200_000),
        ("tacotron_training.learning_rate=1", 1.0),
        ("tacotron_training.learning_rate=3e-4", 3e-4),
        ("audio.linear=true", True),
        ("audio.linear=False", False),
        ("audio.level=lufs", "lufs"),
        ("wavenet.upsample=10,30", (10, 30)),
        ("wavenet.upsample=[10, 30]", (10, 30)),
        ("tacotron.prenet_dims=128", (128,)),
        (
            "tacotron_training.reduction_schedule=[[0, 2], [500, 1]]",
            ((0, 2), (500, 1)),
        ),
    ],
)
def test_override(assignment, value):
    group, key = assignment.partition("=")[0].strip().split(".")
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
        (
            "audio.learning_rate=1",
            "tacotron_training.learning_rate or wavenet_training.learning_rate",
        ),
        ("tacotron_training.sed=3", "tacotron_training.seed"),
        ("audio.hop=256", "audio.hop_length"),
    ],
)
def test_unknown_name_brings_the_nearest(assignment, nearest):
    message = refusal(KOREAN.override, [assignment])
    assert assignment.partition("=")[0].partition(".")[0] in message
    assert f"did you mean {nearest}?" in message
    assert "did you mean korean?" in refusal(hparams.preset, "koraen")


@pytest.mark.parametrize(
    ("assignment", "wanted"),
    [
        ("tacotron_training.steps=many", "a whole number"),
        ("tacotron_training.steps=1.5", "a whole number"),
        ("tacotron_training.steps=true", "a whole number"),
        ("tacotron_training.learning_rate=fast", "a number"),
        ("audio.linear=1", "true or false"),
        ("audio.level=3", "a word"),
        ("wavenet.upsample=a,b", "a list of a whole number"),
        ("tacotron_training.reduction_schedule=[[0]]", "a list"),
        ("tacotron_training.steps=null", "a whole number"),
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
        (WaveNet, {"bands": 4}, "distribution logistic or gaussian"),
        (WaveNet, {"lpc_order": -1}, "wavenet.lpc_order"),
        (WaveNetTraining, {"steps": 0}, "wavenet_training.steps"),
        (WaveNetTraining, {"average": 1.0}, "average"),
        (WaveNetTraining, {"compute": "float16"}, "wavenet_training.compute"),
        (TacotronTraining, {"compute": "half"}, "compute: auto, float32 or bfloat16"),
        (TacotronTraining, {"steps": 0}, "tacotron_training.steps"),
        (TacotronTraining, {"previews": 9, "held_out": 3}, "previews"),
        (TacotronTraining, {"reduction_schedule": ((5, 2),)}, "reduction_schedule"),
        (TacotronTraining, {"reduction_schedule": ((0, 1), (9, 2))}, "schedule"),
    ],
)
def test_contradiction_in_a_group(group, values, named):
    assert named in refusal(lambda: group(**values))


@pytest.mark.parametrize(
    ("assignments", "named"),
    [
        (["audio.hop_length=256"], "wavenet.upsample"),
        (["wavenet.bands=2", "wavenet.distribution=logistic"], "wavenet.bands 2"),
        (["tacotron.linear=true"], "audio.linear"),
        (["tacotron_training.reduction_schedule=[[0, 8], [9, 1]]"], "reduction_factor"),
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
    assert "nowhere.json" in refusal(Hparams.load, tmp_path / "nowhere.json")


def test_file_may_state_only_the_difference_and_begin_with_a_mark(tmp_path):
    path = tmp_path / "hparams.json"
    path.write_text('\ufeff{"tacotron_training": {"seed": 7}}', encoding="utf-8")
    assert Hparams.load(path) == Hparams(tacotron_training=TacotronTraining(seed=7))


def test_saved_file_is_plain_json(tmp_path):
    path = tmp_path / "hparams.json"
    KOREAN.save(path)
    values = json.loads(path.read_text("utf-8"))
    groups = {"audio", "text", "tacotron", "wavenet"}
    groups |= {"tacotron_training", "wavenet_training"}
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
    words = [
        "--preset",
        "tiny",
        "--set",
        "tacotron_training.seed=9",
        "--set",
        "audio.mels=13",
    ]
    changed = hparams.from_arguments(arguments(*words))
    assert (changed.tacotron_training.seed, changed.audio.mels) == (9, 13)


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
