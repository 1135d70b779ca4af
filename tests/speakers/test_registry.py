"""The registry: kept, found, forgotten without a trace, and never mistaken."""

import pickle
import sqlite3
import stat
import threading
import time
import unicodedata
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from moksori.speakers.bandwidth import Band
from moksori.speakers.clip import Clip
from moksori.speakers.people import NameTaken
from moksori.speakers.registry import (
    Consent,
    Registry,
    RegistryError,
    UnknownSpeaker,
)
from moksori.speakers.rotation import rotation_of
from moksori.speakers.speech import Quality

CONSENT = Consent("김민지", "tests")
NAME = "아무도 아닌 사람"


def clip(seed: int, dimension: int = 16) -> Clip:
    vector = np.random.default_rng(seed).standard_normal(dimension)
    vector = (vector / np.linalg.norm(vector)).astype(np.float32)
    quality = Quality(5.0, 4.0, 30.0, -20.0, 0.0, Band.WIDE)
    return Clip(f"{seed:064x}", quality, dict.fromkeys(Band, vector))


def turned(registry: Registry, vector: np.ndarray) -> np.ndarray:
    rotation = rotation_of(registry.path.with_suffix(".key").read_bytes(), len(vector))
    return (rotation @ vector.astype(np.float64)).astype(np.float32)


@pytest.fixture
def registry(tmp_path):
    with Registry.open(tmp_path / "people" / "registry.db", "fake-1", 16) as opened:
        yield opened


def test_who_is_enrolled_is_found_again(registry):
    speaker = registry.enrol(NAME, [clip(1), clip(2)], CONSENT)
    assert (speaker.name, speaker.clips, speaker.seconds) == (NAME, 2, 8.0)
    assert speaker.consent.by == "김민지"
    assert speaker.consent.at == speaker.created
    assert registry.find(NAME) == registry.find(speaker.id) == [speaker]
    with Registry.open(registry.path, "fake-1", 16) as again:
        assert again.speakers() == [speaker]
        (mean,) = again.templates(Band.WIDE).matrix
    wanted = clip(1).vectors[Band.WIDE] + clip(2).vectors[Band.WIDE]
    wanted = turned(registry, wanted / np.linalg.norm(wanted))
    np.testing.assert_allclose(mean, wanted, atol=1e-6)


def test_a_rotation_changes_no_cosine():
    rotation = rotation_of(bytes(range(32)), 192)
    vectors = np.random.default_rng(0).standard_normal((5, 192))
    turned = vectors @ rotation.T
    np.testing.assert_allclose(turned @ turned.T, vectors @ vectors.T, atol=1e-9)
    assert np.abs(rotation_of(bytes(32), 192) - rotation).max() > 0.1


def test_files_are_the_owner_s_alone(registry):
    for path in (registry.path, registry.path.with_suffix(".key")):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_nothing_of_a_forgotten_speaker_stays_in_the_file(registry):
    kept = registry.enrol("somebody else", [clip(9)], CONSENT)
    speaker = registry.enrol(NAME, [clip(1), clip(2)], CONSENT)
    vector = clip(1).vectors[Band.WIDE]
    traces = [
        *(NAME.encode(), speaker.id.encode(), clip(1).sha256.encode()),
        *(vector.tobytes(), turned(registry, vector).tobytes()),
    ]
    before = registry.path.read_bytes()
    assert all(trace in before for trace in [traces[0], traces[1], traces[4]])
    registry.forget(speaker.id)
    for path in registry.path.parent.iterdir():
        assert not [trace for trace in traces if trace in path.read_bytes()]
    assert registry.templates(Band.WIDE).ids == [kept.id]
    assert speaker.id not in {event["speaker"] for event in registry.events.list()}
    with pytest.raises(UnknownSpeaker):
        registry.get(speaker.id)


def test_a_name_that_was_changed_stays_nowhere(registry):
    speaker = registry.enrol(NAME, [clip(1)], CONSENT)
    assert registry.rename(speaker.id, "다른 이름").name == "다른 이름"
    assert NAME.encode() not in registry.path.read_bytes()


