"""Measure thresholds on one's own recordings."""

import argparse
from pathlib import Path

from moksori.commands.opening import CALIBRATION, open_parts
from moksori.commands.people import note
from moksori.storage import write_json

_ACCEPTED = {"verify": 0.01, "cosine": 0.03, "margin": 0.03}


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of calibration."""
    parser.add_argument("folder", type=Path, metavar="DIR", help="NAME/FILE")
    share = "share of strangers that may be named (0.03)"
    parser.add_argument("--named", type=float, metavar="SHARE", help=share)


def calibrate(arguments: argparse.Namespace) -> int:
    """Compare everybody in a folder with everybody, print errors, keep thresholds."""
    import numpy as np

    from moksori.speakers import calibrate as measuring
    from moksori.speakers.bandwidth import Band
    from moksori.speakers.clip import read_clip
    from moksori.speakers.enrolment import recordings

    named = arguments.named
    if named is not None and not 0 < named < 0.5:
        raise ValueError("--named is a share above 0 and below 0.5")
    wanted = _ACCEPTED | ({"cosine": named, "margin": named} if named else {})
    encoder, detector, before = open_parts(arguments.registry, arguments.encoder)
    people: dict[str, list] = {}
    for name, paths in recordings(arguments.folder).items():
        note(f"{name}: {len(paths)} recordings")
        for path in paths:
            try:
                clip = read_clip(path, encoder, detector)
            except ValueError as error:
                note(f"left out {path}: {error}")
                continue
            people.setdefault(name, []).append(clip)
    measured = {band: measuring.trials(people, band) for band in Band}
    every = [clip.quality.speech_seconds for clips in people.values() for clip in clips]
    seconds = float(np.median(every))
    after = measuring.calibrated(before, encoder.id, measured, seconds, wanted)
    print(f"{len(people)} people, {len(every)} recordings of {seconds:.1f} s (median)")
    print("| band | task | threshold | strangers pass | own missed |")
    print("|---|---|---|---|---|")
    for band, tasks in measured.items():
        for task, found in tasks.items():
            for word, table in (("now", before), ("new", after)):
                if table.knows(encoder.id):
                    least = table.threshold(task, encoder.id, seconds, band)
                    cells = found.accepted(least), found.missed(least)
                    text = " | ".join(_percent(*cell) for cell in cells)
                    print(f"| {band} | {task} | {word} {least:.2f} | {text} |")
    path = arguments.registry.with_name(CALIBRATION)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_json(path, after.table)
    note(f"kept in {path}, which this registry uses from now on; delete it to go back")
    return 0


def _percent(share: float, low: float, high: float) -> str:
    return f"{100 * share:.1f} % ({100 * low:.1f}-{100 * high:.1f})"
