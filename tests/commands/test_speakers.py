"""`moksori speakers`: its flags, words and exit codes, with voices that are tones."""

import json

import pytest

from moksori.audio.files import save
from moksori.commands import calibrating, enrolling, keeping, recognition, speakers
from moksori.commands import people as registered
from moksori.speakers.calibration import Calibration
from moksori.speakers.recognizer import Recognizer
from moksori.speakers.registry import Registry
from tests.speakers.fake import (
    CALIBRATION,
    RATE,
    FakeDetector,
    FakeEncoder,
    people,
    voice,
)

AGREED = ["--consent-by", "they", "--purpose", "tests"]


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    registries = []

    def opened(path, encoder, create=False):
        if not create and not path.is_file():
            raise FileNotFoundError(f"no registry {path}: enrol somebody first")
        network = FakeEncoder()
        registry = Registry.open(path, network.id, network.dimension)
        registries.append(registry)
        return Recognizer(network, registry, CALIBRATION, FakeDetector())

    for module in (enrolling, keeping, recognition, registered):
        monkeypatch.setattr(module, "open_recognizer", opened)

    def call(action, *words):
        flags = [action, "--registry", str(tmp_path / "r" / "r.db"), *map(str, words)]
        code = speakers.main(flags)
        # As the end of a process does.
        while registries:
            registries.pop().close()
        return (code, *capsys.readouterr())

    return call


def test_from_enrolment_to_forgetting(run, tmp_path):
    folder = people(tmp_path / "data", minji=400, suho=900)
    code, said, _ = run("enrol", "--register_dir", folder, *AGREED)
    assert code == 0
    assert "minji: 3 clips, 12 s of speech" in said
    assert (tmp_path / "r" / "embedding.png").is_file()
    assert "enrolled already" in run("enrol", folder, *AGREED)[2]

    known, stranger = tmp_path / "known.wav", tmp_path / "stranger.wav"
    save(known, voice(402, seed=5), RATE)
    save(stranger, voice(2500), RATE)
    code, said, _ = run("identify", known)
    assert code == 0
    assert "known.wav: minji (" in said
    code, said, _ = run("identify", known, "--test_audio", stranger, "--json")
    assert code == 3
    rows = [json.loads(line) for line in said.splitlines()]
    assert [row["decision"] for row in rows] == ["known", "unknown"]
    assert run("verify", "suho", known)[0] == 3

    assert "minji  3 clips, 12 s" in run("list")[1]
    assert run("rename", "minji", "민지")[1] == "minji is 민지 now\n"
    assert run("plot", "--out", tmp_path / "p.png")[0] == 0
    assert run("forget", "민지", "suho")[0] == 0
    assert run("list")[1] == ""


def test_people_are_carried_to_another_registry(run, tmp_path):
    folder = people(tmp_path / "data", minji=400, suho=900)
    run("enrol", folder, *AGREED)
    file, known = tmp_path / "people.json", tmp_path / "known.wav"
    save(known, voice(402, seed=9), RATE)
    assert run("identify", known)[0] == 0
    assert "2 people" in run("export", file)[1]
    assert "exists" in run("export", file)[2]
    there = "--registry", tmp_path / "other" / "r.db"
    code, said, _ = run("import", file, *there)
    assert (code, said.splitlines()[0]) == (0, "minji: 3 clips, 12 s")
    assert run("identify", known, *there)[0] == 0
    assert run("new-key", *there)[0] == 0
    assert run("identify", known, *there)[0] == 0
    _, left, _ = run("forget", "minji", "--clip", folder / "minji" / "0.wav", *there)
    assert left == "minji: 2 clips left\n"
    said = run("events", *there)[1]
    assert [line.split("  ")[1] for line in said.splitlines()] == [
        *("remove clip", "identify", "new key", "identify", "import", "import")
    ]
    assert json.loads(run("events", "--json")[1].splitlines()[0])["action"] == "export"


def test_another_encoder_hears_everybody_again(run, tmp_path, monkeypatch):
    folder = people(tmp_path / "data", minji=400, suho=900)
    run("enrol", folder, *AGREED)

    class Other(FakeEncoder):
        id = "fake-2"

    def parts(registry, encoder):
        return Other(), FakeDetector(), CALIBRATION

    monkeypatch.setattr(keeping, "open_parts", parts)
    (folder / "minji" / "0.wav").unlink()
    code, _, noted = run("reembed", folder)
    assert (code, "missing: 1 of minji" in noted) == (2, True)
    assert run("list")[0] == 0
    code, said, noted = run("reembed", folder, "--leave-out")
    assert (code, said) == (0, "2 people as fake-2 hears them\n")
    assert "no thresholds" in noted
    assert "name that one by --encoder" in run("list")[2]
    wanted = tmp_path / "r" / "r.db", "fake-2", 16
    with Registry.open(*wanted) as registry:
        assert [each.clips for each in registry.speakers()] == [2, 3]


