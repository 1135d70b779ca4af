"""Train the acoustic model: features -> logs/<run>.

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
    parser.add_argument("--run", type=Path, required=True, help="such as logs/me")
    start = "begin with the weights of another run, as far as they fit"
    parser.add_argument("--from", dest="start", type=Path, metavar="RUN", help=start)
    hparams.add_arguments(parser)
    return parser.parse_args()


def train(arguments: argparse.Namespace) -> None:
    from datasets.batches import Batches, frames_in, split
    from datasets.features import FeatureStore
    from training.board import Board
    from training.loop import fit
    from training.quiet import load_backend
    from voices import acoustic

    store = FeatureStore.open(arguments.features)
    settings = acoustic.settings_for(arguments, arguments.run, store)
    store.check(settings.audio, settings.text)
    run = acoustic.resume_or_create(arguments.run, settings, store)
    t, schedule, board = (
        settings.training,
        acoustic.schedule(settings),
        Board(run.events),
    )
    load_backend()
    train_on, unseen = split(store, t.held_out)
    batches = Batches(store, train_on, **acoustic.batching(settings))
    trainer = acoustic.trainer(settings, len(store.speakers))

    from voices.previews import watchers

    if not run.checkpoints():
        if arguments.start:
            print(acoustic.warm_start(trainer.model, arguments.start, store.speakers))
        trainer.preflight(batches.largest()[1], **schedule(0))
        board.settings(0, run.settings)
    validate, hooks = watchers(trainer, settings, batches, unseen, run, board)
    cadence = {"save_every": t.save_every, "log_every": t.log_every}
    watched = {"validate": validate, "hooks": hooks, "frames_in": frames_in, **cadence}
    outcome = fit(
        trainer, batches, run, board, steps=t.steps, scalars=schedule, **watched
    )
    board.close()
    if outcome.interrupted:
        print(f"stopped after step {outcome.step}; the same command continues")
    print(f"hear it: python synthesize.py --voice {run.folder} --text 안녕하세요.")


def main() -> int:
    arguments = parse()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    from datasets.features import FeatureError
    from training.program import ended

    mistakes = (hparams.HparamsError, FeatureError)
    return ended("train_tacotron.py", lambda: train(arguments), mistakes)


if __name__ == "__main__":
    sys.exit(main())
