"""Read what enrolled speakers are recognised by."""

import sqlite3
from dataclasses import dataclass

import numpy as np

from moksori.speakers.bandwidth import Band
from moksori.speakers.database import RegistryError


@dataclass(frozen=True)
class Templates:
    """Represent who can be recognised: ids, names, and unit vectors [N, dimension]
    turned by `rotation`; `until` is when the first of them expires, if any does."""

    ids: list[str]
    names: list[str]
    matrix: np.ndarray
    rotation: np.ndarray
    until: str | None = None

    def scores(self, vector: np.ndarray) -> np.ndarray:
        """Compute the cosines [N] of a unit vector [dimension] to everybody."""
        turned = self.rotation @ vector.astype(np.float64)
        return self.matrix @ turned.astype(np.float32)

    def score(self, speaker: str, vector: np.ndarray) -> float:
        """Compute the cosine of a unit vector [dimension] to one of `ids`."""
        turned = self.rotation @ vector.astype(np.float64)
        return float(self.matrix[self.ids.index(speaker)] @ turned.astype(np.float32))


def read_templates(
    database: sqlite3.Connection,
    encoder: str,
    band: Band,
    now: str,
    rotation: np.ndarray,
) -> Templates:
    """Read the mean vector of everybody whose time is not over at `now`.

    Raises `RegistryError` for vectors of another dimension than `rotation` has.
    """
    dimension = len(rotation)
    rows = database.execute(
        "SELECT v.speaker, s.name, s.expires, v.value FROM vector v JOIN speaker s"
        " ON s.id = v.speaker WHERE v.band = ? AND v.encoder = ?"
        " AND (s.expires IS NULL OR s.expires > ?) ORDER BY s.name, s.id",
        (str(band), encoder, now),
    ).fetchall()
    if not rows:
        return Templates([], [], np.zeros((0, dimension), np.float32), rotation)
    if {len(row[3]) for row in rows} != {4 * dimension}:
        raise RegistryError(f"vectors of {encoder} have not {dimension} numbers here")
    ids = list(dict.fromkeys(row[0] for row in rows))
    names = {row[0]: row[1] for row in rows}
    place = {each: index for index, each in enumerate(ids)}
    vectors = np.frombuffer(b"".join(row[3] for row in rows), "<f4")
    sums = np.zeros((len(ids), dimension), np.float32)
    of = np.array([place[row[0]] for row in rows])
    np.add.at(sums, of, vectors.reshape(len(rows), dimension))
    sums /= np.linalg.norm(sums, axis=1, keepdims=True)
    until = min((row[2] for row in rows if row[2]), default=None)
    return Templates(ids, [names[each] for each in ids], sums, rotation, until)