def test_whose_time_is_over_is_forgotten(registry):
    past = datetime.now(UTC) - timedelta(seconds=1)
    registry.enrol(NAME, [clip(1)], CONSENT, past)
    assert registry.templates(Band.WIDE).ids == []
    with Registry.open(registry.path, "fake-1", 16) as again:
        assert again.speakers() == []


def test_somebody_expires_while_the_registry_is_open(registry, monkeypatch):
    soon = datetime.now(UTC) + timedelta(days=1)
    speaker = registry.enrol(NAME, [clip(1)], CONSENT, soon)
    kept = registry.enrol("somebody else", [clip(2)], CONSENT)
    assert set(registry.templates(Band.WIDE).ids) == {speaker.id, kept.id}
    later = (soon + timedelta(seconds=1)).isoformat(timespec="seconds")
    monkeypatch.setattr("moksori.speakers.rows.now", lambda: later)
    assert registry.templates(Band.WIDE).ids == [kept.id]


def test_a_name_is_found_however_its_letters_are_written(registry):
    """macOS decomposes names of folders, keyboards compose."""
    apart = unicodedata.normalize("NFD", "김민지")
    speaker = registry.enrol(f" {apart} ", [clip(1)], CONSENT)
    assert speaker.name == "김민지" != apart
    assert registry.find(apart) == registry.find("김민지") == [speaker]
    with pytest.raises(NameTaken):
        registry.enrol("김민지", [clip(2)], CONSENT)


def test_another_key_is_refused(registry):
    registry.path.with_suffix(".key").write_bytes(bytes(32))
    with pytest.raises(RegistryError, match="another key"):
        Registry.open(registry.path, "fake-1", 16)


def test_another_dimension_is_refused(registry):
    registry.enrol(NAME, [clip(1)], CONSENT)
    with (
        Registry.open(registry.path, "fake-1", 8) as other,
        pytest.raises(RegistryError, match="not 8 numbers"),
    ):
        other.templates(Band.WIDE)


def test_two_at_once_do_not_enrol_one_name_twice(registry):
    with Registry.open(registry.path, "fake-1", 16) as other:
        both, errors = threading.Barrier(2), []

        def enrol(opened, seed):
            both.wait()
            try:
                opened.enrol(NAME, [clip(seed)], CONSENT)
            except RegistryError as error:
                errors.append(str(error))

        threads = [
            threading.Thread(target=enrol, args=each)
            for each in ((registry, 1), (other, 2))
        ]
        [each.start() for each in threads]
        [each.join() for each in threads]
    assert [each.name for each in registry.speakers()] == [NAME]
    assert errors == [str(NameTaken(NAME))]
    second = registry.enrol("somebody else", [clip(3)], CONSENT)
    with pytest.raises(RegistryError, match="already"):
        registry.rename(second.id, NAME)


def test_a_clip_is_removed_without_a_trace(registry):
    speaker = registry.enrol(NAME, [clip(1), clip(2)], CONSENT)
    with pytest.raises(RegistryError, match="no such clip"):
        registry.remove_clip(speaker.id, clip(3).sha256)
    assert registry.remove_clip(speaker.id, clip(1).sha256).clips == 1
    gone = clip(1).sha256.encode(), turned(registry, clip(1).vectors[Band.WIDE])
    for trace in (gone[0], gone[1].tobytes()):
        assert trace not in registry.path.read_bytes()
    with pytest.raises(RegistryError, match="forget the speaker"):
        registry.remove_clip(speaker.id, clip(2).sha256)


def test_events_change_no_template_and_go_with_the_speaker(registry):
    speaker = registry.enrol(NAME, [clip(1)], CONSENT)
    with Registry.open(registry.path, "fake-1", 16) as other:
        before = other.templates(Band.WIDE)
        registry.events.record("identify", speaker.id)
        registry.events.flush()
        assert other.templates(Band.WIDE) is before
        actions = [event["action"] for event in other.events.list()]
        assert actions == ["identify", "enrol"]
    registry.forget(speaker.id)
    registry.events.record("identify", speaker.id)
    assert [event["action"] for event in registry.events.list()] == ["forget"]


