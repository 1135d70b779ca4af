"""A run remembers what it was trained on, also what it was trained on before."""

import json
from types import SimpleNamespace

from hparams import Audio
from moksori.training.record import digest, read_training_record, write_training_record


def store(*frames, fingerprint="settings"):
    rows = [SimpleNamespace(id=f"u{i}", frames=n) for i, n in enumerate(frames)]
    return SimpleNamespace(
        rows=rows, fingerprint=fingerprint, folder="features", audio=Audio()
    )


def test_what_is_noted_is_read_again(tmp_path):
    write_training_record(tmp_path, store(2400, 4800), 1)
    # Frames of 300 samples at 24 kHz: 90 seconds.
    assert read_training_record(tmp_path) == {
        "features": "features",
        "digest": digest(store(2400, 4800)),
        "utterances": 2,
        "held_out": 1,
        "minutes": 1.5,
    }


def test_utterances_and_settings_make_the_digest():
    made = {digest(store(10)), digest(store(11)), digest(store(10, 10))}
    assert len(made | {digest(store(10, fingerprint="others"))}) == 4
    assert digest(store(10)) in made


def test_going_on_changes_nothing(tmp_path):
    for _ in range(3):
        write_training_record(tmp_path, store(10), 1)
    assert "before" not in read_training_record(tmp_path)


def test_what_was_learned_before_is_not_forgotten(tmp_path):
    for frames, held_out in ((10, 1), (20, 1), (20, 2), (10, 1), (20, 2)):
        write_training_record(tmp_path, store(frames), held_out)
    about = read_training_record(tmp_path)
    assert about["digest"] == digest(store(20))
    before = [(each["digest"], each["held_out"]) for each in about["before"]]
    assert before == [(digest(store(20)), 1), (digest(store(10)), 1)]
    assert not any("before" in each for each in about["before"])


def test_a_run_without_a_note_or_with_a_broken_one_says_nothing(tmp_path):
    assert read_training_record(tmp_path) == {}
    (tmp_path / "trained-on.json").write_text("[", "utf-8")
    assert read_training_record(tmp_path) == {}
    write_training_record(tmp_path, store(10), 1)
    assert json.loads(
        (tmp_path / "trained-on.json").read_text("utf-8")
    ) == read_training_record(tmp_path)
