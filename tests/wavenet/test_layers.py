"""The gated block: its gradient against the backend's own, one step against many."""

import numpy as np
import pytest
from keras import ops

from moksori.wavenet.layers import GatedBlock, _block
from tests.tacotron.made import assert_same, gradients, normal

pytestmark = pytest.mark.backend

B, T, R, C, G, DILATION = 2, 17, 4, 3, 10, 3
NAMES = ("h", "conditioning", "gate", "gate_bias", "next", "next_bias")


def reach(kernel: int) -> int:
    return (kernel - 1) * DILATION


def problem(kernel: int, last: bool) -> list[np.ndarray]:
    """The arguments of a block; there is more conditioning than it needs."""
    shapes = [(B, T, R), (B, T + 2, C), (kernel * R + C, G), (G,)]
    shapes += [] if last else [(G // 2, R), (R,)]
    return [2 * normal(seed, *shape) for seed, shape in enumerate(shapes)]


def plain(kernel, length):
    """A block as one writes it first, of differentiable operations alone."""

    def block(h, conditioning, gate, gate_bias, *way):
        steps = T - reach(kernel)
        pre = ops.matmul(conditioning[:, -steps:], gate[kernel * R :]) + gate_bias
        for j in range(kernel):
            tap = h[:, j * DILATION : j * DILATION + steps]
            pre = pre + ops.matmul(tap, gate[j * R : (j + 1) * R])
        z = ops.tanh(pre[..., : G // 2]) * ops.sigmoid(pre[..., G // 2 :])
        if not way:
            return [z[:, -length:]]
        after = h[:, -steps:] + ops.matmul(z, way[0]) + way[1]
        return [after, z[:, -length:]]

    return block


def ours(kernel, length):
    def block(*arguments):
        tensors = map(ops.convert_to_tensor, arguments)
        found = _block(kernel, DILATION, length)(*tensors)
        return list(found) if isinstance(found, tuple | list) else [found]

    return block


def weighed(outputs):
    """A scalar that gives every output its own upstream gradient."""
    upstream = [normal(50 + place, *o.shape) for place, o in enumerate(outputs)]
    return sum(
        ops.sum(ops.cast(o, "float32") * u)
        for o, u in zip(outputs, upstream, strict=True)
    )


@pytest.mark.parametrize("length", ["all", "some"])
@pytest.mark.parametrize("last", [False, True], ids=["inner", "last"])
@pytest.mark.parametrize("kernel", [2, 3])
def test_outputs_and_gradients_are_those_of_the_plain_block(kernel, last, length):
    length = T - reach(kernel) if length == "all" else 5
    arguments = problem(kernel, last)
    expected = plain(kernel, length)(*map(ops.convert_to_tensor, arguments))
    found = ours(kernel, length)(*arguments)
    assert len(found) == len(expected) == 2 - last
    for one, other in zip(found, expected, strict=True):
        assert_same(ops.convert_to_numpy(one), ops.convert_to_numpy(other))
    expected = gradients(lambda *a: weighed(plain(kernel, length)(*a)), arguments)
    found = gradients(lambda *a: weighed(ours(kernel, length)(*a)), arguments)
    for name, one, other in zip(NAMES, found, expected, strict=False):
        assert np.abs(other).max() > 0.01, name
        assert one.dtype == np.float32
        assert_same(one, other)


@pytest.mark.parametrize("last", [False, True], ids=["inner", "last"])
def test_half_precision_is_close(last):
    arguments = problem(2, last)
    half = {1: "bfloat16"}

    def rounded(*arguments):
        cast = [ops.cast(a, half.get(i, a.dtype)) for i, a in enumerate(arguments)]
        return weighed(ours(2, 5)(*cast))

    expected = gradients(lambda *a: weighed(plain(2, 5)(*a)), arguments)
    found = gradients(rounded, arguments)
    for one, other in zip(found, expected, strict=True):
        assert_same(one, other, tolerance=0.05)
        cosine = np.sum(one * other) / np.linalg.norm(one) / np.linalg.norm(other)
        assert cosine > 0.999


@pytest.mark.parametrize("last", [False, True], ids=["inner", "last"])
@pytest.mark.parametrize("kernel", [2, 3])
def test_one_step_at_a_time_is_the_whole_sequence(kernel, last):
    block = GatedBlock(kernel, DILATION, R, G, C, depth=4, last=last)
    block.gate_bias.assign(normal(1, G))
    h, conditioning = normal(2, B, T, R), normal(3, B, T, C)
    padded = np.pad(h, ((0, 0), (block.reach, 0), (0, 0)))
    whole, gated = block(padded, conditioning, output_length=T)
    past = ops.zeros((B, block.reach, R))
    for t in range(T):
        after, z, past = block.step(h[:, t], past, conditioning[:, t])
        np.testing.assert_allclose(z, gated[:, t], atol=1e-5)
        if last:
            assert after is whole is None
        else:
            np.testing.assert_allclose(after, whole[:, t], atol=1e-5)
    np.testing.assert_array_equal(past, h[:, T - block.reach :])
    assert np.abs(ops.convert_to_numpy(gated)).max() > 0.05


def test_the_last_block_has_no_way_to_a_next():
    names = {
        last: {w.name for w in GatedBlock(2, 1, R, G, C, 4, last=last).weights}
        for last in (False, True)
    }
    assert names[False] - names[True] == {"next", "next_bias"}
