"""What a mel-cepstral distortion means: that of recordings with a known difference."""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

LATE_SECONDS = 0.003
NOISE_DECIBEL = -30.0


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--features", type=Path, required=True, metavar="DIR")
    parser.add_argument("--utterances", type=int, default=16, help="at most so many")
    return parser.parse_args(arguments)


def measure(store, count: int) -> dict[str, list[float]]:
    """Distortions in decibels by what was done to the recordings of a feature store:
    begun 3 ms later, white noise of -30 dB by their power added, another taken."""
    import numpy as np

    from moksori.audio.levels import rms_decibel
    from moksori.metrics.likeness import likeness

    random, audio = np.random.default_rng(1), store.audio
    waves = [store.wave(i) for i in range(min(count, len(store)))]
    late = np.zeros(round(LATE_SECONDS * audio.sample_rate), np.float32)
    found: dict[str, list[float]] = {"later": [], "noise": [], "another": []}
    for wave, another in zip(waves, [*waves[1:], waves[0]], strict=True):
        scale = 10 ** ((rms_decibel(wave) + NOISE_DECIBEL) / 20)
        noise = (scale * random.standard_normal(wave.size)).astype(np.float32)
        others = (np.concatenate([late, wave]), wave + noise, another)
        for name, other in zip(found, others, strict=True):
            found[name].append(likeness(wave, other, audio).cepstral_decibel)
    return found


def main(arguments: list[str] | None = None) -> int:
    chosen = parse(arguments)
    from datasets.store.features import FeatureStore
    from moksori.metrics.bootstrap import mean_of

    for name, values in measure(
        FeatureStore.open(chosen.features), chosen.utterances
    ).items():
        mean = mean_of(values)
        low, high = mean["interval"]
        print(
            f"{name:8} {mean['mean']:6.2f} dB ({low:.2f} to {high:.2f}), "
            f"{min(values):.2f} to {max(values):.2f} in {len(values)} recordings"
        )
    return 0


if __name__ == "__main__":
    sys.path[0] = str(ROOT)
    sys.exit(main())
