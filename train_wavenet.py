"""Train the vocoder: features -> logs/<run>.

The same command continues a run that was stopped. Watch it with
`tensorboard --logdir logs`.
"""

import argparse
import logging
import os
import sys
from pathlib import Path

import hparams


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("features", type=Path, help="folder written by preprocess.py")
    parser.add_argument("--run", type=Path, required=True, help="such as logs/me-wave")
    aligned = "mels that an acoustic model made along the recordings, by align.py"
    parser.add_argument("--mels", type=Path, metavar="DIR", help=aligned)
    start = "begin with the weights of another run, as far as they fit"
    parser.add_argument("--from", dest="start", type=Path, metavar="RUN", help=start)
    hparams.add_arguments(parser)
    return parser.parse_args()


def train(arguments: argparse.Namespace) -> None:
    from datasets.batches import split
    from datasets.crops import AlignedMels, Crops
    from datasets.features import FeatureStore
    from training.board import Board
    from training.loop import fit
    from training.quiet import load_backend
    from voices import vocoder

    store = FeatureStore.open(arguments.features)
    settings = vocoder.settings_for(arguments, arguments.run, store)
    store.check(settings.audio, store.text)
    mels = AlignedMels(arguments.mels, store) if arguments.mels else store.mel
    run = vocoder.resume_or_create(arguments.run, settings, store)
    t, schedule, board = (
        settings.wavenet_training,
        vocoder.schedule(settings),
        Board(run.events),
    )
    load_backend()
    trainer = vocoder.trainer(settings, len(store.speakers))
    cropping = {**vocoder.cropping(settings, trainer.model), "mels": mels}
    train_on, unseen = split(store, t.held_out)
    crops = Crops(store, train_on, **cropping)

    from voices.copies import watchers

    if not run.checkpoints():
        if arguments.start:
            print(vocoder.warm_start(trainer, arguments.start, store.speakers))
        trainer.preflight(crops.at(0)[1], **schedule(0))
        board.settings(0, run.settings)
    judged = Crops(store, unseen, **cropping) if unseen else None
    validate, hooks = watchers(trainer, settings, store, judged, unseen, run, board)
    cadence = {"save_every": t.save_every, "log_every": t.log_every}
    watched = {"validate": validate, "hooks": hooks, "frames_in": crops.frames_in}
    outcome = fit(
        trainer,
        crops,
        run,
        board,
        steps=t.steps,
        scalars=schedule,
        **watched,
        **cadence,
    )
    board.close()
    if outcome.interrupted:
        print(f"stopped after step {outcome.step}; the same command continues")
    print(f"hear it: python synthesize.py --voice RUN --vocoder {run.folder} --text …")


def main() -> int:
    arguments = parse()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    from datasets.features import FeatureError
    from training.program import ended

    mistakes = (hparams.HparamsError, FeatureError)
    return ended("train_wavenet.py", lambda: train(arguments), mistakes)


if __name__ == "__main__":
    sys.exit(main())
