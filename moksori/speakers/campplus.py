"""Build CAM++, a speaker encoder, as an ONNX graph around its trained weights.

The network of Wang et al. 2023, "CAM++: A Fast and Efficient Network for Speaker
Verification Using Context-Aware Masking" (arXiv:2303.00332), one class for each box of
its figure 1. A box takes its weights when it is made and adds its operations to the
graph when it is called; what is called and returned is the name of a tensor.

Shapes: B batch, F mel bands, T frames, C channels. Convolutions are of C over T, but
those of the head of C over F and T.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

# The context of a frame is its segment's: 2 s, for the first layer halves the frames.
SEGMENT_FRAMES = 100
_OPSET, _IR_VERSION = 20, 10
_EPSILON = 1e-5  # of batch normalisation


@dataclass(frozen=True)
class Weights:
    """Hold a network's tensors by name, seen from the box called `prefix`."""

    tensors: Mapping[str, np.ndarray]
    prefix: str = ""

    def of(self, box: str) -> "Weights":
        """Return the weights of a box inside of this one."""
        return Weights(self.tensors, f"{self.prefix}{box}.")

    def __getitem__(self, name: str) -> np.ndarray:
        """Return a tensor; raises `ValueError` when it is missing."""
        try:
            return self.tensors[self.prefix + name]
        except KeyError:
            raise ValueError(f"the weights have no {self.prefix}{name}") from None

    def get(self, name: str) -> np.ndarray | None:
        """Return a tensor, or None when it is missing."""
        return self.tensors.get(self.prefix + name)


