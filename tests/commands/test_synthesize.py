"""The command, on a tiny voice of random weights."""

import io
import json
import unicodedata
from types import SimpleNamespace

import pytest

from moksori.audio import files
from moksori.commands import synthesize
from moksori.storage import write_json
from tests.voices.runs import make_run

TEXT = "안녕하세요."
CONSENT = "Minji, 20 November 2026, for this test"


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("logs") / "tiny"
    make_run(folder, "text.normalize=false")
    about = json.loads((folder / "run.json").read_text("utf-8"))
    write_json(folder / "run.json", {**about, "consent": CONSENT})
    return folder


@pytest.fixture
def call(run_folder, tmp_path, capsys):
    """Run the command: `(exit code, rows by line, standard error)`."""

    def run(*flags, out=tmp_path / "out"):
        # Random weights fail on every line.
        voice = ["--voice", str(run_folder), "--attempts", "1"]
        code = synthesize.main([*voice, "--out", str(out), *flags])
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
    assert row["consent"] == CONSENT
    assert row["real_time_factor"] > 0
    assert set(row["attention"]) >= {"focus", "diagonality", "skips", "repeats"}
    assert any("no stop token" in warning for warning in row["warnings"])
    wave, rate = files.decode(tmp_path / "out" / row["wav"])
    assert rate == 8000
    assert len(wave) / rate == pytest.approx(row["seconds"], abs=1e-3)
    picture = (tmp_path / "out" / row["alignment"]).read_bytes()
    assert picture.startswith(b"\x89PNG")


def test_lines_that_fail_are_spoken_again_and_the_manifest_says_so(call, lines_file):
    code, rows, err = call("--file", lines_file(TEXT, "가나다"), "--attempts", "4")
    assert code == 0
    for number, row in rows.items():
        assert row["attempts"] == 4
        assert any("no stop token" in flaw for flaw in row["failed"])
        (note,) = [text for text in row["warnings"] if "the best is kept" in text]
        assert f"line {number}: {note}" in err.splitlines()
    row = call("--text", TEXT)[1][1]
    assert (row["attempts"], row["remedies"], row["failed"]) == (1, [], [])


@pytest.mark.parametrize("number", ["0", "6", "two"])
def test_attempts_are_a_small_number(call, capsys, number):
    with pytest.raises(SystemExit):
        call("--text", TEXT, "--attempts", number)
    assert f"1 to 5, not {number}" in capsys.readouterr().err


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


def test_standard_input_and_the_flags_of_a_take(
    call, lines_file, tmp_path, monkeypatch
):
    piped = tmp_path / "piped"
    stdin = io.BytesIO(f"{TEXT}\n네.\n".encode())
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=stdin))
    take = ["--speaker", "너", "--seed", "3", "--speed", "1.5"]
    assert call("--file", "-", *take, out=piped)[0] == 0
    code, rows, _ = call(
        *("--file", lines_file(TEXT, "네."), "--speaker", "1"),
        *("--seed", "3", "--speed", "1.5"),
    )
    assert code == 0
    for row in rows.values():
        assert row["speaker"] == "너"
        ours = (tmp_path / "out" / row["wav"]).read_bytes()
        assert (piped / row["wav"]).read_bytes() == ours


def test_text_may_begin_with_a_hyphen(call, lines_file):
    for flags in (["--text", "-네."], ["--text=-네."], ["--file", lines_file("-네.")]):
        code, rows, _ = call(*flags)
        assert (code, rows[1]["text"]) == (1, "-네.")
        assert "'-'" in rows[1]["error"]  # this voice was trained without rules


def test_the_manifest_is_in_the_order_of_the_lines(call, lines_file, tmp_path):
    texts = ["안녕하세요, 반갑습니다.", "", "네.", "아니요."]
    call("--file", lines_file(*texts))
    text = (tmp_path / "out/manifest.jsonl").read_text("utf-8")
    rows = [json.loads(row) for row in text.splitlines()]
    assert [row["text"] for row in rows] == texts


def test_a_line_that_fails_deletes_its_earlier_wav(call, lines_file, tmp_path):
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
def test_unsupported_options_are_refused_in_one_line(call, tmp_path, flags, reason):
    code, rows, err = call("--text", TEXT, *flags)
    assert code == 2
    assert rows == {}
    assert len(err.splitlines()) == 1
    assert err.startswith("synthesize: ")
    assert reason in err
    assert not (tmp_path / "out").exists()


def test_settings_of_griffin_lim_may_be_set(call):
    code, _, _ = call("--text", TEXT, "--set", "audio.griffin_lim_iterations=2")
    assert code == 0


def test_missing_run_and_missing_file_are_one_line(call, run_folder, tmp_path):
    code, _, err = call("--text", TEXT, "--voice", str(run_folder.parent / "tinny"))
    assert code == 2
    assert err == f"synthesize: no run {run_folder.parent}/tinny; nearest: tiny\n"
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
