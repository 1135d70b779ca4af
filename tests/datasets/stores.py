"""What the tests of feature stores share."""

import hparams
from datasets.readers import corpora
from datasets.store import build as features

TINY = hparams.preset("tiny")
LINEAR = TINY.override(["audio.linear=true"])


def build(corpus, folder, settings=TINY, **options):
    options = {"workers": 1} | options
    folders = corpus if isinstance(corpus, list) else [corpus]
    found = [corpora.read(one) for one in folders]
    return features.build(found, folder, settings, **options)


def rejected(report):
    return {one.id: one.reason for one in report.rejected}


def content(folder):
    """The bytes of everything in a store but its lock."""
    paths = sorted(path for path in folder.rglob("*") if path.name != ".lock")
    return {p.relative_to(folder): p.read_bytes() for p in paths if p.is_file()}
