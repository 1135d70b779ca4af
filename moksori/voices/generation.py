"""Run a Tacotron free-running: symbols in, spectrogram and alignment out.

Shapes: B lines, S symbols, N decoder steps of r frames, M mels.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from keras import KerasTensor, ops

from moksori.backend.compilation import compile_model, compiled_sizes, padded_size
from moksori.voices.attempts import FIRST, Attempt
from moksori.voices.speech import VoiceError
from moksori.voices.stopping import POLICY, Stopping, StopPolicy

_CHUNK_SECONDS = 0.75
_BATCHES = (1, 2, 4, 8, 16, 32)
_SYMBOLS = (32, 64, 96, 128, 192, 256)
_FRAMES = (64, 128, 192, 256, 384, 512)


@dataclass(frozen=True)
class Generated:
    """Hold the model's output for one line.

    mel [frames, M] and, if the model has a CBHG, linear [frames, bins] are normalised;
    alignment [steps, symbols] covers the kept steps; `stopped` is a reason of
    `voices.stopping`.
    """

    mel: np.ndarray
    linear: np.ndarray | None
    alignment: np.ndarray
    stopped: str


class Generator:
    """Generate speech with a model, also with one that is still in training.

    `frame_seconds` is the length of a mel frame. Programs are compiled on first use
    and cached in the object.
    """

    def __init__(self, model, frame_seconds: float, policy: StopPolicy = POLICY):
        self.model, self.frame_seconds, self.policy = model, frame_seconds, policy
        texts, said, frames = _inputs(model)
        self._encode = compile_model(model, self._encode_lines, texts)
        self._decode = compile_model(model, model.decoder.generate, said)
        self._postprocess = compile_model(model, model.postprocess, frames)

    def generate(
        self,
        ids: Sequence[Sequence[int]],
        speakers: Sequence[int],
        factor: int,
        seed: int = 0,
        batch: int = 32,
        attempt: Attempt = FIRST,
    ) -> list[Generated]:
        """Generate every line of `ids`, each with the speaker of that number, in order.

        `factor` is the reduction factor r. The dropout masks of the prenet depend on
        `seed` and the step only, and are the same for every line: a line gets the
        same speech alone or in a batch, on either backend. A further `attempt` draws
        others. Raises `VoiceError` when the model's output is not finite.
        """
        results: dict[int, Generated] = {}
        for indices, lines in self.stream(ids, speakers, factor, seed, batch, attempt):
            results |= zip(indices, lines, strict=True)
        return [results[i] for i in range(len(ids))]

    def stream(
        self,
        ids,
        speakers,
        factor: int,
        seed: int = 0,
        batch: int = 32,
        attempt: Attempt = FIRST,
    ) -> Iterator[tuple[list[int], list[Generated]]]:
        """Generate as `generate`, batch after batch, the shortest lines first; yields
        `(indices, lines)` of each batch."""
        order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
        for begin in range(0, len(order), batch):
            chosen = order[begin : begin + batch]
            lines = [list(ids[i]) for i in chosen]
            numbers = [speakers[i] for i in chosen]
            yield chosen, self._speak(lines, numbers, factor, seed, attempt)

    def warm_up(self, factor: int) -> Iterator[None]:
        """Compile the programs of one line, those of short lines first; yields after
        each."""
        masks = PrenetMasks(self.model.decoder.prenet, 0).take(self._steps(factor))
        sizes = map(compiled_sizes, (_SYMBOLS, _FRAMES))
        for symbols, frames in zip(*sizes, strict=True):
            memory, mask, state = self._encode(*_padded([[0] * symbols], [0]))
            yield
            self._decode(state, memory, mask, masks, factor=factor, window=None)
            yield
            self._spectra(np.zeros((1, frames, self.model.mels)), [frames])
            yield

    def _steps(self, factor: int) -> int:
        """Return the decoder steps of a chunk."""
        return max(1, round(_CHUNK_SECONDS / (self.frame_seconds * factor)))

    def _speak(self, ids, speakers, factor, seed, attempt) -> list[Generated]:
        symbols = [len(line) for line in ids]
        memory, mask, state = self._encode(*_padded(ids, speakers))
        stopping = Stopping(symbols, self.frame_seconds * factor, self.policy)
        masks = PrenetMasks(self.model.decoder.prenet, seed, attempt.draw)
        steps = self._steps(factor)
        frames, alignments = [], []
        while not stopping.done:
            state, *outputs = self._decode(
                state,
                memory,
                mask,
                masks.take(steps),
                factor=factor,
                window=attempt.window,
            )
            said, logits, weights = (
                ops.convert_to_numpy(array)[:, : len(ids)] for array in outputs
            )
            frames.append(said)
            alignments.append(weights)
            stopping.update(logits, weights)
        mels = self._frames(np.concatenate(frames), factor)
        walked = np.concatenate(alignments)
        return [
            Generated(
                **spectra,
                alignment=walked[: stopping.steps[i], i, : symbols[i]].copy(),
                stopped=stopping.reasons[i],
            )
            for i, spectra in enumerate(self._spectra(mels, stopping.steps * factor))
        ]

    def _encode_lines(self, ids, symbols, speakers):
        memory, mask = self.model.encode(ids, symbols, speakers)
        return memory, mask, self.model.decoder.initial_state(memory)

    def _frames(self, outputs, factor):
        """Reshape decoder outputs [N, B, r * M] to frames [B, N * r, M]."""
        steps, lines, _ = outputs.shape
        mels = outputs.reshape(steps, lines, factor, self.model.mels)
        return mels.transpose(1, 0, 2, 3).reshape(lines, steps * factor, -1)

    def _spectra(self, mels, lengths) -> list[dict]:
        """Run postnet and CBHG on kept frames; returns `{"mel", "linear"}` per line."""
        size = padded_size(int(max(lengths)), _FRAMES)
        lines = padded_size(len(mels), _BATCHES)
        before = np.zeros((lines, size, mels.shape[2]), np.float32)
        mask = np.zeros((lines, size), np.float32)
        for i, length in enumerate(lengths):
            before[i, :length], mask[i, :length] = mels[i, :length], 1.0
        outputs = self._postprocess(before, mask)
        mel = ops.convert_to_numpy(outputs["mels"])
        wide = "linear" in outputs
        linear = ops.convert_to_numpy(outputs["linear"]) if wide else None
        if not np.isfinite(mel).all() or (wide and not np.isfinite(linear).all()):
            raise VoiceError(
                "the voice gives values that are not finite: use another checkpoint"
            )
        return [
            {
                "mel": mel[i, :length].copy(),
                "linear": linear[i, :length].copy() if wide else None,
            }
            for i, length in enumerate(lengths)
        ]


class PrenetMasks:
    """Draw the dropout masks of a prenet on the host, chunk after chunk.

    Each layer has its own random stream, so the masks of step n do not depend on the
    chunks. `draw` numbers the streams that one seed gives.
    """

    def __init__(self, prenet, seed: int, draw: int = 0):
        self._dims, self._keep = prenet.dims, 1.0 - prenet.rate
        self._streams = [
            np.random.default_rng([seed, layer, draw])
            for layer in range(len(self._dims))
        ]

    def take(self, steps: int) -> tuple[np.ndarray, ...]:
        """Draw the masks of the next steps: one [steps, 1, dim] per layer, mean one."""
        return tuple(
            (stream.random((steps, 1, dim)) < self._keep).astype(np.float32)
            / np.float32(self._keep)
            for stream, dim in zip(self._streams, self._dims, strict=True)
        )


def _inputs(model) -> tuple[tuple, tuple, tuple]:
    """Return the inputs of encoder, decoder and postnet, axes that vary as None."""
    ids = KerasTensor((None, None), "int32")
    numbers = KerasTensor((None,), "int32")
    width = model.encoder.dim + model.speaker.output_dim
    memory, mask = KerasTensor((None, None, width)), KerasTensor((None, None))
    state = model.decoder.initial_state(memory)
    masks = tuple(KerasTensor((None, 1, dim)) for dim in model.decoder.prenet.dims)
    mels = KerasTensor((None, None, model.mels))
    return (ids, numbers, numbers), (state, memory, mask, masks), (mels, mask)


def _padded(ids, speakers):
    """Pad to ids [B, S], lengths [B], speakers [B]; spare rows hold one symbol 0."""
    lines = padded_size(len(ids), _BATCHES)
    size = padded_size(max(len(line) for line in ids), _SYMBOLS)
    table = np.zeros((lines, size), np.int32)
    lengths = np.ones(lines, np.int32)
    speaker = np.zeros(lines, np.int32)
    for i, line in enumerate(ids):
        table[i, : len(line)], lengths[i] = line, len(line)
    speaker[: len(ids)] = speakers
    return table, lengths, speaker
