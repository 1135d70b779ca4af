"""Train the vocoder: features -> logs/<run>.

The same command continues a run that was stopped. Watch it with
`tensorboard --logdir logs`.
"""

import argparse
import logging
import os
from contextlib import closing
from pathlib import Path

import hparams


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("features", type=Path, help="folder written by preprocess.py")
    parser.add_argument("--run", type=Path, required=True, help="such as logs/me-wave")
    aligned = "mels that an acoustic model made along the recordings, by align.py"
    parser.add_argument("--mels", type=Path, metavar="DIR", help=aligned)
    start = "begin with the weights of another run, as far as they fit"
    parser.add_argument("--from", dest="start", type=Path, metavar="RUN", help=start)
    devices = "accelerators of this host that share each batch: all, or how many"
    parser.add_argument("--devices", default="all", metavar="N", help=devices)
    hparams.add_arguments(parser)
    return parser.parse_args(argv)


def train(arguments: argparse.Namespace) -> int:
    from datasets.batches import split
    from datasets.crops import AlignedMels, Crops
    from datasets.store.build import FeatureStore
    from moksori.training.board import Board
    from moksori.training.loop import fit
    from moksori.training.program import stopped
    from moksori.voices import lineage, vocoder

    store = FeatureStore.open(arguments.features)
    mels = AlignedMels(arguments.mels, store) if arguments.mels else store.mel

    def start(model) -> str:
        return vocoder.warm_start(model, arguments.start, store.speakers)

    def network():
        return vocoder.network(settings, len(store.speakers))

    devices, settings, run = lineage.together(arguments, store, vocoder.begin)
    t, schedule = settings.wavenet_training, vocoder.schedule(settings)
    train_on, unseen = split(store, t.held_out)
    with devices.company(), closing(Board(run.events)) as board:
        from moksori.voices.copies import watchers

        trainer = vocoder.trainer(settings, len(store.speakers), devices)
        cropping = {**vocoder.cropping(settings, trainer.model), "mels": mels}
        crops = Crops(store, train_on, **cropping)
        fresh = start if arguments.start else None
        lineage.prepare(run, trainer, crops.at(0)[1], schedule(0), fresh, network)
        if not run.begun:
            board.settings(0, settings.to_dict())
        judged = Crops(store, unseen, **cropping) if unseen else None
        watched = watchers(trainer, settings, store, judged, unseen, run, board)
        validate, hooks = devices.watching(*watched)
        outcome = fit(
            trainer,
            crops,
            run,
            board,
            steps=t.steps,
            scalars=schedule,
            save_every=t.save_every,
            log_every=t.log_every,
            frames_in=crops.frames_in,
            validate=validate,
            hooks=hooks,
        )
    if devices.chief:
        print(f"hear it: python synthesize.py --voice RUN --vocoder {run.folder} …")
    return stopped(outcome)


def main(argv: list[str] | None = None) -> int:
    arguments = parse(argv)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    from datasets.store.build import FeatureError
    from moksori.training.program import trained

    mistakes = (hparams.HparamsError, FeatureError)
    return trained("train_wavenet.py", lambda: train(arguments), mistakes)
