"""The demo corpus: its speaker, and the folder it writes."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from moksori.audio.files import load
from moksori.demo import corpus as demo
from moksori.demo.corpus import (
    SAMPLE_RATE,
    SPEAKERS,
    DemoError,
    Speaker,
    synthesize,
    write,
)
from moksori.demo.grammar.sentences import held_out, sentences

ROOT = Path(__file__).parents[2]


def test_speech_is_the_same_whatever_was_said_before():
    first, other = "오늘은 날씨가 참 좋네요.", "몇 시에 만날까요?"
    alone = [synthesize(first, speaker) for speaker in SPEAKERS]
    for speaker in SPEAKERS:
        synthesize(other, speaker)
    time.sleep(1.1)  # espeak-ng seeds its noise by the second
    for speaker, wave in zip(SPEAKERS, alone, strict=True):
        assert np.array_equal(synthesize(first, speaker), wave), speaker


_HASHES = """
import hashlib, sys
from moksori.demo.corpus import SPEAKERS, lines, synthesize
digest = hashlib.sha256()
for line in lines(24, speakers=len(SPEAKERS), seed=4):
    digest.update(synthesize(line.text, line.speaker).tobytes())
print(digest.hexdigest())
"""


def test_fresh_processes_give_the_same_bytes():
    answers = [
        subprocess.run(
            [sys.executable, "-c", _HASHES],
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    here = hashlib.sha256()
    for line in demo.lines(24, speakers=len(SPEAKERS), seed=4):
        here.update(synthesize(line.text, line.speaker).tobytes())
    assert answers == [here.hexdigest() + "\n"] * 2


def test_wave_has_speech_between_short_silences():
    wave = synthesize("오늘은 날씨가 참 좋네요.", SPEAKERS[0])
    assert wave.dtype == np.float32
    assert wave.ndim == 1
    assert 0.3 < np.abs(wave).max() < 1
    loud = np.flatnonzero(np.abs(wave) > 0.01) / SAMPLE_RATE
    assert demo.LEAD_SECONDS <= loud[0] < demo.LEAD_SECONDS + 0.05
    end = len(wave) / SAMPLE_RATE - loud[-1]
    assert demo.TAIL_SECONDS <= end < demo.TAIL_SECONDS + 0.15


def test_sentences_take_about_two_seconds():
    seconds = [
        len(synthesize(text, SPEAKERS[0])) / SAMPLE_RATE
        for text in sentences(3000)[::30]
    ]
    assert 2.0 < np.mean(seconds) < 2.6
    assert min(seconds) > 0.7
    assert max(seconds) < 5.5


def _pitch(wave: np.ndarray) -> float:
    """Median fundamental in hertz of the voiced frames, by autocorrelation."""
    heard = []
    for start in range(0, len(wave) - 1024, 512):
        frame = wave[start : start + 1024].astype(np.float64)
        if np.sqrt(np.mean(frame**2)) < 0.02:
            continue
        likeness = np.correlate(frame, frame, "full")[1023:]
        shortest = SAMPLE_RATE // 450
        lag = shortest + int(np.argmax(likeness[shortest : SAMPLE_RATE // 55]))
        if likeness[lag] > 0.5 * likeness[0]:
            heard.append(SAMPLE_RATE / lag)
    return float(np.median(heard))


def _brightness(wave: np.ndarray) -> float:
    """Centre of the power spectrum in hertz."""
    power = np.abs(np.fft.rfft(wave)) ** 2
    return float(power @ np.fft.rfftfreq(len(wave), 1 / SAMPLE_RATE) / power.sum())


def test_speakers_differ_in_pitch_or_colour():
    text = "오늘은 날씨가 참 좋아서 공원에 갔어요."
    waves = [synthesize(text, speaker) for speaker in SPEAKERS]
    assert len({speaker.voice for speaker in SPEAKERS}) == len(SPEAKERS) >= 8
    traits = np.log([[_pitch(wave), _brightness(wave)] for wave in waves])
    gaps = np.linalg.norm(traits[:, None] - traits[None], axis=-1)
    np.fill_diagonal(gaps, 1)
    assert gaps.min() > 0.07


def test_digits_and_sound_changes_reach_the_voice():
    assert demo.spoken_form("국물 30%입니다.") == "궁물 삼십 퍼센트임니다."
    assert demo.spoken_form("신라, 꽃잎?") == "실라, 꼰닙?"
    spelled, sounded = (
        synthesize(text, SPEAKERS[0]) for text in ("국물입니다.", "궁무림니다.")
    )
    assert np.array_equal(spelled, sounded)


def test_nothing_to_say_and_unknown_voice_are_refused():
    with pytest.raises(DemoError, match="nothing to speak"):
        synthesize("...", SPEAKERS[0])
    with pytest.raises(DemoError, match="no voice"):
        synthesize("안녕하세요.", Speaker("xx-nobody"))
    assert len(synthesize("안녕하세요.", SPEAKERS[0])) > 0


def test_data_folder_with_a_long_path(tmp_path, monkeypatch):
    import espeakng_loader

    deep = tmp_path / ("d" * 100) / ("e" * 100)
    deep.mkdir(parents=True)
    (deep / "espeak-ng-data").symlink_to(espeakng_loader.get_data_path())
    expected = synthesize("안녕하세요.", SPEAKERS[0])
    far = str(deep / "espeak-ng-data")
    monkeypatch.setattr(espeakng_loader, "get_data_path", lambda: far)
    assert np.array_equal(synthesize("안녕하세요.", SPEAKERS[0]), expected)


def _bytes(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_write_lays_out_a_corpus(tmp_path):
    seen = []
    folder = write(tmp_path / "c", 6, speakers=2, progress=lambda *at: seen.append(at))
    assert seen == [(done, 6) for done in range(1, 7)]
    rows = [
        line.split("\t")
        for line in (folder / "transcripts.tsv").read_text("utf-8").splitlines()
    ]
    assert [text for _, _, text in rows] == sentences(6)
    assert len({name for name, _, _ in rows}) == 6
    for name, speaker, text in rows:
        wave = load(folder / "wavs" / speaker / f"{name}.wav", SAMPLE_RATE)
        voice = next(s for s in SPEAKERS if s.voice == speaker)
        np.testing.assert_allclose(wave, synthesize(text, voice), atol=1e-4)
    assert json.loads((folder / "demo.json").read_text()) == {
        "version": demo.VERSION,
        "count": 6,
        "speakers": 2,
        "seed": 0,
        "unseen": False,
        "finished": True,
    }
    assert {speaker for _, speaker, _ in rows} == {s.voice for s in SPEAKERS[:2]}


def test_unseen_sentences_are_in_no_other_corpus(tmp_path):
    folder = write(tmp_path / "c", 4, unseen=True)
    texts = (folder / "transcripts.tsv").read_text("utf-8").splitlines()
    texts = [line.split("\t")[2] for line in texts]
    assert texts == held_out(4)
    assert not set(texts) & set(sentences(300))
    with pytest.raises(DemoError, match="unseen True, not False"):
        write(folder, 4)


def test_finished_corpus_is_not_made_again(tmp_path, monkeypatch):
    folder = write(tmp_path / "c", 3)
    before = _bytes(folder)
    monkeypatch.setattr(demo, "synthesize", None)
    monkeypatch.setattr(demo, "sentences", None)
    write(folder, 3)
    assert _bytes(folder) == before


def test_larger_count_keeps_what_is_there(tmp_path, monkeypatch):
    whole = _bytes(write(tmp_path / "whole", 5))
    write(tmp_path / "grown", 3)
    spoken = []
    monkeypatch.setattr(
        demo, "synthesize", lambda *given: spoken.append(given) or synthesize(*given)
    )
    assert _bytes(write(tmp_path / "grown", 5)) == whole
    assert len(spoken) == 2


def test_another_corpus_is_not_overwritten(tmp_path):
    folder = write(tmp_path / "c", 2)
    before = _bytes(folder)
    with pytest.raises(DemoError, match="seed 0, not 1"):
        write(folder, 2, seed=1)
    with pytest.raises(DemoError, match="speakers 1, not 2"):
        write(folder, 2, speakers=2)
    with pytest.raises(DemoError, match="1 to"):
        write(tmp_path / "d", 2, speakers=99)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "song.wav").write_bytes(b"x")
    with pytest.raises(DemoError, match="something else"):
        write(tmp_path / "mine", 2)
    (folder / "demo.json").write_text("{")
    with pytest.raises(DemoError, match="damaged"):
        write(folder, 2)
    del before["demo.json"]
    assert {n: data for n, data in _bytes(folder).items() if n != "demo.json"} == before


_SLOW_WRITE = """
import sys, time
from moksori.demo.corpus import write
write(sys.argv[1], 60, speakers=2, progress=lambda done, count: time.sleep(0.1))
"""


def test_killed_half_way_it_continues(tmp_path):
    whole = _bytes(write(tmp_path / "whole", 60, speakers=2))
    folder = tmp_path / "killed"
    child = subprocess.Popen([sys.executable, "-c", _SLOW_WRITE, str(folder)], cwd=ROOT)
    while len(list(folder.glob("wavs/*/demo_*.wav"))) < 5 and child.poll() is None:
        time.sleep(0.01)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    assert json.loads((folder / "demo.json").read_text())["finished"] is False
    half = list(folder.glob("wavs/*/demo_*.wav"))
    assert 5 <= len(half) < 60
    for path in half:
        assert path.read_bytes() == whole[str(path.relative_to(folder))]
    write(folder, 60, speakers=2)
    after = _bytes(folder)
    assert {name: after[name] for name in whole} == whole
