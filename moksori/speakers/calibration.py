"""Look up thresholds: by encoder, band, task and seconds of speech.

A threshold belongs to one encoder: the cosines of another mean something else.
"""

import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from moksori.speakers.bandwidth import Band

SHIPPED = Path(__file__).with_name("calibration.json")
TASKS = ("margin", "cosine", "verify")
# So many others make a margin.
OTHERS = 5


def margin(scores: np.ndarray) -> float:
    """Return twice the best of cosines [N] less the mean of the next five."""
    first, *others = np.sort(scores)[::-1][: OTHERS + 1]
    return float(2 * first - np.mean(others))


@dataclass(frozen=True)
class Calibration:
    """Represent the thresholds of encoders, as the table in calibration.json."""

    table: dict

    @classmethod
    def load(cls, path: Path | None = None) -> "Calibration":
        """Read a table, by default the one that comes with the program.

        Raises `ValueError` for a file of another form.
        """
        path = path or SHIPPED
        try:
            table = json.loads(path.read_text("utf-8"))
            for bands in table.values():
                for band in Band:
                    _check(bands[band])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{path} is no table of thresholds: {error}") from None
        return cls(table)

    def knows(self, encoder: str) -> bool:
        """Whether there are thresholds for an encoder."""
        return encoder in self.table

    def threshold(
        self, task: str, encoder: str, speech_seconds: float, band: Band
    ) -> float:
        """Return the least score that names somebody; `task` is one of `TASKS`.

        It is interpolated between the lengths that were measured, on a logarithmic
        scale. Raises `ValueError` for an encoder without thresholds.
        """
        row = self._row(encoder, band)
        seconds = np.log(row["seconds"])
        return float(np.interp(math.log(speech_seconds), seconds, row[task]))

    def probability(self, above: float, encoder: str, band: Band) -> float:
        """Return the probability of a name by how far its score is `above` the
        threshold, where known and unknown people are equally frequent."""
        slope = self._row(encoder, band)["slope"]
        return 1 / (1 + math.exp(-max(min(slope * above, 50.0), -50.0)))

    def _row(self, encoder: str, band: Band) -> dict:
        try:
            return self.table[encoder][band]
        except KeyError:
            raise ValueError(
                f"no threshold is known for the encoder {encoder}: give --threshold"
            ) from None


def _check(row: dict) -> None:
    count = len(row["seconds"])
    for name in ("seconds", *TASKS):
        values = np.asarray(row[name], float)
        if values.shape != (count,) or not np.isfinite(values).all():
            raise ValueError(f"{name} does not hold {count} numbers")
    if not (np.diff(row["seconds"]) > 0).all() or not row["seconds"][0] > 0:
        raise ValueError("seconds do not ascend")
    float(row["slope"])