class Graph:
    """Collect operations and constants; every method returns the name of a tensor."""

    def __init__(self):
        self._nodes, self._constants = [], []

    def add(self, operation: str, *inputs: str, **attributes) -> str:
        """Add an operation with one output."""
        from onnx import helper

        output = f"{operation}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(operation, inputs, [output], **attributes))
        return output

    def constant(self, value) -> str:
        """Add an array; floats become float32 and integers int64."""
        from onnx import numpy_helper

        value = np.asarray(value)
        value = value.astype(np.float32 if value.dtype.kind == "f" else np.int64)
        name = f"constant_{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(value, name))
        return name

    def convolve(self, x: str, weights: Weights, **attributes) -> str:
        """Convolve with `weight`, odd kernels keep the size, and add `bias` if any."""
        kernel = weights["weight"]
        dilations = attributes.get("dilations", [1] * (kernel.ndim - 2))
        sides = zip(kernel.shape[2:], dilations, strict=True)
        pads = [(size - 1) // 2 * dilation for size, dilation in sides]
        inputs = [self.constant(kernel)]
        if (bias := weights.get("bias")) is not None:
            inputs.append(self.constant(bias))
        return self.add("Conv", x, *inputs, pads=pads * 2, **attributes)

    def normalise(self, x: str, weights: Weights) -> str:
        """Normalise the channels by their trained mean and variance."""
        mean, variance = weights["running_mean"], weights["running_var"]
        scale, offset = weights.get("weight"), weights.get("bias")
        scale = np.ones_like(mean) if scale is None else scale
        offset = np.zeros_like(mean) if offset is None else offset
        inputs = [self.constant(array) for array in (scale, offset, mean, variance)]
        return self.add("BatchNormalization", x, *inputs, epsilon=_EPSILON)

    def activate(self, x: str, weights: Weights) -> str:
        """Normalise the channels and rectify them."""
        return self.add("Relu", self.normalise(x, weights))

    def mean(self, x: str, keepdims: int = 1) -> str:
        """Average over the last axis."""
        return self.add("ReduceMean", x, self.constant([-1]), keepdims=keepdims)

    def model(self, x: str, takes: list, y: str, gives: list) -> bytes:
        """Serialise the graph from input `x` to output `y`, of these shapes."""
        from onnx import TensorProto, helper

        kind = TensorProto.FLOAT
        graph = helper.make_graph(
            self._nodes,
            "CAM++",
            [helper.make_tensor_value_info(x, kind, takes)],
            [helper.make_tensor_value_info(y, kind, gives)],
            self._constants,
        )
        opsets = [helper.make_opsetid("", _OPSET)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=_IR_VERSION)
        return model.SerializeToString()


class ResidualBlock:
    """Two convolutions of 3 by 3 beside a shortcut; the first may halve F."""

    def __init__(self, weights: Weights, stride: int):
        self.weights, self.stride = weights, stride

    def __call__(self, graph: Graph, x: str) -> str:  # [B, C, F, T]
        weights, strides = self.weights, [self.stride, 1]
        y = graph.convolve(x, weights.of("conv1"), strides=strides)
        y = graph.activate(y, weights.of("bn1"))
        y = graph.normalise(graph.convolve(y, weights.of("conv2")), weights.of("bn2"))
        if weights.get("shortcut.0.weight") is not None:
            x = graph.convolve(x, weights.of("shortcut.0"), strides=strides)
            x = graph.normalise(x, weights.of("shortcut.1"))
        return graph.add("Relu", graph.add("Add", x, y))


class FrontConvolution:
    """The head: 2-D convolutions of the spectrum, which leave an eighth of its bands.

    Voices differ by shifts in frequency, to which 2-D convolutions are indifferent.
    """

    def __init__(self, weights: Weights, mels: int):
        self.weights, self.mels = weights, mels
        self.blocks = [
            ResidualBlock(weights.of(f"layer{layer}.{block}"), stride)
            for layer in (1, 2)
            for block, stride in enumerate((2, 1))
        ]

    def __call__(self, graph: Graph, x: str) -> str:  # [B, F, T] -> [B, C * F / 8, T]
        x = graph.add("Unsqueeze", x, graph.constant([1]))
        x = graph.convolve(x, self.weights.of("conv1"))
        x = graph.activate(x, self.weights.of("bn1"))
        for block in self.blocks:
            x = block(graph, x)
        x = graph.convolve(x, self.weights.of("conv2"), strides=[2, 1])
        x = graph.activate(x, self.weights.of("bn2"))
        channels = len(self.weights["conv2.weight"])
        rows = channels * (self.mels // 8)
        return graph.add("Reshape", x, graph.constant([0, rows, -1]))


class ContextAwareMask:
    """A dilated convolution over time, masked by what is heard around.

    The mask of a frame comes from the mean of the whole utterance and of its segment.
    """

    def __init__(self, weights: Weights, dilation: int):
        self.weights, self.dilation = weights, dilation

    def __call__(self, graph: Graph, x: str, segment: str) -> str:  # [B, C, T]
        weights = self.weights
        local = weights.of("linear_local")
        y = graph.convolve(x, local, dilations=[self.dilation])
        sides = {"kernel_shape": [SEGMENT_FRAMES], "strides": [SEGMENT_FRAMES]}
        means = graph.add("AveragePool", x, **sides, ceil_mode=1)
        context = graph.add("Add", graph.mean(x), means)  # one for each segment
        mask = graph.convolve(context, weights.of("linear1"))
        mask = graph.convolve(graph.add("Relu", mask), weights.of("linear2"))
        mask = graph.add("Gather", graph.add("Sigmoid", mask), segment, axis=2)
        return graph.add("Mul", y, mask)


class DenseLayer:
    """A bottleneck before the masked convolution; its output is added to its input's
    channels."""

    def __init__(self, weights: Weights, dilation: int):
        self.weights = weights
        self.mask = ContextAwareMask(weights.of("cam_layer"), dilation)

    def __call__(self, graph: Graph, x: str, segment: str) -> str:  # [B, C, T]
        weights = self.weights
        y = graph.activate(x, weights.of("nonlinear1.batchnorm"))
        y = graph.convolve(y, weights.of("linear1"))
        y = graph.activate(y, weights.of("nonlinear2.batchnorm"))
        return graph.add("Concat", x, self.mask(graph, y, segment), axis=1)


class TransitLayer:
    """Mix the channels after a block and halve their number."""

    def __init__(self, weights: Weights):
        self.weights = weights

    def __call__(self, graph: Graph, x: str) -> str:  # [B, C, T] -> [B, C / 2, T]
        x = graph.activate(x, self.weights.of("nonlinear.batchnorm"))
        return graph.convolve(x, self.weights.of("linear"))


class StatisticsPooling:
    """Describe an utterance by the mean and the deviation of each channel."""

    def __call__(self, graph: Graph, x: str) -> str:  # [B, C, T] -> [B, 2 C]
        spread = graph.add("Sub", x, graph.mean(x))
        squares = graph.add("Mul", spread, spread)
        frames = graph.add("Shape", x, start=2, end=3)
        others = graph.add("Sub", frames, graph.constant([1]))
        # The unbiased variance, as the weights were trained with.
        total = graph.add("ReduceSum", squares, graph.constant([-1]), keepdims=0)
        variance = graph.add("Div", total, graph.add("Cast", others, to=1))
        deviation = graph.add("Sqrt", variance)
        return graph.add("Concat", graph.mean(x, keepdims=0), deviation, axis=1)


class CAMPPlus:
    """The whole network: `blocks` are the (layers, dilation) of its dense blocks."""

    def __init__(
        self,
        tensors: Mapping[str, np.ndarray],
        mels: int = 80,
        blocks: tuple[tuple[int, int], ...] = ((12, 1), (24, 2), (16, 2)),
    ):
        weights = Weights(tensors)
        self.mels = mels
        self.head = FrontConvolution(weights.of("head"), mels)
        self.weights = weights.of("xvector")
        self.blocks = [
            [
                DenseLayer(self.weights.of(f"block{block}.tdnnd{layer}"), dilation)
                for layer in range(1, layers + 1)
            ]
            for block, (layers, dilation) in enumerate(blocks, 1)
        ]
        self.pooling = StatisticsPooling()

    def model(self) -> bytes:
        """Return the network as an ONNX model: filterbanks without their mean over
        time, float32 [B, T, F], T of at least 3, to embeddings [B, D], not unit."""
        graph, weights = Graph(), self.weights
        x = graph.add("Transpose", "filterbank", perm=[0, 2, 1])  # [B, F, T]
        x = self.head(graph, x)
        x = graph.convolve(x, weights.of("tdnn.linear"), strides=[2])
        x = graph.activate(x, weights.of("tdnn.nonlinear.batchnorm"))
        segment = segments(graph, x)
        for number, layers in enumerate(self.blocks, 1):
            for layer in layers:
                x = layer(graph, x, segment)
            x = TransitLayer(weights.of(f"transit{number}"))(graph, x)
        x = graph.activate(x, weights.of("out_nonlinear.batchnorm"))
        x = self.pooling(graph, x)  # [B, 2 C]
        dense = weights["dense.linear.weight"][:, :, 0]  # [D, 2 C]
        x = graph.add("MatMul", x, graph.constant(dense.T))
        x = graph.normalise(x, weights.of("dense.nonlinear.batchnorm"))
        takes, gives = ["B", "T", self.mels], ["B", len(dense)]
        return graph.model("filterbank", takes, x, gives)


def segments(graph: Graph, x: str) -> str:
    """Return the number of each frame's segment [T]."""
    frames = graph.add("Shape", x, start=2, end=3)
    count = graph.add("Squeeze", frames)
    frame = graph.add("Range", graph.constant(0), count, graph.constant(1))
    return graph.add("Div", frame, graph.constant(SEGMENT_FRAMES))
