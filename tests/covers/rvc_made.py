"""Made models of RVC: weights by the names and shapes of its files, written as torch
and faiss write them, without either."""

import io
import pickle
import struct
import zipfile
from math import prod
from typing import ClassVar

import numpy as np

from moksori.covers.rvc_files import Shape

TINY = {
    "latent": 6,
    "hidden": 8,
    "inner": 12,
    "heads": 2,
    "layers": 2,
    "kernel": 3,
    "block_kernels": (3, 5),
    "dilations": ((1, 3), (1, 2)),
    "channels": 16,
    "speakers": 3,
    "speaker_channels": 4,
}
UPSAMPLING = {
    32000: ((10, 8, 2, 2), (20, 16, 4, 4)),
    40000: ((10, 10, 2, 2), (16, 16, 4, 4)),
    48000: ((10, 6, 2, 2, 2), (16, 16, 4, 4, 4)),
}


def shape_of(rate: int = 40000, features: int = 768) -> Shape:
    """A tiny network with the stages that RVC has at a rate."""
    factors, kernels = UPSAMPLING[rate]
    more = {"upsampling": factors, "upsampling_kernels": kernels}
    channels = TINY["channels"] * (2 if len(factors) > 4 else 1)
    tiny = {**TINY, **more, "channels": channels}
    return Shape(features=features, sample_rate=rate, **tiny)


def config(shape: Shape) -> list:
    """The list of a file that describes a network."""
    first = 1025, 32, shape.latent, shape.hidden, shape.inner, shape.heads
    blocks = list(shape.block_kernels), [list(each) for each in shape.dilations]
    raised = list(shape.upsampling), shape.channels, list(shape.upsampling_kernels)
    last = 109, shape.speaker_channels, shape.sample_rate
    return [*first, shape.layers, shape.kernel, 0, "1", *blocks, *raised, *last]


