import json

import numpy as np
import pytest

from moksori.training import checkpoints
from moksori.voices.speech import VoiceError
from moksori.voices.xtts.voice_file import Clone, Latents


@pytest.fixture
def clone():
    random = np.random.default_rng(0)
    return Clone(
        name="me",
        latents=Latents(
            random.normal(size=(1, 32, 64)).astype(np.float32),
            random.normal(size=(1, 512, 1)).astype(np.float32),
        ),
        fingerprint="abc",
        consent="나, 오늘, 시험",
        reference={"files": ["me.wav"], "features": {"level_decibel": -20.5}},
    )


def test_a_voice_comes_back_as_it_was(clone, tmp_path):
    path = tmp_path / "new" / "me.voice"
    clone.save(path)
    again = Clone.load(path)
    np.testing.assert_array_equal(again.latents.style, clone.latents.style)
    np.testing.assert_array_equal(again.latents.speaker, clone.latents.speaker)
    assert (again.record, again.facts) == (clone.record, clone.facts)
    again.check("abc")
    assert [p.name for p in path.parent.iterdir()] == ["me.voice"]


def test_consent_and_reference_are_saved_beside_the_wav(clone, tmp_path):
    assert clone.facts == {"consent": "나, 오늘, 시험", "reference": ["me.wav"]}
    clone.save_record(tmp_path / "out" / "one.wav")
    text = (tmp_path / "out" / "one.json").read_text("utf-8")
    assert "나, 오늘, 시험" in text
    assert json.loads(text) == clone.record
    clone.save_record("-")
    assert [path.name for path in tmp_path.rglob("*.json")] == ["one.json"]
    assert clone.record["features"] == {"level_decibel": -20.5}


def test_other_weights_are_refused(clone):
    with pytest.raises(VoiceError, match="the voice me was made with other weights"):
        clone.check("abd")


def test_files_that_are_no_voice_are_refused_in_one_line(clone, tmp_path):
    path = tmp_path / "me.voice"
    clone.save(path)
    whole = path.read_bytes()
    checkpoints.write(tmp_path / "run", {"a": np.zeros(3)}, {"kind": "x"}, step=1)
    checkpoints.write(tmp_path / "half", {}, {"kind": "xtts voice"}, step=0)
    bent = bytearray(whole)
    bent[-5] ^= 1
    contents = {
        "empty": b"",
        "text": b"hello, this is text",
        "cut": whole[:-9],
        "bent": bytes(bent),
        "pickle": b"\x80\x04" + whole,
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    for name in (*contents, "run", "half"):
        with pytest.raises(VoiceError, match="damaged or no voice file") as refused:
            Clone.load(tmp_path / name)
        assert name in str(refused.value)
        assert "\n" not in str(refused.value)
    for missing in (tmp_path / "none", tmp_path):
        with pytest.raises(VoiceError, match="no voice file"):
            Clone.load(missing)
