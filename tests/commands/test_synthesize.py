"""The script, on a tiny voice of random weights."""

import json
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from moksori.audio import files
from moksori.commands import synthesize
from tests.voices.runs import make_run

TEXT = "안녕하세요."


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("logs") / "tiny"
    return make_run(folder, "text.normalize=false")


@pytest.fixture
def call(run_folder, tmp_path, monkeypatch, capsys):
    """Runs the script: `(exit code, rows by line, standard error)`."""

    def run(*flags, out=tmp_path / "out"):
        arguments = ["--voice", str(run_folder), "--out", str(out), *flags]
        monkeypatch.setattr(sys, "argv", ["synthesize.py", *arguments])
        code = synthesize.main()
        manifest = out / "manifest.jsonl"
        text = manifest.read_text(encoding="utf-8") if manifest.exists() else ""
        rows = [json.loads(line) for line in text.splitlines()]
        return code, {row["line"]: row for row in rows}, capsys.readouterr().err

    return run


@pytest.fixture
def lines_file(tmp_path):
    def write(*lines) -> str:
        path = tmp_path / "lines.txt"
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return str(path)

    return write


def test_one_text(call, tmp_path):
    code, rows, _ = call("--text", TEXT)
    assert code == 0
    row = rows[1]
    assert row["text"] == row["spoken"] == TEXT
    assert row["speaker"] == "나"
    assert row["real_time_factor"] > 0
    assert set(row["attention"]) >= {"focus", "diagonality", "skips", "repeats"}
    assert any("no stop token" in warning for warning in row["warnings"])
    wave, rate = files.decode(tmp_path / "out" / row["wav"])
    assert rate == 8000
    assert len(wave) / rate == pytest.approx(row["seconds"], abs=1e-3)
    picture = (tmp_path / "out" / row["alignment"]).read_bytes()
    assert picture.startswith(b"\x89PNG")


def test_bad_lines_are_named_and_the_others_spoken(call, lines_file, tmp_path):
    nfd = unicodedata.normalize("NFD", TEXT)
    file = lines_file("네.", "", TEXT, "3시", nfd, "ㅇㅏㄴㄴㅕㅇㅎㅏㅅㅔㅇㅛ.", "...")
    code, rows, err = call("--file", file)
    assert code == 1
    assert sorted(rows) == [1, 2, 3, 4, 5, 6, 7]
    assert {n for n, row in rows.items() if "error" in row} == {2, 4, 7}
    reported = [line for line in err.splitlines() if "no stop token" not in line]
    for number, reason in ((2, "empty"), (4, "'3'"), (7, "nothing to speak")):
        assert reason in rows[number]["error"]
        assert sum(line.startswith(f"line {number}: ") for line in reported) == 1
    waves = [(tmp_path / "out" / f"000{n}.wav").read_bytes() for n in (3, 5, 6)]
    assert waves[0] == waves[1] == waves[2]
    assert not (tmp_path / "out" / "0002.wav").exists()
    assert {row["text"] for row in rows.values()} >= {"", nfd, "3시"}


def test_standard_input_and_the_flags_of_a_take(call, lines_file, run_folder, tmp_path):
    command = [sys.executable, "synthesize.py", "--voice", str(run_folder)]
    command += ["--file", "-", "--out", str(tmp_path / "piped"), "--speaker", "너"]
    command += ["--seed", "3", "--speed", "1.5"]
    root = Path(__file__).parents[2]
    subprocess.run(command, input=f"{TEXT}\n네.\n".encode(), cwd=root, check=True)
    piped = tmp_path / "piped"
    code, rows, _ = call(
        *("--file", lines_file(TEXT, "네."), "--speaker", "1"),
        *("--seed", "3", "--speed", "1.5"),
    )
    assert code == 0
    for row in rows.values():
        assert row["speaker"] == "너"
        ours = (tmp_path / "out" / row["wav"]).read_bytes()
        assert (piped / row["wav"]).read_bytes() == ours


def test_a_line_that_fails_now_leaves_no_sound_of_before(call, lines_file, tmp_path):
    call("--file", lines_file(TEXT))
    call("--file", lines_file(""))
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["manifest.jsonl"]


@pytest.mark.parametrize(
    ("flags", "reason"),
    [
        (["--speaker", "그"], "no speaker 그"),
        (["--speed", "0"], "speed must be between"),
        (["--set", "audio.mels=40"], "audio.mels: 40 != 20"),
        (["--set", "audio.melz=40"], "audio.mels"),
        (["--preset", "korean"], "trained with others"),
    ],
)
def test_what_the_voice_cannot_do_is_one_line(call, tmp_path, flags, reason):
    code, rows, err = call("--text", TEXT, *flags)
    assert code == 2
    assert rows == {}
    assert len(err.splitlines()) == 1
    assert err.startswith("synthesize.py: ")
    assert reason in err
    assert not (tmp_path / "out").exists()


def test_settings_of_griffin_lim_may_be_set(call):
    code, _, _ = call("--text", TEXT, "--set", "audio.griffin_lim_iterations=2")
    assert code == 0


def test_missing_run_and_missing_file_are_one_line(call, run_folder, tmp_path):
    code, _, err = call("--text", TEXT, "--voice", str(run_folder.parent / "tinny"))
    assert code == 2
    assert err == f"synthesize.py: no run {run_folder.parent}/tinny; nearest: tiny\n"
    code, _, err = call("--file", str(tmp_path / "none.txt"))
    assert code == 2
    assert "none.txt: No such file" in err


@pytest.mark.parametrize(
    "flags", [[], ["--text", "가", "--file", "-"], ["--sped", "1"]]
)
def test_wrong_usage_exits_with_two(call, flags, capsys):
    with pytest.raises(SystemExit) as ended:
        call(*flags)
    assert ended.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_help_loads_nothing_heavy():
    code = (
        "import sys; from moksori.commands import synthesize\n"
        "sys.argv = ['synthesize.py', '--help']\n"
        "try: synthesize.main()\n"
        "except SystemExit: print([m for m in ('keras', 'numpy') if m in sys.modules])"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "[]"
    assert "--voice" in done.stdout
