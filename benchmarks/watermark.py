"""Measure the watermark: what it costs, what it survives, and false alarms.

Marks recordings, attacks them as sharing, telephones and editing do, and looks for the
token again; then looks for marks in recordings without one, pieces and attacked ones
among them. Rows are a Markdown table.
"""

import argparse
import io
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from moksori.audio import watermark  # noqa: E402
from moksori.audio.files import SUFFIXES, load, resample  # noqa: E402

RATE = 24000
KEY = b"a key for measurements alone"


def coded(wave: np.ndarray, container: str, codec: str, rate: int, bits: int):
    """Encode and decode a wave by FFmpeg's codec; return it at `RATE`."""
    import av

    file = io.BytesIO()
    with av.open(file, "w", format=container) as output:
        stream = output.add_stream(codec, rate=rate)
        stream.layout, stream.bit_rate = "mono", bits
        samples = resample(wave, RATE, rate)
        frame = av.AudioFrame.from_ndarray(samples[None], "fltp", "mono")
        frame.sample_rate = rate
        fitting = av.AudioResampler(
            stream.format.name, "mono", rate, stream.codec_context.frame_size or 1152
        )
        for part in [*fitting.resample(frame), *fitting.resample(None)]:
            output.mux(stream.encode(part))
        output.mux(stream.encode(None))
    file.seek(0)
    back = av.AudioResampler("fltp", "mono", rate)
    with av.open(file) as source:
        parts = [
            each.to_ndarray()[0]
            for decoded in source.decode(audio=0)
            for each in back.resample(decoded)
        ]
    return resample(np.concatenate(parts), rate, RATE)


def noisy(wave: np.ndarray, decibel: float) -> np.ndarray:
    """Add white noise at a signal-to-noise ratio."""
    noise = np.random.default_rng(0).standard_normal(len(wave))
    power = np.mean(wave**2) / 10 ** (decibel / 10)
    return (wave + noise * np.sqrt(power)).astype(np.float32)


def faster(wave: np.ndarray, percent: float) -> np.ndarray:
    """Play faster, as a tape does: pitch and tempo change."""
    return resample(wave, round(RATE * (1 + percent / 100)), RATE)


def through(wave: np.ndarray, rate: int) -> np.ndarray:
    """Resample to a rate and back."""
    return resample(resample(wave, RATE, rate), rate, RATE)


def echoing(wave: np.ndarray) -> np.ndarray:
    """Reverberate: noise that decays by 60 dB in 0.3 s, 6 dB below the direct sound."""
    time_ = np.arange(int(0.3 * RATE)) / RATE
    tail = np.random.default_rng(1).standard_normal(len(time_)) * 10 ** (-10 * time_)
    tail *= 0.5 / np.sqrt(np.sum(tail**2))
    tail[0] = 1
    return np.convolve(wave, tail)[: len(wave)].astype(np.float32)


