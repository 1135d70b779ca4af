"""Tell a person what there is to train on, and what a comparison of the voice says."""

import json
from pathlib import Path

from datasets.store.features import FeatureStore
from moksori.comparison.compare import NAME
from moksori.comparison.page.build import NAME as PAGE

# Below, hardly a sentence can be held out, and the voice has heard half of the sounds.
_LEAST_MINUTES, _LEAST_SENTENCES = 1.0, 20
_GOOD_MINUTES = 20.0


def check_amount(features: str | Path) -> str:
    """Return how much there is to train on, in one line.

    Raises `ValueError` where it is too little for a voice.
    """
    store = FeatureStore.open(features)
    minutes = sum(row.frames for row in store.rows) * store.audio.frame_seconds / 60
    told = f"{minutes:.1f} minutes of speech in {len(store)} sentences"
    report = Path(features) / "report.html"
    if minutes < _LEAST_MINUTES or len(store) < _LEAST_SENTENCES:
        raise ValueError(
            f"{told} are too little: record {_LEAST_MINUTES:g} minute and "
            f"{_LEAST_SENTENCES} sentences at the very least, better "
            f"{_GOOD_MINUTES:g} minutes (moksori script shows what to read; {report} "
            "says what was left out)"
        )
    more = f"; {_GOOD_MINUTES:g} minutes make a better voice"
    return f"{told}{more if minutes < _GOOD_MINUTES else ''}"


def account(run: str | Path, folder: str | Path) -> str:
    """Return what the comparison in a folder says of the voice of a run, what its
    figures mean, and where to listen."""
    comparison = json.loads((Path(folder) / NAME).read_text("utf-8"))
    spoken = "\n".join(
        f"{each['name']}: {each['failures']['of'] - each['failures']['count']} of "
        f"{each['failures']['of']} held-out sentences without a fault"
        for each in comparison["systems"]
        if each.get("failures")
    )
    return f"""
{spoken}
What the figures mean: at fault is a sentence in which something was left out or
repeated, that did not end by itself, or whose length is far from the recording's.
Mel-cepstral distortion is 0 dB for the recording itself and about 10 dB for another
sentence. Pitch, voicing and duration compare with the way the person read it: another
reading is no fault. All of them help to compare two trainings; your ear judges.
listen, in a browser: {Path(folder) / PAGE}
training in pictures and sound: {Path(run) / "previews"}
speak: moksori synthesize --voice {run} --text 안녕하세요."""
