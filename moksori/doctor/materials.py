"""What a training is made of: recordings, features, settings, and the run so far."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import hparams
from hparams import Hparams
from moksori.doctor.findings import Finding, error, ok, warning
from moksori.doctor.table import lasting, many
from moksori.storage import lock_holder

MODELS = ("tacotron", "wavenet")
_FOREIGN = {
    "tacotron": ("wavenet", "wavenet_training"),
    "wavenet": ("text", "tacotron", "tacotron_training"),
}
# A corpus of fewer holds nothing out, so that nothing shows how a training does.
_LEAST_UTTERANCES = 10


def on_corpus(folder: Path) -> Iterator[Finding]:
    """Whether preprocess.py would know the layout of a corpus, and what it holds."""
    from datasets.readers import corpora
    from datasets.readers.sources import CorpusError

    try:
        corpus = corpora.read(folder)
    except CorpusError as failure:
        yield error("corpus", str(failure), "see the formats in the README")
        return
    reasons = Counter(problem.reason for problem in corpus.problems)
    speakers = len({utterance.speaker for utterance in corpus.utterances})
    text = f"{corpus.summary()}, {many(speakers, 'speaker')}"
    facts = {
        "folder": folder,
        "format": corpus.format,
        "utterances": len(corpus.utterances),
        "speakers": speakers,
        "problems": dict(reasons),
    }
    if reasons:
        told = ", ".join(f"{count} {reason}" for reason, count in reasons.items())
        advice = f"the first: {corpus.problems[0].detail}"
        yield warning("corpus", f"{text}; left out: {told}", advice, **facts)
    else:
        yield ok("corpus", text, **facts)


def on_features(store, settings: Hparams | None) -> Iterator[Finding]:
    """A `FeatureStore`: what it holds, whether its shards can be read, and whether it
    fits the settings (None: not known)."""
    from datasets.store.features import FeatureError

    seconds = sum(row.frames for row in store.rows) * store.audio.frame_seconds
    text = (
        f"{store.folder}: {lasting(seconds)} in {many(len(store), 'utterance')} of "
        f"{many(len(store.speakers), 'speaker')}, fingerprint {store.fingerprint}"
    )
    facts = {
        "folder": store.folder,
        "seconds": seconds,
        "utterances": len(store),
        "speakers": store.speakers,
        "fingerprint": store.fingerprint,
    }
    again = "run preprocess.py again"
    if not len(store):
        yield error("features", text, again, **facts)
        return
    try:
        whole = all(_whole(store, index) for index in {0, len(store) - 1})
        if settings:
            store.check(settings.audio, settings.text)
    except FeatureError as failure:
        # What it advises comes after what is wrong.
        text = str(failure).partition("; run preprocess.py")[0]
        advice = f"{again}, or choose the settings of the features"
        yield error("features", text, advice, **facts)
        return
    except (OSError, ValueError) as failure:
        yield error("features", f"{text}; torn: {failure}", again, **facts)
        return
    if not whole:
        text += "; torn: a shard is shorter than the manifest says"
        yield error("features", text, again, **facts)
    elif len(store) < _LEAST_UTTERANCES:
        advice = "record more: nothing can be held out to judge a training by"
        yield warning("features", text, advice, **facts)
    else:
        yield ok("features", text, **facts)


def settings_for(arguments, run: Path | None, store, model: str) -> Hparams:
    """The settings that a training of `model` would have, by the rules of the training
    scripts; `run` and `store` may be None. Raises `HparamsError` or `RunError`."""
    from moksori.training.kinds import KINDS
    from moksori.training.runs import Run

    if store is not None:
        return _recipes()[model].settings_for(arguments, run or Path(), store)
    if run is not None and (run / "run.json").exists():
        made_with = KINDS[model].settings_of(Run.open(run))
        return hparams.from_arguments(arguments, made_with)
    return hparams.from_arguments(arguments)


def on_settings(settings: Hparams, model: str | None = None) -> Finding:
    """Which preset the settings are, or what lies between them and the nearest, in the
    groups that concern `model` (None: either)."""
    distances = {name: _distance(settings, name, model) for name in hparams.PRESETS}
    nearest = min(distances, key=lambda name: len(distances[name]))
    changed = distances[nearest]
    text = f"preset {nearest}"
    if changed:
        some = ", ".join(changed[:4]) + (", …" if len(changed) > 4 else "")
        text += f" with {many(len(changed), 'change')}: {some}"
    return ok("settings", text, preset=nearest, changes=changed)


def kind_of(run: Path | None) -> str | None:
    """The model that an existing run trains; None where there is none to be read."""
    if run is None:
        return None
    try:
        kind = json.loads((run / "run.json").read_text("utf-8")).get("kind")
    except (OSError, ValueError, AttributeError):
        return None
    return kind if kind in MODELS else None


def on_run(folder: Path, store, settings: Hparams | None) -> Iterator[Finding]:
    """Whether a training could continue the run in a folder, and from where.

    `store` and `settings` are what it would continue with; None where unknown.
    """
    from moksori.training.runs import Run, RunError

    if not (folder / "run.json").exists():
        yield _on_new_run(folder)
        return
    try:
        run = Run.open(folder)
        kind = run.settings.get("kind")
        checkpoint = run.restore()
        if store is not None and settings is not None and kind in MODELS:
            _recipes()[kind].resume_or_create(folder, settings, store)
    except RunError as failure:
        advice = "mend that, or begin a new run in another folder"
        yield error("run", str(failure), advice, folder=folder)
        return
    step = checkpoint.step if checkpoint else None
    told = f"step {step:,}" if checkpoint else "no checkpoint yet"
    text = f"{folder}: {kind}, {told}; "
    facts = {"folder": folder, "kind": kind, "step": step}
    facts["checkpoints"] = len(run.checkpoints())
    damaged = _damaged(folder, step)
    if damaged:
        text += f"{', '.join(damaged)} cannot be read"
        advice = "it would go on from the one before: delete what is damaged"
        yield warning("run", text, advice, **facts)
    elif holder := lock_holder(folder / "lock"):
        advice = "leave it alone, or end that process before starting another"
        text += f"is being trained by process {holder}"
        yield warning("run", text, advice, **facts, process=holder)
    else:
        yield ok("run", f"{text}can be continued", **facts)


def _recipes() -> dict:
    from moksori.training.recipes.tacotron import TacotronRecipe
    from moksori.training.recipes.wavenet import WaveNetRecipe

    return {recipe.kind.name: recipe for recipe in (TacotronRecipe, WaveNetRecipe)}


def _on_new_run(folder: Path) -> Finding:
    if folder.exists() and any(folder.iterdir()):
        text = f"{folder} holds something that is not a run"
        return warning("run", text, "name a folder of its own", folder=folder)
    return ok("run", f"{folder} will be a new run", folder=folder, step=None)


def _whole(store, index: int) -> bool:
    """Whether all of an utterance can be read."""
    frames = store.rows[index].frames
    samples = frames * store.audio.hop_length
    return len(store.mel(index)) == frames and len(store.wave(index)) == samples


def _damaged(folder: Path, step: int | None) -> list[str]:
    """Checkpoints newer than the one that can be read."""
    paths = sorted((folder / "checkpoints").glob("step-*.safetensors"))
    newest = f"step-{step or 0:08d}"
    return [path.name for path in paths if path.stem > newest]


def _distance(settings: Hparams, name: str, model: str | None) -> list[str]:
    ours, theirs = settings.to_dict(), hparams.preset(name).to_dict()
    return [
        f"{group}.{key}={value}"
        for group, values in ours.items()
        if group not in _FOREIGN.get(model, ())
        for key, value in values.items()
        if theirs[group][key] != value
    ]