ATTACKS = {
    "none": lambda wave: wave,
    "16 bit, volume 0.3": lambda wave: np.round(wave * 0.3 * 32767) / 32767,
    "MP3 128k": lambda wave: coded(wave, "mp3", "libmp3lame", RATE, 128000),
    "MP3 64k": lambda wave: coded(wave, "mp3", "libmp3lame", RATE, 64000),
    "MP3 32k": lambda wave: coded(wave, "mp3", "libmp3lame", RATE, 32000),
    "AAC 64k": lambda wave: coded(wave, "adts", "aac", RATE, 64000),
    "Opus 32k": lambda wave: coded(wave, "ogg", "libopus", RATE, 32000),
    "Opus 16k": lambda wave: coded(wave, "ogg", "libopus", RATE, 16000),
    "16 kHz": lambda wave: through(wave, 16000),
    "8 kHz": lambda wave: through(wave, 8000),
    "noise 20 dB": lambda wave: noisy(wave, 20),
    "noise 10 dB": lambda wave: noisy(wave, 10),
    "echo": echoing,
    "first 5 % cut off": lambda wave: wave[len(wave) // 20 :],
    "3 s of it": lambda wave: wave[RATE : 4 * RATE],
    "2 % faster": lambda wave: faster(wave, 2),
    "4 % slower": lambda wave: faster(wave, -4),
    "1.5 % faster": lambda wave: faster(wave, 1.5),
}


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folders", nargs="+", type=Path, help="recordings to mark")
    parser.add_argument("--count", type=int, default=10, help="of each folder")
    parser.add_argument("--unmarked", type=int, default=200, help="clips for alarms")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    chosen = parse(arguments)
    rng = np.random.default_rng(chosen.seed)
    groups = {
        folder.name: waves(folder, chosen.count, chosen.seed)
        for folder in chosen.folders
    }
    marks = {name: marked(each, rng) for name, each in groups.items()}
    print("| after | recordings | tokens right | wrong bits | presence, least |")
    print("|---|---|---|---|---|")
    for attack, change in ATTACKS.items():
        for name, each in marks.items():
            print(f"| {attack} | {name} | {survived(each, change)} |", flush=True)
    for line in alarms([w for each in groups.values() for w in each], chosen, rng):
        print(line)
    return 0


def waves(folder: Path, count: int, seed: int) -> list[np.ndarray]:
    """Read recordings at `RATE` in a drawn order; short ones are joined to 6 s."""
    files = sorted(path for path in folder.rglob("*") if path.suffix in SUFFIXES)
    order = np.random.default_rng(seed).permutation(len(files))
    found, parts = [], []
    for index in order:
        if len(found) == count:
            break
        parts.append(load(files[index], RATE))
        if sum(map(len, parts)) >= 6 * RATE:
            found.append(np.concatenate(parts))
            parts = []
    if not found:
        raise SystemExit(f"{folder} has no recordings of 6 s together")
    return found


def marked(sounds: list[np.ndarray], rng) -> list[tuple[np.ndarray, int]]:
    """Mark every wave with a token of its own, and print what that costs."""
    tokens = [int(token) for token in rng.integers(0, 1 << 32, len(sounds))]
    begun = time.process_time()
    result = [
        (watermark.mark(wave, RATE, token, KEY), token)
        for wave, token in zip(sounds, tokens, strict=True)
    ]
    seconds = sum(map(len, sounds)) / RATE
    cost = (time.process_time() - begun) / seconds
    ratios = [
        10 * np.log10(np.sum(wave**2) / np.sum((wave - each) ** 2))
        for wave, (each, _) in zip(sounds, result, strict=True)
    ]
    print(f"{len(sounds)} recordings, {seconds:.0f} s: {cost:.4f} core seconds each")
    print(f"signal to mark {np.mean(ratios):.1f} dB, least {min(ratios):.1f}")
    quality = [
        score
        for wave, (each, _) in zip(sounds, result, strict=True)
        if (score := wideband_pesq(wave, each)) is not None
    ]
    if quality:
        print(f"PESQ {np.mean(quality):.2f}, least {min(quality):.2f}")
    return result


def wideband_pesq(wave: np.ndarray, other: np.ndarray) -> float | None:
    """Compare by PESQ where it is installed."""
    try:
        from pesq import pesq
    except ImportError:
        return None
    return pesq(16000, *(resample(each, RATE, 16000) for each in (wave, other)), "wb")


def survived(marks: list[tuple[np.ndarray, int]], change) -> str:
    """Return the cells of an attack: tokens found, wrong bits, the least presence."""
    right, wrong, presence = 0, 0, []
    for wave, token in marks:
        found = watermark.detect(change(wave), RATE, KEY)
        errors = (found.token ^ token).bit_count()
        right += errors == 0
        wrong += errors
        presence.append(found.presence)
    share = 100 * wrong / (watermark.TOKEN_BITS * len(marks))
    return f"{right} of {len(marks)} | {share:.1f} % | {min(presence):.2f}"


def alarms(sounds: list[np.ndarray], chosen, rng):
    """Yield how present a mark seems in pieces and attacked pieces without one."""
    presence, seconds, begun = [], 0.0, time.process_time()
    attacks = list(ATTACKS.values())
    for index in range(chosen.unmarked):
        wave = sounds[index % len(sounds)]
        length = int(rng.uniform(3, 12) * RATE)
        start = int(rng.integers(0, max(len(wave) - length, 1)))
        wave = attacks[int(rng.integers(len(attacks)))](wave[start : start + length])
        if len(wave) >= watermark.LEAST_SECONDS * RATE:
            presence.append(watermark.detect(wave, RATE, KEY).presence)
            seconds += len(wave) / RATE
    cost = (time.process_time() - begun) / max(seconds, 1e-9)
    shares = np.quantile(presence, [0.5, 0.95, 0.99]) if presence else [0, 0, 0]
    yield f"{len(presence)} unmarked clips: presence median {shares[0]:.2f}, " + (
        f"95 % {shares[1]:.2f}, 99 % {shares[2]:.2f}, most {max(presence):.2f}"
    )
    yield f"a search takes {cost:.3f} s of a core a second (attacks included)"


if __name__ == "__main__":
    sys.exit(main())
