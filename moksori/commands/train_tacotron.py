"""Train the acoustic model: features -> logs/<run>.

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
    parser.add_argument("--run", type=Path, required=True, help="such as logs/me")
    start = "begin with the weights of another run, as far as they fit"
    parser.add_argument("--from", dest="start", type=Path, metavar="RUN", help=start)
    devices = "accelerators of this host that share each batch: all, or how many"
    parser.add_argument("--devices", default="all", metavar="N", help=devices)
    hparams.add_arguments(parser)
    return parser.parse_args(argv)


def train(arguments: argparse.Namespace) -> int:
    from datasets.batches import Batches, frames_in, split
    from datasets.store.build import FeatureStore
    from moksori.metrics.free_running import Judge
    from moksori.training.board import Board
    from moksori.training.loop import fit
    from moksori.training.program import stopped
    from moksori.voices import acoustic, lineage

    store = FeatureStore.open(arguments.features)

    def start(model) -> str:
        return acoustic.warm_start(model, arguments.start, store.speakers)

    def network():
        return acoustic.network(settings, len(store.speakers))

    devices, settings, run = lineage.together(arguments, store, acoustic.begin)
    t, schedule = settings.tacotron_training, acoustic.schedule(settings)
    train_on, unseen = split(store, t.held_out)
    batches = Batches(store, train_on, **acoustic.batching(settings))
    with devices.company(), closing(Board(run.events)) as board:
        from moksori.voices.previews import RANK, watchers

        trainer = acoustic.trainer(settings, len(store.speakers), devices)
        fresh = start if arguments.start else None
        lineage.prepare(run, trainer, batches.largest()[1], schedule(0), fresh, network)
        if not run.begun:
            board.settings(0, settings.to_dict())
        watched = watchers(trainer, settings, batches, unseen, run, board, Judge)
        validate, hooks = devices.watching(*watched)
        outcome = fit(
            trainer,
            batches,
            run,
            board,
            steps=t.steps,
            scalars=schedule,
            save_every=t.save_every,
            log_every=t.log_every,
            frames_in=frames_in,
            validate=validate,
            rank=RANK,
            hooks=hooks,
        )
    if devices.chief:
        print(f"hear it: python synthesize.py --voice {run.folder} --text 안녕하세요.")
    return stopped(outcome)


def main(argv: list[str] | None = None) -> int:
    arguments = parse(argv)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    from datasets.store.build import FeatureError
    from moksori.training.program import trained

    mistakes = (hparams.HparamsError, FeatureError)
    return trained("train_tacotron.py", lambda: train(arguments), mistakes)
