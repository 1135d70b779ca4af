"""Kill a build at every point where it makes something durable, then build again.

Run as a program, because it forks: `python -m tests.datasets.kill CORPUS FOLDER`.
Prints one JSON line per point: what the journal held after the kill, what the second
build extracted, and whether the store then equals one that was never disturbed.
"""

import json
import os
import shutil
import signal
import sys
from pathlib import Path

import numpy as np

import hparams
from datasets.readers import corpora
from datasets.store import build as features
from datasets.store.journal import Journal

SETTINGS = hparams.preset("tiny").override(["audio.linear=true"])


def build(corpus, folder):
    return features.build([corpora.read(corpus)], folder, SETTINGS, workers=1)


def killed_build(corpus, folder, point) -> bool:
    """Build in a child that kills itself before its nth durable step; True if so."""
    child = os.fork()
    if child == 0:
        left = [point]

        def deadly(step):
            def wrapped(*arguments):
                if left[0] == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                left[0] -= 1
                return step(*arguments)

            return wrapped

        os.replace, os.fsync = deadly(os.replace), deadly(os.fsync)
        build(corpus, folder)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def same(left, right) -> bool:
    """Whether two stores hold the same utterances with the same arrays."""
    stores = [features.FeatureStore.open(folder) for folder in (left, right)]
    for rows in zip(*(store.rows for store in stores), strict=True):
        one, other = ((r.id, r.speaker, r.text, r.spoken, r.ids) for r in rows)
        if one != other or rows[0].frames != rows[1].frames:
            return False
    return all(
        np.array_equal(getattr(stores[0], kind)(i), getattr(stores[1], kind)(i))
        for kind in ("mel", "linear", "wave")
        for i in range(len(stores[0]))
    )


def main(corpus: Path, folder: Path) -> None:
    # A kill, unlike a power cut, loses nothing that was written: only the order of
    # the steps counts here, and waiting for the disk would take minutes.
    os.fsync = lambda _: None
    build(corpus, folder / "calm")
    point, killed = 0, True
    while killed:
        shutil.rmtree(folder / "torn", ignore_errors=True)
        killed = killed_build(corpus, folder / "torn", point)
        journal = folder / "torn" / "journal.jsonl"
        held = len(list(Journal(journal, SETTINGS.audio)))
        report = build(corpus, folder / "torn")
        left = [path.name for path in (folder / "torn").rglob("*.partial")]
        print(
            json.dumps(
                {
                    "point": point,
                    "killed": killed,
                    "held": held,
                    "extracted": report.extracted,
                    "utterances": report.utterances,
                    "same": same(folder / "calm", folder / "torn"),
                    "left": left,
                }
            )
        )
        point += 1


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