def test_events_are_written_by_themselves_and_at_the_end(registry, monkeypatch):
    monkeypatch.setattr("moksori.speakers.events._DELAY", 0.01)
    speaker = registry.enrol(NAME, [clip(1)], CONSENT)
    with Registry.open(registry.path, "fake-1", 16) as other:
        for action in ("identify", "verify"):
            registry.events.record(action, speaker.id)
        until = time.monotonic() + 10
        while len(other.events.list()) < 3 and time.monotonic() < until:
            time.sleep(0.01)
        assert {event["action"] for event in other.events.list()} == {
            *("enrol", "identify", "verify")
        }
        other.events.record("listen", speaker.id)
    assert registry.events.list()[0]["action"] == "listen"


def test_a_file_of_the_first_version_is_taken_over(registry):
    speaker = registry.enrol(NAME, [clip(1)], CONSENT)
    with sqlite3.connect(registry.path) as database:
        database.execute("DROP TABLE revision")
        database.execute("PRAGMA user_version = 1")
    with Registry.open(registry.path, "fake-1", 16) as again:
        assert again.templates(Band.WIDE).ids == [speaker.id]
        again.rename(speaker.id, "다른 이름")


def test_somebody_reads_while_another_is_forgotten(registry):
    speaker = registry.enrol(NAME, [clip(1)], CONSENT)
    database = registry._database
    database.connection.execute("PRAGMA busy_timeout = 50")
    reader = sqlite3.connect(registry.path, isolation_level=None)
    forget = registry._forget
    # The reader comes between the deletion and the writing anew.
    database.purge, purge = lambda: None, database.purge
    forget([speaker.id])
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM speaker").fetchall()
    with pytest.raises(RegistryError, match="traces may be left"):
        purge()
    reader.close()
    purge()


def test_an_enrolment_is_whole_or_not_at_all(registry):
    with pytest.raises(RegistryError, match="16 numbers"):
        registry.enrol(NAME, [clip(1), clip(2, dimension=8)], CONSENT)
    zero = clip(3)
    zero.vectors[Band.WIDE] = np.zeros(16, np.float32)
    with pytest.raises(RegistryError, match="length 1"):
        registry.enrol(NAME, [zero], CONSENT)
    assert registry.speakers() == []
    for bad in (Consent("", "x"), Consent("x", " ")):
        with pytest.raises(RegistryError, match="consent"):
            registry.enrol(NAME, [clip(1)], bad)
    for name in ("", " ", "a\nb", "x" * 201):
        with pytest.raises(RegistryError, match="name"):
            registry.enrol(name, [clip(1)], CONSENT)


def test_another_process_is_noticed(registry):
    assert registry.templates(Band.WIDE).ids == []
    with Registry.open(registry.path, "fake-1", 16) as other:
        speaker = other.enrol(NAME, [clip(1)], CONSENT)
    assert registry.templates(Band.WIDE).ids == [speaker.id]


def test_another_encoder_is_refused_by_name(registry):
    registry.enrol(NAME, [clip(1)], CONSENT)
    with pytest.raises(RegistryError, match="encoder fake-1, and this is fake-2"):
        Registry.open(registry.path, "fake-2", 16)


def test_what_is_no_registry_is_refused_and_left_as_it_is(tmp_path):
    path = tmp_path / "speakers.pkl"
    path.write_bytes(pickle.dumps({"somebody": [1.0]}) * 9)
    (tmp_path / "speakers.key").write_bytes(bytes(32))
    other = tmp_path / "speakers.db"
    with sqlite3.connect(other) as database:
        database.execute("CREATE TABLE speaker (name TEXT)")
    for each in (path, other):
        before = each.read_bytes()
        with pytest.raises(RegistryError, match="no registry of speakers"):
            Registry.open(each, "fake-1", 16)
        assert each.read_bytes() == before


def test_a_lost_key_and_a_newer_file_are_refused(registry):
    with sqlite3.connect(registry.path) as database:
        database.execute("PRAGMA user_version = 3")
    with pytest.raises(RegistryError, match="version 3"):
        Registry.open(registry.path, "fake-1", 16)
    registry.path.with_suffix(".key").unlink()
    with pytest.raises(RegistryError, match="needs its key"):
        Registry.open(registry.path, "fake-1", 16)
