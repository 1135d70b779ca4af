"""Songs separated by an htdemucs that was brought, in whose place a small graph is."""

import numpy as np
import pytest

LENGTH = 400


def save_graph(path, inputs=1, sources=4, length=LENGTH):
    """Save a graph that takes a tenth of a wave for each source before the next."""
    from onnx import TensorProto, helper, numpy_helper, save

    shares = np.arange(1, sources + 1, dtype="f4").reshape(1, sources, 1, 1) / 10
    kind, names = TensorProto.FLOAT, [f"mix{i}" for i in range(inputs)]
    graph = helper.make_graph(
        [
            helper.make_node("Unsqueeze", [names[0], "axis"], ["each"]),
            helper.make_node("Mul", ["each", "shares"], ["stems"]),
        ],
        "htdemucs",
        [helper.make_tensor_value_info(name, kind, [1, 2, length]) for name in names],
        [helper.make_tensor_value_info("stems", kind, [1, sources, 2, length])],
        [
            numpy_helper.from_array(shares, "shares"),
            numpy_helper.from_array(np.array([1]), "axis"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
    model.ir_version = 8
    path.parent.mkdir(parents=True, exist_ok=True)
    save(model, path)
    return path


@pytest.mark.parametrize("samples", [1, 300, 399, 400, 401, 3210])
def test_the_vocals_are_put_together_without_a_seam(
    tmp_path, covers_installed, samples
):
    from moksori.covers.htdemucs import Separator

    rng, told = np.random.default_rng(0), []
    song = rng.normal(0, 0.1, (samples, 2)).astype("f4")
    stems = Separator(save_graph(tmp_path / "a.onnx")).separate(
        song, lambda stage, done: told.append((stage, done))
    )
    mean = song.mean()
    np.testing.assert_allclose(stems.vocals - mean, 0.4 * (song - mean), atol=1e-6)
    np.testing.assert_allclose(stems.vocals + stems.backing, song, atol=1e-6)
    assert told[-1] == ("separate", 1.0)
    assert [done for _, done in told] == sorted(done for _, done in told)


@pytest.mark.parametrize(
    "other", [{"inputs": 2}, {"sources": 2}, {"length": "n"}, {"length": 2}]
)
def test_other_graphs_are_refused_in_a_line(tmp_path, covers_installed, other):
    from moksori.covers.htdemucs import Separator

    with pytest.raises(ValueError, match=r"a\.onnx is no htdemucs"):
        Separator(save_graph(tmp_path / "a.onnx", **other))


def test_one_that_was_brought_separates_songs(tmp_path, covers_installed, monkeypatch):
    from moksori.covers import htdemucs, weights
    from moksori.covers.cover import separate
    from moksori.covers.stems import RATE

    monkeypatch.setattr(weights, "BROUGHT", tmp_path)
    assert htdemucs.path() is None
    save_graph(tmp_path / htdemucs.FILE)
    song = np.random.default_rng(0).normal(0, 0.1, (1000, 2)).astype("f4")
    np.testing.assert_allclose(separate(song, RATE).vocals, 0.4 * song, atol=0.01)