def _shapes(shape: Shape):
    """Names and shapes of layers; those with a star are normalised by weight."""
    hidden, half, channels = shape.hidden, shape.latent // 2, shape.channels
    yield "emb_g.weight", (shape.speakers, shape.speaker_channels)
    yield "enc_p.emb_phone", (hidden, shape.features)
    yield "enc_p.emb_pitch.weight", (256, hidden)
    yield "enc_p.proj", (2 * shape.latent, hidden, 1)
    for n in range(shape.layers):
        layer = f"enc_p.encoder.attn_layers.{n}"
        for name in ("conv_q", "conv_k", "conv_v", "conv_o"):
            yield f"{layer}.{name}", (hidden, hidden, 1)
        for name in ("emb_rel_k", "emb_rel_v"):
            yield f"{layer}.{name}", (1, 21, hidden // shape.heads)
        layer = f"enc_p.encoder.ffn_layers.{n}"
        yield f"{layer}.conv_1", (shape.inner, hidden, shape.kernel)
        yield f"{layer}.conv_2", (hidden, shape.inner, shape.kernel)
        for name in ("norm_layers_1", "norm_layers_2"):
            yield f"enc_p.encoder.{name}.{n}.gamma", (hidden,)
            yield f"enc_p.encoder.{name}.{n}.beta", (hidden,)
    for n in range(0, 8, 2):
        yield f"flow.flows.{n}.pre", (hidden, half, 1)
        yield f"flow.flows.{n}.post", (half, hidden, 1)
        yield f"flow.flows.{n}.enc.cond_layer*", (6 * hidden, shape.speaker_channels, 1)
        for i, width in enumerate((2, 2, 1)):
            yield f"flow.flows.{n}.enc.in_layers.{i}*", (2 * hidden, hidden, 5)
            name = f"flow.flows.{n}.enc.res_skip_layers.{i}*"
            yield name, (width * hidden, hidden, 1)
    yield "dec.m_source.l_linear", (1, 1)
    yield "dec.conv_pre", (channels, shape.latent, 7)
    yield "dec.cond", (channels, shape.speaker_channels, 1)
    for i, kernel in enumerate(shape.upsampling_kernels):
        yield f"dec.ups.{i}*", (channels >> i, channels >> i + 1, kernel)
        step = prod(shape.upsampling[i + 1 :])
        yield (
            f"dec.noise_convs.{i}",
            (channels >> i + 1, 1, 2 * step if step > 1 else 1),
        )
        for j, size in enumerate(shape.block_kernels):
            block = f"dec.resblocks.{i * len(shape.block_kernels) + j}"
            for n in range(len(shape.dilations[j])):
                for name in ("convs1", "convs2"):
                    width = channels >> i + 1
                    yield f"{block}.{name}.{n}*", (width, width, size)
    yield "dec.conv_post.weight", (1, channels >> len(shape.upsampling), 7)


def weights_of(shape: Shape, seed: int = 0) -> dict[str, np.ndarray]:
    """Random weights as a file has them, of a size that keeps signals alive."""
    random, weights = np.random.default_rng(seed), {}

    def normal(*size):
        return random.standard_normal(size).astype("f4")

    for name, size in _shapes(shape):
        base = name.rstrip("*")
        fan = prod(size[1:])
        if name.endswith(("gamma", "beta")):
            weights[name] = (name.endswith("gamma") + 0.1 * normal(*size)).astype("f4")
        elif name.endswith((".weight", "emb_rel_k", "emb_rel_v")):
            weights[name] = normal(*size) * (0.5 if "emb" in name else fan**-0.5)
        elif base != name:
            weights[f"{base}.weight_g"] = 0.5 + np.abs(normal(size[0], 1, 1))
            weights[f"{base}.weight_v"] = normal(*size)
        else:
            weights[f"{base}.weight"] = normal(*size) * 0.8 * fan**-0.5
        if not name.endswith(("gamma", "beta", "weight", "emb_rel_k", "emb_rel_v")):
            # Of a transposed convolution the second axis is that of its outputs.
            outputs = size[1] if ".ups." in name else size[0]
            weights[f"{base}.bias"] = 0.1 * normal(outputs)
    return weights


def saved(shape: Shape, version: str = "v2", **more) -> dict:
    """What RVC saves for use."""
    weights = {name: a.astype("f2") for name, a in weights_of(shape).items()}
    about = {"info": "200epoch", "sr": "40k", "f0": 1, "version": version}
    return {"weight": weights, "config": config(shape), **about, **more}


class _Global(str):
    """The name of something in a module, which is not imported."""

    def __call__(self):
        raise AssertionError


class _Storage:
    def __init__(self, key: str, array: np.ndarray):
        self.key, self.array = key, array


class _Pickler(pickle._Pickler):
    """Pickle arrays as torch pickles tensors."""

    dispatch: ClassVar = dict(pickle._Pickler.dispatch)

    def __init__(self, file):
        super().__init__(file, protocol=2)
        self.storages = {}

    def persistent_id(self, thing):
        if not isinstance(thing, _Storage):
            return None
        kind = {"e": "Half", "f": "Float"}[thing.array.dtype.char]
        name = _Global(f"torch\n{kind}Storage")
        return "storage", name, thing.key, "cpu", thing.array.size

    def _global(self, name):
        self.write(b"c" + name.encode() + b"\n")

    def _array(self, array):
        storage = _Storage(str(len(self.storages)), array)
        self.storages[storage.key] = array.tobytes()
        strides = tuple(step // array.itemsize for step in array.strides)
        rebuild = _Global("torch._utils\n_rebuild_tensor_v2")
        self.save_reduce(rebuild, (storage, 0, array.shape, strides, False, {}))

    dispatch[_Global] = _global
    dispatch[np.ndarray] = _array


def pth(content) -> bytes:
    """A file as `torch.save` writes it."""
    pickled, packed = io.BytesIO(), io.BytesIO()
    pickler = _Pickler(pickled)
    pickler.dump(content)
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("model/data.pkl", pickled.getvalue())
        for key, storage in pickler.storages.items():
            archive.writestr(f"model/data/{key}", storage)
    return packed.getvalue()


def index_file(frames: np.ndarray, lists: int = 4) -> bytes:
    """An index IVF,Flat as faiss writes it, whose lists take turns."""
    count, width = frames.shape

    def header(kind: bytes, rows: int) -> bytes:
        return kind + struct.pack("<iqqqBi", width, rows, 1 << 20, 1 << 20, 1, 1)

    parts = [header(b"IwFl", count), struct.pack("<QQ", lists, 1)]
    centres = np.zeros((lists, width), "<f4")
    parts += [header(b"IxF2", lists), struct.pack("<Q", centres.size)]
    parts += [centres.tobytes(), struct.pack("<BQ", 0, 0), b"ilar"]
    numbers = [np.arange(n, count, lists, dtype="<i8") for n in range(lists)]
    sizes = struct.pack(f"<{lists}Q", *map(len, numbers))
    parts += [struct.pack("<QQ", lists, 4 * width), b"full", struct.pack("<Q", lists)]
    parts.append(sizes)
    for some in numbers:
        parts += [frames[some].astype("<f4").tobytes(), some.tobytes()]
    return b"".join(parts)


def contentvec_file(path, size: int = 768, seed: int = 0) -> np.ndarray:
    """Write an ONNX file that hears 400 samples every 320, and return its kernel."""
    from onnx import TensorProto, helper, numpy_helper, save

    kernel = np.random.default_rng(seed).standard_normal((size, 1, 400)) / 20
    kernel = kernel.astype("f4")
    float32 = TensorProto.FLOAT
    steps = [
        helper.make_node("Conv", ["source", "kernel"], ["columns"], strides=[320]),
        helper.make_node("Transpose", ["columns"], ["embed"], perm=[0, 2, 1]),
    ]
    graph = helper.make_graph(
        steps,
        "contentvec",
        [helper.make_tensor_value_info("source", float32, [1, 1, "samples"])],
        [helper.make_tensor_value_info("embed", float32, [1, "frames", size])],
        [numpy_helper.from_array(kernel, "kernel")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    path.parent.mkdir(parents=True, exist_ok=True)
    save(model, path)
    return kernel[:, 0]
