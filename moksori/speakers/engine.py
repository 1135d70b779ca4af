"""Open networks in ONNX Runtime, the one engine of this room."""

from pathlib import Path
from typing import TYPE_CHECKING

from moksori.speakers.weights import INSTALL, EncoderMissing

if TYPE_CHECKING:
    from onnxruntime import InferenceSession


def open_session(
    model: Path | bytes, threads: int = 1, keep_memory: bool = True
) -> "InferenceSession":
    """Open an ONNX model on the CPU; its `run` may be called from several threads.

    It keeps the memory that a run took for the next one, unless `keep_memory` is off.
    Raises `EncoderMissing` without ONNX Runtime, and `ValueError` for a model that it
    does not open.
    """
    try:
        import onnxruntime
    except ImportError:
        raise EncoderMissing(
            f"ONNX Runtime, which runs speaker encoders, is not installed: {INSTALL}"
        ) from None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = options.enable_mem_pattern = keep_memory
    # Errors come as exceptions; warnings of graphs that others exported help nobody.
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(
            model if isinstance(model, bytes) else str(model),
            options,
            providers=["CPUExecutionProvider"],
        )
    except Exception as error:  # its exceptions have no common class
        name = "the model" if isinstance(model, bytes) else model
        line = (str(error).splitlines() or ["no reason given"])[0]
        raise ValueError(f"ONNX Runtime does not open {name}: {line}") from None
