"""The files of RVC are read without running them, and refused by name."""

import os
import struct
from dataclasses import replace

import numpy as np
import pytest

from moksori.covers.rvc_files import RvcError, Shape, fold, read_weights
from moksori.covers.rvc_index import read_index
from tests.covers.rvc_made import config, index_file, pth, saved, shape_of, weights_of

SHAPE = shape_of()


@pytest.mark.parametrize(("version", "features"), [("v1", 256), ("v2", 768)])
def test_a_model_is_read_with_its_weights_folded(version, features):
    shape = shape_of(48000, features)
    read = read_weights(pth(saved(shape, version)))
    assert (read.shape, read.version, read.info) == (shape, version, "200epoch")
    wanted = fold({n: a.astype("f2") for n, a in weights_of(shape).items()})
    assert list(read.arrays) == list(wanted)
    for name, array in wanted.items():
        np.testing.assert_array_equal(read.arrays[name], array)
    old = saved(shape, version)
    if version == "v1":
        del old["version"], old["f0"]
        assert read_weights(pth(old)).version == "v1"


def test_weight_normalisation_is_folded():
    random = np.random.default_rng(0)
    direction, length = random.normal(size=(4, 3, 5)), np.arange(4.0) + 1
    pair = {"a.weight_v": direction, "a.weight_g": length.reshape(4, 1, 1)}
    weight = fold(pair)["a.weight"]
    norms = np.sqrt((weight**2).sum(axis=(1, 2)))
    np.testing.assert_allclose(norms, length, rtol=1e-6)
    np.testing.assert_allclose(
        weight[2] / direction[2], weight[2, 0, 0] / direction[2, 0, 0], rtol=1e-5
    )
    with pytest.raises(RvcError, match="no length"):
        fold({"a.weight_v": direction})


class Harm:
    def __reduce__(self):
        return os.system, ("touch harmed",)


def wrong():
    """What a file may hold, by what is said of it."""
    good, weights = saved(SHAPE), saved(SHAPE)["weight"]
    yield "system has no place", {**good, "config": Harm()}
    yield "no model of RVC", [1, 2]
    yield "no model of RVC", {"weight": {}, "version": "v3"}
    yield "no model of RVC", {"weight": [1]}
    training = {"model": weights, "optimizer": {}, "iteration": 100}
    yield "checkpoint of a training", training
    yield "without pitch", {**good, "f0": 0}
    yield (
        "embedder_model is not supported: 'korean-hubert",
        {**good, "embedder_model": "korean-hubert"},
    )
    yield "vocoder is not supported: 'RefineGAN'", {**good, "vocoder": "RefineGAN"}
    yield "content of 256 numbers, its weights of 768", {**good, "version": "v1"}
    yield "named tensors", {**good, "weight": {**weights, "a": 5}}
    yield "18 values", {**good, "config": None}
    yield "18 values", {**good, "config": config(SHAPE)[:-1]}
    for place, value, says in (
        (9, "2", "other blocks"),
        (3, 10**9, "hidden is not from 1"),
        (3, True, "hidden is not from 1"),
        (6, "6", "layers is not from 1"),
        (5, 3, "do not fit together"),
        (10, 3, "18 values"),
        (10, [], "1 to 8 layers"),
        (11, [[1, 10**6], [1]], "1 to 64 wide"),
        (12, [10, 10, 2, 4], "do not fit together"),
        (14, [16, 16, 4, 1], "do not fit together"),
        (17, 44100, "rate is none of"),
    ):
        changed = config(SHAPE)
        changed[place] = value
        yield says, {**good, "config": changed}


def test_any_value_in_any_place_ends_in_one_way():
    random, refused = np.random.default_rng(2), 0
    values = [None, 0, True, "x", [], [[1]], {}, 2.5, 10**5000, np.zeros((), "f4")]
    values += [np.zeros((2, 2), "f4"), np.full((3, 1, 1), np.nan, "f4")]
    for _ in range(150):
        changed = saved(SHAPE)
        place = [changed, changed["weight"], changed["config"]][random.integers(3)]
        keys = list(place) if isinstance(place, dict) else range(len(place))
        place[keys[random.integers(len(keys))]] = values[random.integers(len(values))]
        try:
            read_weights(pth(changed))
        except RvcError:
            refused += 1
    assert refused > 75


@pytest.mark.parametrize(("says", "content"), list(wrong()))
def test_another_file_is_refused_by_name(says, content, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RvcError, match=says) as caught:
        read_weights(pth(content))
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "harmed").exists()


def test_what_is_no_file_of_torch_is_refused():
    for content in (b"", b"RIFF", pth(saved(SHAPE))[:5000]):
        with pytest.raises(RvcError, match="not a file of weights"):
            read_weights(content)
    with pytest.raises(RvcError, match=r"torch before 1\.6"):
        read_weights(b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.")


def test_a_shape_comes_back_from_json():
    import json
    from dataclasses import asdict

    assert Shape.of(json.loads(json.dumps(asdict(SHAPE)))) == SHAPE
    with pytest.raises(RvcError, match="do not fit"):
        replace(SHAPE, heads=3)


def test_an_index_gives_its_frames_in_order():
    frames = np.random.default_rng(0).standard_normal((50, 7)).astype("f4")
    np.testing.assert_array_equal(read_index(index_file(frames)), frames)
    few = index_file(frames[:2], lists=4)
    np.testing.assert_array_equal(read_index(few), frames[:2])
    # The same, with the lists that hold frames told alone.
    sizes = struct.pack("<4Q", 1, 1, 0, 0)
    told = b"full" + struct.pack("<Q", 4) + sizes
    sparse = b"sprs" + struct.pack("<5Q", 4, 0, 1, 1, 1)
    np.testing.assert_array_equal(read_index(few.replace(told, sparse)), frames[:2])


def test_an_index_that_is_cut_off_forged_or_another_is_refused():
    frames = np.random.default_rng(0).standard_normal((50, 7)).astype("f4")
    whole = index_file(frames)
    for length in (*range(0, 300, 7), *range(300, len(whole), 97), len(whole) - 1):
        with pytest.raises(RvcError, match="cannot be read"):
            read_index(whole[:length])
    for change in (
        {0: b"IwPQ"},
        {4: struct.pack("<i", -7)},
        {4: struct.pack("<i", 2**30)},
        {8: struct.pack("<q", 2**40)},
        {33: struct.pack("<i", 0)},
        {37: struct.pack("<Q", 2**39)},
        {37: struct.pack("<Q", 5)},
        {len(whole) - 8: struct.pack("<q", 50)},
        {len(whole) - 8: struct.pack("<q", -1)},
        {len(whole) - 8: struct.pack("<q", 0)},
        {len(whole) - 200: struct.pack("<f", np.nan)},
        {len(whole): b"more"},
    ):
        forged = bytearray(whole)
        for place, value in change.items():
            forged[place : place + len(value)] = value
        with pytest.raises(RvcError, match="cannot be read"):
            read_index(bytes(forged))


def test_damage_anywhere_in_an_index_ends_in_one_way():
    frames = np.random.default_rng(0).standard_normal((20, 3)).astype("f4")
    whole, random = index_file(frames), np.random.default_rng(1)
    refused = 0
    for _ in range(500):
        damaged = bytearray(whole)
        damaged[random.integers(len(damaged))] = random.integers(256)
        try:
            assert read_index(bytes(damaged)).shape == (20, 3)
        except RvcError:
            refused += 1
    assert refused > 100
