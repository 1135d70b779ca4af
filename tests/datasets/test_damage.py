"""Feature folders copied in part, cut or damaged: one line says so, and they mend."""

import json
import random
from contextlib import suppress

import numpy as np
import pytest

from datasets.crops import AlignedMels, AlignedWriter
from datasets.store.features import FeatureError, FeatureStore
from tests.datasets.stores import build, content


def cut(path, share=0.5):
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])


def change(path, field, value):
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    rows[2][field] = value
    text = "".join(json.dumps(row) + "\n" for row in rows)
    path.write_text(text, "utf-8")


def last_line_lost(path):
    path.write_bytes(b"".join(path.read_bytes().splitlines(True)[:-1]))


FAULTS = {
    "manifest cut": ("manifest.jsonl", cut, "line 4: is not whole"),
    "manifest cut at a line end": ("manifest.jsonl", last_line_lost, "7 of 8 utt"),
    "shard cut": ("shards/00000.wave", cut, "00000.wave: holds"),
    "shard missing": (
        "shards/00000.mel",
        lambda p: p.unlink(),
        "00000.mel: is missing",
    ),
    "settings cut": ("settings.json", cut, "settings.json: cannot be read"),
    "no line": ("manifest.jsonl", lambda p: p.write_bytes(b"\xff\n"), "line 1: is"),
}
VALUES = {
    "ids": [9999],
    "frames": 0,
    "samples": -1,
    "shard": "0",
    "spoken": None,
    "offset": 10**9,
}


def expect_one_line(folder, words):
    with pytest.raises(FeatureError) as raised:
        FeatureStore.open(folder)
    message = str(raised.value)
    assert words in message
    assert str(folder) in message
    assert "preprocess.py" in message
    assert "\n" not in message


@pytest.mark.parametrize("fault", FAULTS)
def test_damage_is_one_line_and_mended_by_preprocess(corpus, tmp_path, fault):
    out, (name, damage, words) = tmp_path / "out", FAULTS[fault]
    build(corpus, out)
    before = FeatureStore.open(out)
    damage(out / name)
    expect_one_line(out, words)
    build(corpus, out)
    after = FeatureStore.open(out)
    assert [row.id for row in after.rows] == [row.id for row in before.rows]


@pytest.mark.parametrize("field", VALUES)
def test_values_that_no_row_has(corpus, tmp_path, field):
    build(corpus, tmp_path / "out")
    change(tmp_path / "out/manifest.jsonl", field, VALUES[field])
    words = "holds" if field == "offset" else "line 3: is not whole"
    expect_one_line(tmp_path / "out", words)


def test_a_damaged_journal_costs_what_it_lost(corpus, tmp_path):
    out = tmp_path / "out"
    build(corpus, out)
    before = content(out / "shards")
    for field, value in [("seconds", 0), ("offset", None), ("sound", 3), ("key", 1)]:
        change(out / "journal.jsonl", field, value)
        assert build(corpus, out).extracted == 1
        assert len(FeatureStore.open(out)) == 8
    assert set(before) & set(content(out / "shards"))


def test_flipped_bytes_never_end_in_a_traceback(corpus, tmp_path):
    out, dice = tmp_path / "out", random.Random(1)
    build(corpus, out)
    for name in ("manifest.jsonl", "settings.json", "report.json"):
        whole = (out / name).read_bytes()
        for _ in range(40):
            broken = bytearray(whole)
            broken[dice.randrange(len(whole))] = dice.randrange(256)
            (out / name).write_bytes(broken)
            with suppress(FeatureError):
                FeatureStore.open(out)
        (out / name).write_bytes(whole)


def test_aligned_mels_that_are_cut_or_missing(corpus, tmp_path):
    build(corpus, tmp_path / "out")
    store = FeatureStore.open(tmp_path / "out")
    writer = AlignedWriter(tmp_path / "mels", store, "a voice")
    for index in range(len(store)):
        writer.write(index, store.mel(index))
    writer.finish()
    mels = AlignedMels(tmp_path / "mels", store)
    cut(tmp_path / "mels/000001.npy")
    (tmp_path / "mels/000002.npy").unlink()
    for index in (1, 2):
        with pytest.raises(FeatureError, match=r"00000\d.npy: is missing, cut"):
            mels(index)
        assert index not in writer
    assert 0 in writer
    assert np.isfinite(mels(0)).all()
