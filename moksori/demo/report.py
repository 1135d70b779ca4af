"""Report how the demo went: its figures, and where to look and listen."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from datasets.store.features import FeatureStore
from moksori.demo.acceptance import accept, summary
from moksori.storage import write_json

WAVENET_NOTE = (
    "(the WaveNet is a few minutes old: it shows the path and is no vocoder yet; "
    "Griffin-Lim sounds better until it has trained far longer, on a GPU)"
)


def write(
    run: Path,
    rows: Sequence[Mapping],
    recordings: Path,
    page: Path,
    seconds: float,
) -> str:
    """Write the figures of unseen sentences to `report.json` of a run, and return what
    to tell the person.

    `rows` are those of their synthesis manifest, `recordings` is the store of their
    recordings, `page` where to hear them, `seconds` how long the demo took.
    """
    store = FeatureStore.open(recordings)
    durations = [row.frames * store.audio.frame_seconds for row in store.rows]
    figures = accept(rows, durations)
    figures |= {"seconds": round(seconds)}
    write_json(run / "report.json", figures)
    return f"""
{summary(figures)}
figures: {run / "report.json"}
this call took {figures["seconds"]} s; pictures: {run / "previews"}
hear them side by side, in a browser: {page}
{WAVENET_NOTE}
TensorBoard: .venv/bin/tensorboard --logdir {run.parent}
speak: .venv/bin/python synthesize.py --voice {run} --text 안녕하세요."""
