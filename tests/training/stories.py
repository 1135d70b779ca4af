"""A trainer small enough to kill: linear regression by momentum, with noise that is
part of its state. Run as a program it trains in the folder it is given."""

import logging
import sys
import time

import numpy as np

from moksori.training.callbacks import Progress
from moksori.training.loop import fit
from moksori.training.runs import Run


class Line:
    """y = w x + b; `step` draws from a generator whose state is a saved array."""

    def __init__(self, pause: float = 0.0, poison=lambda step: False):
        self.step_number = 0
        self.pause, self.poison = pause, poison
        self.rates = []
        self.weights = np.zeros(3)
        self.momentum = np.zeros(3)
        self.seed = np.array([7], np.uint64)

    def place(self, batch, halt):
        return batch

    def step(self, batch, learning_rate, loss_ceiling, **scalars):
        time.sleep(self.pause)
        self.rates.append((self.step_number, learning_rate))
        noise = np.random.default_rng(self.seed).normal(size=3)
        self.seed += np.uint64(1)
        error = batch["x"] @ self.weights - batch["y"]
        loss = float(np.mean(error**2))
        if self.poison(self.step_number):
            loss = float("nan")
        gradient = 2 * batch["x"].T @ error / len(error) + 1e-3 * noise
        good = np.isfinite(loss) and loss <= loss_ceiling
        if good:
            self.momentum = 0.9 * self.momentum + gradient
            self.weights = self.weights - learning_rate * self.momentum
        norm = np.linalg.norm(gradient)
        return {"loss": loss, "gradient_norm": norm, "skipped": float(not good)}

    def arrays(self):
        return {
            "weights": self.weights.copy(),
            "momentum": self.momentum.copy(),
            "seed": self.seed.copy(),
        }

    def assign(self, arrays):
        self.weights = arrays["weights"].copy()
        self.momentum = arrays["momentum"].copy()
        self.seed = arrays["seed"].copy()


class Points:
    """Batches that are a function of the step's number."""

    def at(self, step):
        rng = np.random.default_rng([3, step])
        x = rng.normal(size=(8, 3))
        return "8", {"x": x, "y": x @ np.array([1.0, -2.0, 0.5])}


class Silent:
    """A board that keeps what it is shown."""

    def __init__(self):
        self.shown, self.rewound = [], []

    def rewind(self, step):
        self.rewound.append(step)

    def scalars(self, step, values):
        self.shown.append((step, dict(values)))


def train(folder, steps, trainer=None, save_every=5, keep=3, board=None, **named):
    """Train in `folder`, begun or continued; gives the trainer and the outcome."""
    trainer = trainer or Line()
    if (folder / "run.json").exists():
        run = Run.open(folder, keep)
    else:
        run = Run.create(folder, {"kind": "line"}, keep)
    outcome = fit(
        trainer,
        Points(),
        run,
        board or Silent(),
        steps=steps,
        scalars=lambda step: {"learning_rate": 0.05 / (1 + step)},
        save_every=save_every,
        log_every=1,
        frames_in=lambda batch: len(batch["x"]),
        progress=Progress(steps, seconds=0.0),
        **named,
    )
    return trainer, outcome


if __name__ == "__main__":
    from pathlib import Path

    logging.basicConfig(level=logging.INFO)
    folder, steps, pause = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    _, ended = train(folder, steps, Line(pause=pause))
    sys.exit(3 if ended.interrupted else 0)