def test_calibration_is_kept_beside_the_registry(run, tmp_path, monkeypatch):
    def parts(registry, encoder):
        return FakeEncoder(), FakeDetector(), CALIBRATION

    monkeypatch.setattr(calibrating, "open_parts", parts)
    heights = dict(zip("abcdef", (300, 450, 680, 1000, 1500, 2300), strict=True))
    folder = people(tmp_path / "data", **heights)
    code, said, noted = run("calibrate", folder)
    assert code == 0
    assert "| wide | verify | now 0.80 | 0.0 %" in said
    assert "6 people, 18 recordings of 4.0 s" in said
    kept = Calibration.load(tmp_path / "r" / "calibration.json")
    assert kept.knows("fake-1")
    code, _, noted = run("calibrate", folder, "--named", "0.7")
    assert code == 2
    assert "--named is a share" in noted


def test_what_is_refused_is_a_line(run, tmp_path):
    folder = people(tmp_path / "data", minji=400)
    code, _, noted = run("enrol", folder)
    assert code == 2
    assert "--consent-by WHO --purpose TEXT" in noted
    assert "enrol somebody first" in run("identify", tmp_path)[2]
    save(folder / "minji" / "other.wav", voice(2000), RATE)
    people(folder, suho=900)
    code, said, noted = run("enrol", folder, *AGREED)
    assert code == 2
    assert "other.wav: sounds like somebody else" in noted
    assert "suho: 3 clips" in said
    (tmp_path / "cut.wav").write_bytes(b"RIFF nothing")
    code, _, noted = run("identify", tmp_path / "cut.wav")
    assert code == 2
    assert "cut.wav" in noted
    assert "nobody is enrolled as" in run("forget", "nobody")[2]


@pytest.mark.parametrize(
    "words",
    [
        *(
            ["identify", "a.wav", "--threshold", number]
            for number in ("nan", "inf", "2")
        ),
        ["verify", "minji", "a.wav", "--threshold", "nan"],
        *(
            ["enrol", "data", *AGREED, "--days", days]
            for days in ("0", "-1", "99999999")
        ),
        *(["serve", "--port", port] for port in ("-1", "65536")),
        ["serve", "--follow-strangers", "0", *AGREED],
    ],
    ids=" ".join,
)
def test_numbers_that_would_mean_something_else(run, words, capsys):
    """No number as a threshold would name everybody, no day would mean for ever."""
    with pytest.raises(SystemExit) as ended:
        run(*words)
    assert ended.value.code == 2
    assert "is not from" in capsys.readouterr().err.splitlines()[-1]


def test_a_damaged_registry_is_a_line(run, tmp_path):
    run("enrol", people(tmp_path / "data", minji=400), *AGREED)
    path = tmp_path / "r" / "r.db"
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)
    for words in (["list"], ["forget", "minji"]):
        code, _, said = run(*words)
        assert code == 2
        assert len(said.splitlines()) == 1


def test_strangers_are_followed_with_consent_alone(run, tmp_path, monkeypatch, capsys):
    from moksori.commands import opening, serving

    with Registry.open(tmp_path / "r" / "r.db", "fake-1", 16) as registry:
        plain = Recognizer(FakeEncoder(), registry, CALIBRATION, FakeDetector())
        monkeypatch.setattr(serving, "open_recognizer", lambda *_, **__: plain)
        served = []
        monkeypatch.setattr("uvicorn.run", lambda app, **_: served.append(app))
        monkeypatch.setattr(
            "moksori.speakers.server.app.create_app", lambda who, keys: who
        )
        assert run("serve")[0] == 0
        assert served == [plain]
        follow = "serve", "--follow-strangers"
        assert "--consent-by WHO" in run(*follow, "30")[2]
        assert not (tmp_path / "r" / opening.STRANGERS).exists()
        assert run(*follow, "30", *AGREED)[0] == 0
        answer = served[1].identify(voice(600), RATE)
        assert answer.pseudonym.startswith("stranger-")
