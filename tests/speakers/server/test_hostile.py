"""What strangers send for sound, names and numbers is refused in a line, and changes
nothing."""

import base64
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from moksori.speakers.recognizer import Recognizer
from moksori.speakers.registry import Registry
from tests.speakers.fake import CALIBRATION, FakeDetector, FakeEncoder
from tests.speakers.server import hostile

pytest.importorskip("fastapi")
from tests.speakers.server.asked import AGREED, as_json
from tests.speakers.server.test_app import sound


@pytest.mark.parametrize("kind", ["cut_short", "lying_headers", "other_files"])
def test_files_that_are_no_recording(server, kind):
    for case, content in getattr(hostile, kind)().items():
        server.identify(case, content)
        server.register(case, content)


def test_a_playlist_opens_no_other_file(server):
    with tempfile.NamedTemporaryFile(suffix=".wav") as other:
        other.write(hostile.recording("wav"))
        other.flush()
        for case, content in hostile.playlists(other.name).items():
            files = {"file": ("x", content)}
            server.ask(case, "POST", "/speakers/identify", {415}, files=files)


def test_hours_of_silence_take_no_hours_and_no_memory(server):
    for case, content in hostile.bombs().items():
        assert len(content) < 10 * 2**20
        begun = time.process_time()
        server.identify(case, content)
        server.register(case, content)
        assert time.process_time() - begun < 5


NUMBERS = "nan", "inf", "-inf", "1e999", "9" * 5000, "high", "0x1", "true", "-2", "٣٠"


@pytest.mark.parametrize("number", NUMBERS)
def test_numbers_that_are_none(server, number):
    good = hostile.recording("wav")
    files = {"file": ("x.wav", good)}
    verify = f"/speakers/{server.minji}/verify"
    sent = {"data": {"threshold": number}, "files": files}
    server.ask("threshold", "POST", verify, {422}, **sent)
    server.ask("threshold", "POST", "/speakers/identify", {422}, **sent)
    sent = {"data": {"top": number}, "files": files}
    fine = {200, 422} if number == "٣٠" else {422}
    server.ask("top", "POST", "/speakers/identify", fine, **sent)
    server.register("days", good, days=number)
    for name in ("offset", "limit"):
        fine = {200, 422} if number == "٣٠" else {422}
        server.ask(name, "GET", "/speakers", fine, params={name: number})


def test_numbers_beyond_the_database(server):
    for number in (2**31 + 1, 2**63, 2**64):
        server.ask("", "GET", "/speakers", {422}, params={"offset": number})
    sound64 = base64.b64encode(hostile.recording("wav")).decode()
    for number in ("NaN", "Infinity", "1e999", "true", '"0.5"', "[]", "{}", "9" * 400):
        content = f'{{"operations": [{{"op": "identify", "audio": "{sound64}", '
        content += f'"threshold": {number}}}]}}'
        sent = {"content": content, "headers": as_json()["headers"]}
        (result,) = server.ask(number, "POST", "/batch", {200}, **sent).json()[
            "results"
        ]
        assert result["error"] == "invalid"


NAMES = {
    **{"nul": "a\0b", "newline": "a\nb", "return": "a\rb", "escape": "a\x1b[2Jb"},
    **{"right to left": "\u202eijnim", "zero width": "min\u200bji", "bom": "\ufeffx"},
    **{"long": "가" * 65_536, "empty": "", "blank": " \t ", "surrogate": "\ud800"},
    **{"taken": "minji", "taken with a blank": " minji "},
}


def test_names_and_consents_that_nobody_has(server):
    good = [sound(900, seed=take) for take in range(3)]
    sounds = [base64.b64encode(each).decode() for each in good]
    batch = {"op": "register", "audio": sounds, "name": "suho", **AGREED}
    operations = []
    for case, name in NAMES.items():
        taken = case.startswith("taken")
        if not taken:
            path = f"/speakers/{server.minji}"
            server.ask(case, "PATCH", path, {422}, **as_json(name=name))
            operations += [batch | {"consent_by": name}, batch | {"purpose": name}]
        operations += [batch | {"name": name}]
        operations += [
            {"op": "delete", "speaker": name},
            {"op": "verify", "speaker": name, "audio": sounds[0]},
            {"op": name},
        ]
        if case != "surrogate":
            server.register(case, *good, name=name)
        if case != "surrogate" and not taken:
            server.register(case, *good, name="suho", consent_by=name)
            server.register(case, *good, name="suho", purpose=name)
    for start in range(0, len(operations), 4):
        server.batch(*operations[start : start + 4])
    (answer,) = server.batch(batch | {"name": " minji"})
    assert answer["error"] == "name_taken"


def test_one_name_at_a_time_is_one_person(tmp_path, monkeypatch):
    """Both requests have looked, and found nobody, before either enrols."""
    from fastapi.testclient import TestClient

    from moksori.speakers.server.app import create_app
    from tests.speakers.server.test_app import register

    both, find, encoder = threading.Barrier(2, timeout=20), Registry.find, FakeEncoder()

    def look(registry, name):
        found = find(registry, name)
        if threading.current_thread() not in looked:
            looked.add(threading.current_thread())
            both.wait()
        return found

    looked: set = set()
    with Registry.open(tmp_path / "r.db", encoder.id, encoder.dimension) as registry:
        recognizer = Recognizer(encoder, registry, CALIBRATION, FakeDetector())
        monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1})
        monkeypatch.setattr(Registry, "find", look)
        # Entered, it serves all threads from one event loop, as the command does.
        with (
            TestClient(create_app(recognizer), "http://localhost") as client,
            ThreadPoolExecutor(2) as pool,
        ):
            asked = pool.map(register, [client] * 2, ["suho"] * 2, [400, 900])
            assert sorted(each.status_code for each in asked) == [201, 409]
        (suho,) = registry.speakers()
    assert suho.clips == 3
