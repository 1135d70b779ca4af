"""Stand in for `moksori train`: it says what that says, and saves when it is stopped.

What it trains on decides: a text "fail" lets it fail, "wait" lets it wait for a signal.
"""

import argparse
import os
import signal
import sys
import time
from pathlib import Path


def main() -> int:
    """Train nothing."""
    parser = argparse.ArgumentParser()
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--run", type=Path)
    for name in ("--data", "--consent", "--set", "--minutes"):
        parser.add_argument(name)
    given = parser.parse_args()
    texts = {each.read_text() for each in given.corpus.glob("*.txt")}
    print("== features\n$ moksori preprocess", flush=True)
    print("secrets:", sorted(k for k in os.environ if k.startswith("MOKSORI_")))
    if "fail" in texts:
        print(f"preprocess: {given.corpus}/1.wav is silent", flush=True)
        return 2
    checkpoint = given.run / "checkpoints/step-00000020.safetensors"
    checkpoint.parent.mkdir(parents=True, exist_ok=True)
    begun = checkpoint.exists()
    print("== training", flush=True)
    for step in (10, 20):
        time.sleep(0.3)
        print(f"step {step}/100  loss {2 / step:.4f}  1.0 steps/s", flush=True)
    picture = given.run / "previews/step-00000020/0_alignment_free.png"
    picture.parent.mkdir(parents=True, exist_ok=True)
    picture.write_bytes(b"\x89PNG")
    stopped = []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(1))
    print("ready", flush=True)
    while "wait" in texts and not stopped and not begun:
        time.sleep(0.02)
    checkpoint.write_bytes(b"weights")
    return 143 if stopped else 0


if __name__ == "__main__":
    sys.exit(main())
