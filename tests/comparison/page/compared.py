"""A small comparison with made sounds, as a folder and what its JSON holds."""

from pathlib import Path

import numpy as np

import hparams
from moksori.audio.files import save
from moksori.comparison.page.pictures import spectrogram

AUDIO = hparams.preset("tiny").audio
RATE = AUDIO.sample_rate
EVIL = '</script><script>document.title="broken"</script><!-- {{script}} "\'&'
NAMES = {
    "recording": "Recording",
    "griffin-lim": "Trained voice, Griffin-Lim",
    "xtts": "XTTS, zero-shot",
}


def voice(seconds: float, hertz: float, level: float = 0.3) -> np.ndarray:
    """A buzz that rises by a third, between two silences: float32 [samples]."""
    count = round(seconds * RATE)
    pitch = hertz * np.linspace(1, 4 / 3, count)
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    buzz = sum(np.sin(order * phase) / order for order in range(1, 12))
    quiet = np.zeros(round(0.05 * RATE))
    wave = np.concatenate((quiet, buzz * np.hanning(count), quiet))
    return (level * wave / np.abs(wave).max()).astype(np.float32)


def comparison(folder: Path) -> dict:
    """Three sentences of three voices: one with a warning, one with an error."""
    sentences = []
    for line in (1, 2, 3):
        clips = {}
        for place, key in enumerate(NAMES):
            name = f"{key}/{line:04d}"
            wave = voice(0.9 + 0.2 * line + 0.1 * place, 110 + 40 * place)
            save(folder / f"{name}.wav", wave * (1 - 0.3 * place), RATE)
            clips[key] = {"wav": f"{name}.wav", "seconds": wave.size / RATE}
            if key != "recording":
                clips[key]["figures"] = {"cepstral_decibel": 4.0 + line, "focus": None}
                clips[key]["warnings"] = []
        clips["griffin-lim"]["alignment"] = f"griffin-lim/{line:04d}.png"
        picture = spectrogram(np.eye(8), 0.0, 1.0, 8)
        (folder / f"griffin-lim/{line:04d}.png").write_bytes(picture)
        text = f"{line}번째 문장입니다."
        row = {"line": line, "text": text, "spoken": text + " ", "clips": clips}
        sentences.append(row)
    sentences[0]["text"] = EVIL
    sentences[1]["clips"]["griffin-lim"]["warnings"] = ["a symbol was skipped"]
    sentences[1]["clips"]["griffin-lim"]["faults"] = ["too long by far"]
    sentences[2]["clips"]["xtts"] = {"error": "cannot be read: too long"}
    return {
        "version": 1,
        "title": "logs/made",
        "created": "2026-11-20T10:00:00+00:00",
        "consent": f"the maker, today, for tests {EVIL}",
        "machine": {"processor": "a processor", "cores": 2, "accelerator": None},
        "reference": {
            "files": ["me.wav"],
            "seconds": 6.2,
            "features": {"duration_seconds": 6.2, "pitch_hertz_median": None},
            "warnings": ["rather quiet"],
        },
        "systems": [_system(key, name) for key, name in NAMES.items()],
        "remarks": ["two of the sentences were heard in training"],
        "missing": [{"name": "WaveNet", "reason": "no vocoder was named"}],
        "figures": [_distortion()],
        "verdict": ["The trained voice is nearer by 1.10 dB (0.80 to 1.40)."],
        "sentences": sentences,
    }


def _system(key: str, name: str) -> dict:
    if key == "recording":
        return {"key": key, "name": name, "about": "the speaker"}
    return {
        "key": key,
        "name": name,
        "about": "made",
        "training_minutes": 0.5,
        "real_time_factor": {"mean": 0.3, "interval": [0.28, 0.33], "count": 3},
        "memory_megabytes": 900,
        "failures": {"count": 1, "of": 3, "per_hundred": 33.3},
    }


def _distortion() -> dict:
    def figure(mean: float) -> dict:
        return {"mean": mean, "interval": [mean - 0.2, mean + 0.2], "count": 3}

    return {
        "key": "cepstral_decibel",
        "name": "Mel-cepstral distortion",
        "unit": "dB",
        "better": "lower",
        "digits": 2,
        "note": "After alignment.",
        "of": "sentences",
        "differences": [{"told_apart": True}],
        "systems": {"recording": None, "griffin-lim": figure(5.2), "xtts": figure(6.3)},
        "baselines": [{"name": "recording to recording"} | figure(8.1)],
        "best": ["griffin-lim"],
    }
