"""The scale of distortions on synthetic speech: each change costs more than before."""

import numpy as np

from benchmarks import distortion_scale
from datasets.store.features import FeatureStore
from moksori.demo.corpus import write
from tests.datasets.stores import build


def test_each_change_costs_more_than_the_last(tmp_path, capsys):
    build(write(tmp_path / "corpus", 6), tmp_path / "features")
    found = distortion_scale.measure(FeatureStore.open(tmp_path / "features"), 4)
    assert {len(values) for values in found.values()} == {4}
    later, noise, another = (np.mean(values) for values in found.values())
    assert 0 < later < noise < another
    flags = ["--features", str(tmp_path / "features"), "--utterances", "2"]
    assert distortion_scale.main(flags) == 0
    assert capsys.readouterr().out.count("in 2 recordings") == 3
