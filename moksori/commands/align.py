"""Synthesise mels along the recordings, for train_wavenet.

A vocoder trained on these learns to forgive what the acoustic model does to a mel. The
model gets the true frames before each one (teacher forcing), so that its mels are as
long as the recordings. Stopped anywhere, the same command goes on there.
"""

import argparse
from pathlib import Path

import hparams
from moksori.storage import output_folder


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    features = {"type": Path, "metavar": "FEATURES"}
    parser.add_argument("features", **features, help="folder that preprocess wrote")
    voice = {"type": Path, "required": True, "metavar": "RUN"}
    parser.add_argument("--voice", **voice, help="run of the acoustic model")
    out = {"type": output_folder, "required": True, "metavar": "DIR"}
    parser.add_argument("--out", **out, help="folder for the mels")
    best = "the best checkpoint, not the newest"
    parser.add_argument("--best", action="store_true", help=best)
    return parser


def align(arguments: argparse.Namespace) -> None:
    from datasets.crops import AlignedWriter
    from datasets.store.features import FeatureStore
    from moksori.backend.setup import load_backend

    store = FeatureStore.open(arguments.features)
    load_backend()
    from tqdm import tqdm

    from moksori.training.recipes.tacotron import TacotronRecipe
    from moksori.voices.teacher_forcing import TeacherForcedSynthesis
    from moksori.voices.trained import TrainedVoice

    voice = TrainedVoice.load(arguments.voice, arguments.best)
    store.check(voice.settings.audio, voice.settings.text)
    forced = TeacherForcedSynthesis(voice, store.speakers)
    made = AlignedWriter(arguments.out, store, f"{arguments.voice} {voice.step}")
    left = [i for i in range(len(store)) if i not in made]
    with tqdm(total=len(store), initial=len(store) - len(left), disable=None) as bar:
        if left:
            recipe = TacotronRecipe(voice.settings, voice.speakers)
            batches = recipe.batches(store, left)
            for indices, batch in batches.each():
                for index, mel in zip(indices, forced.mels(batch), strict=False):
                    made.write(index, mel)
                    bar.update()
    made.finish()
    print(f"moksori train_wavenet {arguments.features} --mels {arguments.out} …")


def main(argv: list[str] | None = None) -> int:
    arguments = parser().parse_args(argv)
    from datasets.store.features import FeatureError
    from moksori.training.cli import run_main

    user_errors = (hparams.HparamsError, FeatureError)
    return run_main("align", lambda: align(arguments), user_errors)
