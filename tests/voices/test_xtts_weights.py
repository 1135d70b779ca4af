import os
import subprocess
import sys
from pathlib import Path

import pytest

from moksori.voices.speech import VoiceError
from moksori.voices.xtts import weights as xtts_weights
from moksori.voices.xtts.folder import FILES, XttsSettings, check_installed

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A home of its own, without any weights or agreements."""
    for name in list(os.environ):
        if name.startswith(("HF_", "HUGGINGFACE_", "XDG_", "TTS_HOME", "COQUI_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def made(folder: Path, *without: str) -> Path:
    folder.mkdir(parents=True)
    for name in set(FILES) - set(without):
        (folder / name).write_text('{"model": "xtts", "languages": ["ko", "zh-cn"]}')
    return folder


def test_given_weights_are_used_and_the_licence_is_printed_once():
    said = []
    folder = xtts_weights.find(Path("there"), said.append)
    assert folder == Path("there")
    assert said == [xtts_weights.LICENCE]
    assert "non-commercial" in said[0]


@pytest.mark.parametrize(
    ("variable", "value", "place"),
    [
        (None, "", ".cache/huggingface/hub"),
        ("HF_HOME", "{}/hf", "hf/hub"),
        ("HF_HUB_CACHE", "{}/cache", "cache"),
        ("HUGGINGFACE_HUB_CACHE", "$HOME/old", "old"),
        ("XDG_CACHE_HOME", "{}/xdg", "xdg/huggingface/hub"),
    ],
)
@pytest.mark.parametrize("repository", ["tts-hub--XTTS-v2", "coqui--XTTS-v2"])
def test_the_cache_of_the_hub(home, monkeypatch, variable, value, place, repository):
    if variable:
        monkeypatch.setenv(variable, value.format(home))
    model = home / place / f"models--{repository}"
    made(model / "snapshots" / "0old")
    current = made(model / "snapshots" / "1new")
    (model / "refs").mkdir()
    (model / "refs" / "main").write_text("1new")
    assert xtts_weights.find(None) == current


def test_an_incomplete_snapshot_is_skipped(home):
    model = home / ".cache/huggingface/hub/models--tts-hub--XTTS-v2"
    made(model / "snapshots" / "1new", "model.pth")
    (model / "refs").mkdir()
    (model / "refs" / "main").write_text("1new")
    with pytest.raises(VoiceError, match="no weights"):
        xtts_weights.find(None)
    whole = made(model / "snapshots" / "0old")
    assert xtts_weights.find(None) == whole


@pytest.mark.parametrize("variable", [None, "TTS_HOME", "XDG_DATA_HOME"])
def test_the_cache_of_coqui(home, monkeypatch, variable):
    data = home / ".local/share"
    if variable:
        data = home / "elsewhere"
        monkeypatch.setenv(variable, str(data))
    folder = made(data / "tts/tts_models--multilingual--multi-dataset--xtts_v2")
    assert xtts_weights.find(None) == folder


@pytest.mark.parametrize("agreed", [None, "0", "no"])
def test_nothing_is_downloaded_without_agreement(monkeypatch, agreed):
    if agreed:
        monkeypatch.setenv("COQUI_TOS_AGREED", agreed)
    with pytest.raises(VoiceError) as refused:
        xtts_weights.find(None, download=pytest.fail)
    message = str(refused.value)
    assert "\n" not in message
    for part in (
        "Coqui Public Model License",
        "non-commercial",
        "https://",
        "--weights",
    ):
        assert part in message
    assert "COQUI_TOS_AGREED=1" in message


def test_weights_are_downloaded_after_agreement(home, monkeypatch):
    monkeypatch.setenv("COQUI_TOS_AGREED", "1")
    said = []
    found = xtts_weights.find(None, said.append, download=lambda: home / "new")
    assert found == home / "new"
    assert said == ["downloading tts-hub/XTTS-v2, 1.9 GB", xtts_weights.LICENCE]


FIND = """
from moksori.voices import speech
from moksori.voices.xtts import weights
try: weights.find(None)
except speech.VoiceError as error: print(error)
"""


@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [
        ("HF_ENDPOINT", "http://127.0.0.1:9", "onnect"),
        ("HF_HUB_OFFLINE", "1", "HF_HUB_OFFLINE is set"),
    ],
)
@pytest.mark.usefixtures("xtts_installed")
def test_without_a_network_the_error_says_how_to_bring_weights(
    home, variable, value, reason
):
    environment = {**os.environ, "COQUI_TOS_AGREED": "1", variable: value}
    done = subprocess.run(
        [sys.executable, "-c", FIND],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    (line,) = done.stdout.splitlines()
    assert line.startswith("the weights of XTTS cannot be downloaded: ")
    assert reason in line
    assert "--weights DIR" in line


def test_settings_are_read_from_the_folder(tmp_path):
    settings = XttsSettings.read(made(tmp_path / "weights"))
    assert settings.languages == ("ko", "zh-cn")
    assert settings.reference_seconds == 30
    settings.check_language("ko")
    for near, language in {"kr": "ko", "zh": "zh-cn", "KO": "ko"}.items():
        with pytest.raises(VoiceError, match=f"no language {near}; did you mean") as no:
            settings.check_language(near)
        assert f"did you mean {language}? There are: ko, zh-cn" in str(no.value)


@pytest.mark.parametrize("name", FILES)
def test_folders_without_a_file_are_refused(tmp_path, name):
    with pytest.raises(VoiceError, match=f"holds no {name}"):
        XttsSettings.read(made(tmp_path / "weights", name))
    (tmp_path / "weights" / name).touch()
    with pytest.raises(VoiceError, match=f"{name} is empty"):
        XttsSettings.read(tmp_path / "weights")


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ("{", "damaged"),
        ("[]", "another model: None"),
        ('{"model": "vits"}', "another model: vits"),
        ('{"model": "xtts"}', "names no languages"),
        ('{"model": "xtts", "languages": 7}', "damaged"),
        ('{"model": "xtts", "languages": ["ko"], "max_ref_len": "x"}', "damaged"),
    ],
)
def test_configs_of_something_else_are_refused(tmp_path, config, reason):
    folder = made(tmp_path / "weights")
    (folder / "config.json").write_text(config)
    with pytest.raises(VoiceError, match=reason) as refused:
        XttsSettings.read(folder)
    assert str(folder / "config.json") in str(refused.value)
    assert "\n" not in str(refused.value)


def test_missing_folders_and_unreadable_files_are_refused(tmp_path, monkeypatch):
    with pytest.raises(VoiceError, match="no folder"):
        XttsSettings.read(tmp_path / "none")

    def refuse(path, *_):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("builtins.open", refuse)
    folder = made(tmp_path / "weights")
    with pytest.raises(VoiceError, match=r"cannot read .*json: Permission denied"):
        XttsSettings.read(folder)


def test_a_missing_library_is_reported_without_loading_it(monkeypatch):
    monkeypatch.setattr("moksori.voices.xtts.folder.find_spec", lambda name: None)
    with pytest.raises(VoiceError, match="XTTS is not installed: run `make xtts`"):
        check_installed()
