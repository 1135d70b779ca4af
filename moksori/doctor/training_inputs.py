"""What a training is made of: corpora, features, settings, and the run so far."""

from argparse import Namespace
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import hparams
from datasets.readers import corpora
from datasets.readers.corpus import CorpusError
from datasets.store.features import FeatureError, FeatureStore
from hparams import Hparams, HparamsError, difference
from moksori.doctor.findings import ERROR, WARNING, Finding, judge, pluralize
from moksori.storage import lock_holder
from moksori.training.export import is_exported
from moksori.training.recipes.tacotron import TacotronRecipe
from moksori.training.recipes.wavenet import WaveNetRecipe
from moksori.training.runs import Run, RunError

RECIPES = {"tacotron": TacotronRecipe, "wavenet": WaveNetRecipe}

# With fewer, none is held out, so that nothing shows how good a training is.
_MIN_UTTERANCES = 10
_AGAIN = "run preprocess.py again (it continues), or use the settings of the store"


def check_corpus(folder: Path) -> Finding:
    """Check that the layout of a corpus is known, and that nothing in it is missing."""
    try:
        corpus = corpora.read(folder)
    except CorpusError as failure:
        return Finding("corpus", ERROR, str(failure), "see the layouts in docs/data.md")
    speakers = len({utterance.speaker for utterance in corpus.utterances})
    text = f"{corpus.summary()}, {pluralize(speakers, 'speaker')}"
    reasons = Counter(problem.reason for problem in corpus.problems)
    more = f"; left out: {', '.join(f'{n} {why}' for why, n in reasons.items())}"
    first = next((f"the first: {each.detail}" for each in corpus.problems), "")
    first_note = next(iter(corpus.notes), "")
    values = {"utterances": len(corpus.utterances), "speakers": speakers}
    return judge(
        "corpus",
        text,
        (reasons, WARNING, more, first),
        (corpus.notes, WARNING, f"; {len(corpus.notes)} to note", first_note),
        **values,
    )


def check_inputs(arguments: Namespace, model: str) -> Iterator[Finding]:
    """Check settings, features and run of a training of `model`.

    `arguments` are those of `hparams.add_arguments`, and `features` and `run`, folders
    or None.
    """
    recipe, store, settings = RECIPES[model], None, None
    try:
        store = open_store(arguments.features)
    except FeatureError as failure:
        yield _refused("features", failure, _AGAIN)
    try:
        settings = settings_for(arguments, store, model)
        yield check_settings(settings)
    except (HparamsError, RunError) as failure:
        yield _refused("settings", failure, "mend --preset, --hparams or --set")
    fitting = store is not None and settings is not None
    if fitting:
        try:
            recipe.check_features(settings, store)
            yield check_features(store)
        except (FeatureError, OSError, ValueError) as failure:
            yield _refused("features", failure, _AGAIN)
    if arguments.run is not None:
        try:
            if fitting and run_kind(arguments.run) == model:
                recipe.resume_or_create(arguments.run, settings, store)
            yield check_run(arguments.run)
        except RunError as failure:
            yield _refused("run", failure, "begin a new run in another folder")


def _refused(name: str, failure: Exception, advice: str) -> Finding:
    return Finding(name, ERROR, str(failure).partition("; run preprocess")[0], advice)


def open_store(features: Path | None):
    """Open the `FeatureStore` in a folder, if one is named. Raises `FeatureError`."""
    return FeatureStore.open(features) if features else None


def settings_for(arguments: Namespace, store, model: str) -> Hparams:
    """Return the settings that a training of `model` on a store (or None) would have.

    `arguments` as for `check_inputs`. Raises `HparamsError` or `RunError`.
    """
    run = arguments.run if run_kind(arguments.run) == model else None
    if store is not None:
        return RECIPES[model].settings_for(arguments, run or Path(), store)
    if run is None:
        return hparams.from_arguments(arguments)
    settings = RECIPES[model].kind.settings_of(Run.open(run))
    return hparams.from_arguments(arguments, settings)


def check_settings(settings: Hparams) -> Finding:
    """Name the preset that the settings are nearest to, and what differs."""
    groups, presets = vars(settings).items(), {}
    for name in hparams.PRESETS:
        theirs = vars(hparams.preset(name))
        lines = (
            (g, line) for g, ours in groups for line in difference(ours, theirs[g])
        )
        presets[name] = [f"{group}.{line}" for group, line in lines]
    nearest = min(presets, key=lambda name: len(presets[name]))
    text = ", ".join((f"preset {nearest}", *presets[nearest]))
    return judge("settings", text[:200], preset=nearest, changes=presets[nearest])


def check_features(store) -> Finding:
    """Check that there are enough utterances in a `FeatureStore`, and none is torn."""
    torn = any(_is_torn(store, index) for index in {0, len(store) - 1} if len(store))
    minutes = sum(row.frames for row in store.rows) * store.audio.frame_seconds / 60
    text = (
        f"{store.folder}: {minutes:,.1f} min, {pluralize(len(store), 'utterance')}, "
        f"{pluralize(len(store.speakers), 'speaker')}"
    )
    more = "; a shard is shorter than the manifest says"
    few = "record more: none can be held out to judge a training by"
    return judge(
        "features",
        text,
        (not len(store), ERROR, "", _AGAIN),
        (torn, ERROR, more, _AGAIN),
        (len(store) < _MIN_UTTERANCES, WARNING, "", few),
        **{"minutes": minutes, "utterances": len(store), "speakers": store.speakers},
    )


def _is_torn(store, index: int) -> bool:
    frames = store.rows[index].frames
    samples = frames * store.audio.hop_length
    return len(store.mel(index)) < frames or len(store.wave(index)) < samples


def run_kind(run: Path | None) -> str | None:
    """Return the model that an existing run trains; None where there is no run."""
    try:
        kind = Run.open(run).settings.get("kind") if run else None
    except RunError:
        return None
    return kind if kind in RECIPES else None


def check_run(folder: Path) -> Finding:
    """Check that a run can be continued, and from which step. Raises `RunError`."""
    if not (folder / "run.json").exists():
        used = folder.exists() and any(folder.iterdir())
        problem = (used, WARNING, ", beside other files", "name a folder of its own")
        return judge("run", f"{folder} will be a new run", problem)
    run = Run.open(folder)
    if is_exported(run):
        speaks = f"{folder}: {run_kind(folder)}, exported to speak with"
        anew = f"begin a new run with it: --from {folder}"
        return judge("run", speaks, (True, ERROR, ", cannot be trained on", anew))
    checkpoint = run.restore()
    step, holder = checkpoint.step if checkpoint else 0, lock_holder(folder / "lock")
    paths = (folder / "checkpoints").glob("step-*.safetensors")
    damaged = sorted(path.name for path in paths if path.stem > f"step-{step:08d}")
    back = "it would go on from the one before: delete what is damaged"
    wait = "leave it alone, or end that process before starting another"
    kind = run_kind(folder)
    return judge(
        "run",
        f"{folder}: {kind}, can be continued from step {step:,}",
        (damaged, WARNING, f"; damaged: {', '.join(damaged)}", back),
        (holder, WARNING, f", but process {holder} trains it now", wait),
        **{"kind": kind, "step": step},
    )
