"""The watermark's benchmark: songs, attacks, and errors counted as they are."""

import numpy as np
import pytest

from benchmarks import songs, verdicts, watermark
from benchmarks.attacks import ATTACKS, RATE
from moksori.audio import pitch
from moksori.audio.watermark import Detection

pytestmark = pytest.mark.benchmark


def result(token, presence, found, attack="", seconds=9.0):
    evidence = np.full(32, 9, np.float32)
    found = Detection(found, presence, evidence, 1.0, 0.0, seconds)
    return verdicts.Judged("people", attack, token, found)


def test_a_band_and_a_singer_are_heard_to_the_end():
    band, singer = songs.band(3.0, 1), songs.singer(1)
    assert len(band) == 3 * songs.SAMPLE_RATE
    assert np.abs(band).max() == pytest.approx(1)
    mix = songs.song(singer, 1)
    assert mix.shape == singer.shape
    for wave in (band, mix):
        halves = [np.sqrt(np.mean(half**2)) for half in np.array_split(wave, 2)]
        assert min(halves) > 0.02
    np.testing.assert_array_equal(songs.singer(1), singer)


def test_a_singer_holds_notes():
    found = pitch.track(songs.singer(0), songs.SAMPLE_RATE)
    semitones = 12 * np.log2(found.hertz[found.voiced] / 165)
    off = np.abs(semitones - np.round(semitones))
    assert np.median(off) < 0.2
    held = set(np.round(semitones[off < 0.2]).astype(int).tolist())
    assert len(held & {0, 2, 4, 7, 9, 12}) >= 4


@pytest.mark.parametrize("attack", ATTACKS)
def test_attacks_leave_something_to_search(attack):
    wave = 0.3 * np.sin(np.arange(5 * RATE) * 0.1).astype(np.float32)
    changed = ATTACKS[attack](wave)
    assert changed.ndim == 1
    assert np.isfinite(changed).all()
    assert len(changed) >= 2.9 * RATE


def test_each_wave_is_judged_with_and_without_its_mark():
    wave = songs.band(3.5, 0)
    found = list(verdicts.judged("band", [wave, wave], 2, np.random.default_rng(0)))
    assert [each.token is None for each in found] == [True, True, False] * 2
    assert [bool(each.attack) for each in found] == [False] * 3 + [True] * 3
    assert found[2].found.token == found[2].token
    assert found[0].found.presence < found[2].found.presence


def test_errors_are_counted():
    results = [
        *(result(None, 1.1, 1 << 20) for _ in range(98)),
        result(None, 1.42, 1 << 20),
        result(None, 1.7, 1 << 20),
        result(7, 3.0, 7),
        result(8, 3.0, 9 << 9, "noise"),
        result(10, 1.0, 10, "noise"),
    ]
    table = list(verdicts.report(results, np.random.default_rng(0)))
    rows = [[cell.strip() for cell in row.split("|")[1:-1]] for row in table]
    assert ["people", "none", "100", "1.10", "1.10", "1.10", "1.42", "1.70"] in rows
    assert ["1.40", "2 of 100", "0.243-7.038 %", "66.67 %"] in rows
    assert ["without a mark", "100", "0", "1", "99", "0"] in rows
    assert ["with one", "1", "1", "0", "0", "0"] in rows
    assert ["with one, attacked", "2", "0", "1", "1", "0"] in rows


def test_short_recordings_are_joined_and_long_ones_cut(tmp_path):
    from moksori.audio.files import save

    for index in range(4):
        save(tmp_path / f"{index}.wav", np.full(2 * RATE, 0.1), RATE)
    save(tmp_path / "long.wav", np.full(20 * RATE, 0.1), RATE)
    found = list(watermark.waves(tmp_path, 9, 0, 3.0))
    assert all(3 * RATE <= len(wave) <= 12 * RATE for wave in found)
    assert sum(map(len, found)) <= (8 + 12) * RATE
    with pytest.raises(SystemExit, match="no recordings of 3 s"):
        list(watermark.waves(tmp_path / "none", 9, 0, 3.0))


def test_the_program(tmp_path, capsys, monkeypatch):
    from moksori.audio.files import save

    save(tmp_path / "a.wav", songs.band(6.5, 3), songs.SAMPLE_RATE)
    two = {name: ATTACKS[name] for name in ("none", "8 kHz")}
    monkeypatch.setattr(watermark, "ATTACKS", two)
    few = ["--count", "1", "--songs", "0", "--clips", "1", "--keys", "1"]
    assert watermark.main([str(tmp_path), *few]) == 0
    shown = capsys.readouterr().out
    assert f"| none | {tmp_path.name} | 1 of 1 | 0.0 % |" in shown
    assert "| with one | 1 | 1 | 0 | 0 | 0 |" in shown
