"""A thousand damaged corpora and feature folders: no traceback, no silent drop."""

import json
import shutil
import unicodedata

import numpy as np
import pytest

import hangul
from datasets.readers import corpora, recordings
from datasets.store.features import FeatureError, FeatureStore
from moksori.commands import preprocess
from tests.datasets import mutations
from tests.datasets.made import folder_corpus
from tests.datasets.stores import build

# The everyday run tries a few of the same kind.
EACH, EACH_OFTEN = 5, 100
SEEDS = [
    pytest.param(range(EACH), id="few"),
    pytest.param(range(EACH, EACH_OFTEN), id="many", marks=pytest.mark.fuzz),
]
TABLES = (mutations.kss, mutations.ljspeech, mutations.zeroth, mutations.transcripts)


def composed(text) -> str:
    return unicodedata.normalize("NFC", str(text))


@pytest.mark.parametrize("seeds", SEEDS)
@pytest.mark.parametrize("layout", mutations.LAYOUTS, ids=lambda make: make.__name__)
def test_every_recording_is_used_or_reported(layout, seeds, tmp_path, capfd):
    whole, corpus, out = (tmp_path / name for name in ("whole", "corpus", "out"))
    layout(whole)
    wrong = []
    for seed in seeds:
        shutil.copytree(whole, corpus)
        done = mutations.mutate(corpus, np.random.default_rng(seed))
        words = [str(corpus), "--out", str(out), "--preset", "tiny", "--workers", "1"]
        code = preprocess.main(words)
        said = capfd.readouterr().err.strip()
        if code == 2:
            refused = said.rsplit("\n", 1)[-1].startswith("preprocess: ")
            missing = [] if refused else [said]
        else:
            missing = missed(corpus, out, layout in TABLES)
        if missing or "Traceback" in said or code not in (0, 1, 2):
            wrong.append((seed, done, code, missing, said))
        shutil.rmtree(corpus)
        shutil.rmtree(out, ignore_errors=True)
    assert not wrong, "\n".join(map(str, wrong))


def missed(folder, out, lined: bool) -> list[str]:
    """List the recordings, cues and lines that neither manifest nor report accounts
    for."""
    corpus = corpora.read(folder)
    lines = (out / "manifest.jsonl").read_text("utf-8").splitlines()
    report = json.loads((out / "report.json").read_text("utf-8"))
    used = {one.path for one in corpus.utterances}
    told = "\n".join(f"{one['id']} {one['detail']}" for one in report["rejected"])
    # A text beside it stands for a recording.
    missing = [
        str(path)
        for path in recordings.sounds(folder)
        if path not in used
        and composed(path.name) not in composed(told)
        and composed(f"{path.with_suffix('')}.") not in composed(told)
    ]
    count = len(lines) + len(report["rejected"])
    if count < len(corpus.utterances) + len(corpus.problems):
        missing.append(f"{len(corpus.utterances)} utterances")
    if lined:
        written = sum(
            len([line for line in text(path).splitlines() if line.strip()])
            for path in folder.rglob("*")
            if path.suffix in (".txt", ".csv", ".tsv") and "(1)" not in path.name
        )
        if count < written:
            missing.append(f"{count} of {written} lines")
    return missing


def text(path) -> str:
    try:
        return hangul.decode_file(path.read_bytes())
    except UnicodeError:
        return ""  # refused as a whole, which the report says


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fuzz")
    build(folder_corpus(folder / "corpus", 3), folder / "store")
    return folder


@pytest.mark.parametrize("seeds", SEEDS)
@pytest.mark.parametrize("part", ["manifest", "settings", "shards", ""])
def test_damaged_features_are_refused_or_whole(store, part, seeds, tmp_path):
    wrong = []
    for seed in seeds:
        random = np.random.default_rng(seed)
        folder = tmp_path / str(seed)
        shutil.copytree(store / "store", folder)
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        files = [path for path in files if part in str(path.relative_to(folder))]
        path = files[int(random.integers(len(files)))]
        how = mutations.ANY[int(random.integers(len(mutations.ANY)))]
        path.write_bytes(how(path.read_bytes(), random))
        done = f"{how.__name__} {path.relative_to(folder)}"
        if (held := utterances(folder)) not in (None, 3):
            wrong.append((seed, done, held))
        # They are made again, or kept, and are whole in any case.
        build(store / "corpus", folder)
        if (held := utterances(folder)) != 3:
            wrong.append((seed, done, "made again", held))
        shutil.rmtree(folder)
    assert not wrong, "\n".join(map(str, wrong))


def utterances(folder) -> int | None:
    """Read a whole store and count its utterances; None where it is refused."""
    try:
        opened = FeatureStore.open(folder)
        for index in range(len(opened)):
            opened.mel(index)
            opened.wave(index)
    except FeatureError:
        return None
    return len(opened)
