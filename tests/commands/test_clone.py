"""The command, on a tiny XTTS of random weights."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from moksori.audio import files
from moksori.commands import clone
from moksori.voices.xtts import model as xtts_model
from moksori.voices.xtts import weights as xtts_weights
from tests import tiny_xtts
from tests.tiny_xtts import CONSENT, copied, recording

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def xtts_folder(xtts_installed, tmp_path_factory):
    return tiny_xtts.folder_of(tmp_path_factory.getbasetemp())


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    return recording(tmp_path_factory.mktemp("sound") / "me.wav")


@pytest.fixture
def run(capfd):
    """Run the command: `(exit code, standard output, standard error)`."""

    def call(*flags):
        code = clone.main([str(flag) for flag in flags])
        return code, *capfd.readouterr()

    return call


@pytest.fixture
def call(run, xtts_folder, sound, tmp_path, monkeypatch):
    """Run the command on the tiny weights: `(exit code, rows, standard error)`."""
    model = tiny_xtts.model_of(xtts_folder)
    monkeypatch.setattr(xtts_model, "load", lambda settings: model)

    def speak(*flags, out=tmp_path / "out"):
        given = ["--reference", sound, "--consent", CONSENT]
        given = [] if "--voice-file" in flags else given
        where = ["--out", out] if out else []
        code, _, err = run(*given, "--weights", xtts_folder, *where, *flags)
        manifest = (out or tmp_path) / "manifest.jsonl"
        text = manifest.read_text("utf-8") if manifest.exists() else ""
        rows = [json.loads(line) for line in text.splitlines()]
        return code, {row["line"]: row for row in rows}, err

    return speak


def test_one_text(call, tmp_path):
    code, rows, err = call("--text", "3시에 만나요.")
    assert code == 0
    row = rows[1]
    assert (row["text"], row["spoken"]) == ("3시에 만나요.", "세 시에 만나요.")
    assert (row["consent"], row["reference"]) == (CONSENT, ["me.wav"])
    assert row["device"] in ("processor", "GPU")
    assert (row["alignment"], row["attention"]) == (None, None)
    assert row["stopped"] in ("stop token", "length cap")
    assert err.splitlines()[0] == xtts_weights.LICENCE
    assert err.count("License") == 1
    wave, rate = files.decode(tmp_path / "out" / row["wav"])
    assert rate == 24000
    assert len(wave) / rate == pytest.approx(row["seconds"], abs=1e-3)
    record = json.loads((tmp_path / "out" / "reference.json").read_text("utf-8"))
    assert (record["consent"], record["files"]) == (CONSENT, ["me.wav"])
    assert record["features"]["pitch_hertz_median"] == pytest.approx(120, abs=5)
    assert record["features"]["sample_rate"] == 22050
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"0001.wav", "manifest.jsonl", "reference.json"}


def test_bad_lines_are_named_and_the_others_spoken(call, tmp_path):
    lines = tmp_path / "lines.txt"
    lines.write_text("네.\n\n...\n네.\n", "utf-8")
    code, rows, err = call("--file", lines)
    assert code == 1
    assert sorted(n for n, row in rows.items() if "error" in row) == [2, 3]
    assert "line 2: the line is empty" in err
    waves = [(tmp_path / "out" / f"000{n}.wav").read_bytes() for n in (1, 4)]
    assert waves[0] == waves[1]


def test_seed_speed_and_language(call, tmp_path):
    def spoken(*flags):
        code, rows, _ = call("--text", "hello", "--seed", "4", *flags)
        assert code == 0
        return rows[1]["seconds"], (tmp_path / "out" / "0001.wav").read_bytes()

    plain, wav = spoken()
    fast, _ = spoken("--speed", "2")
    assert fast == pytest.approx(plain / 2, rel=0.1)
    for flags in (("--language", "en"), ("--seed", "3")):
        assert spoken(*flags)[1] != wav


def test_a_saved_voice_says_the_same_without_reference_or_consent(call, tmp_path):
    saved = tmp_path / "voices" / "me.voice"
    code, rows, err = call("--save-voice", saved, out=None)
    assert (code, rows) == (0, {})
    assert f"voice saved: {saved}" in err
    call("--text", "네.")
    first = (tmp_path / "out" / "0001.wav").read_bytes()
    again = tmp_path / "again"
    code, rows, err = call("--voice-file", saved, "--text", "네.", out=again)
    assert code == 0
    assert f"the voice me, by consent: {CONSENT}" in err
    assert (again / "0001.wav").read_bytes() == first
    assert (rows[1]["consent"], rows[1]["reference"]) == (CONSENT, ["me.wav"])
    records = [
        (folder / "reference.json").read_text("utf-8")
        for folder in (again, tmp_path / "out")
    ]
    assert records[0] == records[1]


def test_a_stream_has_the_same_length_and_a_record(call, tmp_path):
    call("--text", "네.", "--seed", "4")
    spoken, _ = files.decode(tmp_path / "out" / "0001.wav")
    stream = tmp_path / "stream" / "one.wav"
    code, _, _ = call("--text", "네.", "--seed", "4", "--stream", stream, out=None)
    assert code == 0
    heard, rate = files.decode(stream)
    assert (len(heard), rate) == (len(spoken), 24000)
    record = json.loads(stream.with_suffix(".json").read_text("utf-8"))
    assert record["consent"] == CONSENT


CHILD = """
import sys
from tests import tiny_xtts
tiny_xtts.shrink()
from moksori.commands import clone
code = clone.main()
print({"keras", "tensorflow", "jax"} & set(sys.modules), file=sys.stderr)
sys.exit(code)
"""


def test_a_process_of_its_own_to_standard_output(xtts_folder, sound):
    """Quick to start and quiet: without Keras, and without what the libraries note."""
    command = [sys.executable, "-c", CHILD, "--reference", sound, "--consent", CONSENT]
    command += ["--weights", xtts_folder, "--file", "-", "--stream", "-"]
    done = subprocess.run(
        list(map(str, command)), cwd=ROOT, input="네.\n".encode(), capture_output=True
    )
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout[:4] == b"RIFF"
    assert len(done.stdout) > 10_000
    told = done.stderr.decode().splitlines()
    capped = ["line 1: no stop token, ended by: length cap"]
    assert told in ([xtts_weights.LICENCE, *more, "set()"] for more in ([], capped))


def test_a_voice_of_other_weights_is_refused(call, tmp_path, monkeypatch):
    saved = tmp_path / "me.voice"
    call("--save-voice", saved, out=None)
    load = xtts_model.load

    def other(settings):
        model = load(settings)
        monkeypatch.setattr(model, "fingerprint", "another")
        return model

    monkeypatch.setattr(xtts_model, "load", other)
    code, rows, err = call("--voice-file", saved, "--text", "네.")
    assert (code, rows) == (2, {})
    assert "was made with other weights" in err.splitlines()[-1]


TEXT = ["--text", "네."]


@pytest.mark.parametrize(
    ("flags", "reason"),
    [
        ([], "--reference --voice-file is required"),
        (["--reference", "a.wav"], "text needs --out or --stream"),
        (["--reference", "a.wav", *TEXT], "text needs --out or --stream"),
        (["--reference", "a.wav", "--out", "x"], "without text, use --save-voice"),
        (["--reference", "a.wav", "--voice-file", "b", *TEXT], "not allowed with"),
        (
            ["--voice-file", "b", "--consent", "c", *TEXT, "--out", "x"],
            "its consent with it",
        ),
        (["--voice-file", "b", "--save-voice", "c"], "saved already"),
        (["--reference", "a.wav", *TEXT, "--file", "-", "--out", "x"], "not allowed"),
    ],
)
def test_wrong_usage_exits_with_two(run, flags, reason, capfd):
    with pytest.raises(SystemExit) as ended:
        run(*flags)
    assert ended.value.code == 2
    assert reason in capfd.readouterr().err


@pytest.fixture
def unloaded(monkeypatch):
    """Torch must not be loaded; that the library is there is taken for granted."""
    monkeypatch.setattr(xtts_model, "load", lambda settings: pytest.fail("loaded"))
    monkeypatch.setattr("moksori.voices.xtts.folder.find_spec", lambda name: name)


@pytest.fixture
def folder(tmp_path):
    """A folder that looks like one with weights."""
    place = tmp_path / "weights"
    place.mkdir()
    for name in xtts_model.FILES:
        (place / name).write_text('{"model": "xtts", "languages": ["ko", "zh-cn"]}')
    return place


@pytest.mark.usefixtures("unloaded")
def test_cheap_mistakes_are_reported_before_anything_is_loaded(
    run, sound, folder, tmp_path
):
    (tmp_path / "empty.txt").touch()
    (tmp_path / "text.voice").write_text("a text")
    agreed = ["--reference", sound, "--consent", CONSENT]
    mistakes = {
        "--consent is missing": ["--reference", sound],
        "does not say enough": ["--reference", sound, "--consent", "yes"],
        "no such file": ["--reference", "none.wav", "--consent", CONSENT],
        "speed must be between": [*agreed, "--speed", "0"],
        "did you mean ko?": [*agreed, "--language", "kr"],
        "damaged or no voice file": ["--voice-file", tmp_path / "text.voice"],
        "no voice file": ["--voice-file", tmp_path / "none.voice"],
        "no folder": [*agreed, "--weights", tmp_path / "nowhere"],
    }
    for reason, flags in mistakes.items():
        given = ["--weights", folder, *flags, *TEXT, "--out", tmp_path / "out"]
        code, out, err = run(*given)
        assert (code, out) == (2, "")
        last = err.splitlines()[-1]
        assert last.startswith("clone: ")
        assert reason in last
    empty = [*agreed, "--weights", folder, "--file", tmp_path / "empty.txt"]
    code, _, err = run(*empty, "--out", tmp_path / "out")
    assert code == 2
    assert "empty.txt is empty" in err
    assert not (tmp_path / "out").exists()


def test_without_the_library_one_line_says_what_to_install(
    run, sound, tmp_path, monkeypatch
):
    monkeypatch.setattr("moksori.voices.xtts.folder.find_spec", lambda name: None)
    given = ["--reference", sound, "--consent", CONSENT, *TEXT, "--out", tmp_path]
    code, _, err = run(*given)
    assert code == 2
    (line,) = err.splitlines()
    assert line.startswith("clone: XTTS is not installed: run `make xtts`")


def test_foreign_weights_are_refused_in_one_line(run, xtts_folder, sound, tmp_path):
    folder = copied(xtts_folder, tmp_path / "weights", model=b"nothing")
    given = ["--reference", sound, "--consent", CONSENT, "--weights", folder]
    code, _, err = run(*given, *TEXT, "--out", tmp_path / "out")
    assert code == 2
    last = err.splitlines()[-1]
    assert last.startswith(f"clone: {folder}/model.pth is damaged or no checkpoint")
    assert not (tmp_path / "out").exists()
