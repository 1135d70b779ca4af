"""Mels along the recordings, as the acoustic model hears them: for train_wavenet.py.

A vocoder trained on these learns to forgive what the acoustic model does to a mel. The
model is told the true frames before each one (teacher-forced), so that its mels are as
long as the recordings. Stopped anywhere, the same command goes on there.
"""

import argparse
import os
from pathlib import Path

import hparams


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("features", type=Path, help="folder written by preprocess.py")
    parser.add_argument("--voice", type=Path, required=True, metavar="RUN")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--best", action="store_true", help="the one that spoke best")
    return parser.parse_args(argv)


def align(arguments: argparse.Namespace) -> None:
    from datasets.batches import Batches
    from datasets.crops import AlignedWriter
    from datasets.store.build import FeatureStore
    from moksori.training.quiet import load_backend

    store = FeatureStore.open(arguments.features)
    load_backend()
    from tqdm import tqdm

    from moksori.voices import acoustic
    from moksori.voices.forced import Forced
    from moksori.voices.trained import TrainedVoice

    voice = TrainedVoice.load(arguments.voice, arguments.best)
    store.check(voice.settings.audio, voice.settings.text)
    forced = Forced(voice, store.speakers)
    made = AlignedWriter(arguments.out, store, f"{arguments.voice} {voice.step}")
    left = [i for i in range(len(store)) if i not in made]
    with tqdm(total=len(store), initial=len(store) - len(left), disable=None) as bar:
        if left:
            batches = Batches(store, left, **acoustic.batching(voice.settings))
            for indices, batch in batches.each():
                for index, mel in zip(indices, forced.mels(batch), strict=False):
                    made.write(index, mel)
                    bar.update()
    made.finish()
    print(f"python train_wavenet.py {arguments.features} --mels {arguments.out} …")


def main(argv: list[str] | None = None) -> int:
    arguments = parse(argv)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from datasets.store.build import FeatureError
    from moksori.training.program import ended

    mistakes = (hparams.HparamsError, FeatureError)
    return ended("align.py", lambda: align(arguments), mistakes)
