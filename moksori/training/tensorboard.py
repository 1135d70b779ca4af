"""Show a training in TensorBoard while it runs.

Nothing that goes wrong here stops a training: it is logged, and the step goes on.
"""

import io
import json
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from moksori.training.callbacks import guarded


class TensorBoardWriter:
    """Writes the events of one run into `folder`, opened at the first of them; without
    a folder, nothing."""

    def __init__(self, folder: str | Path | None):
        self.folder = folder and Path(folder)
        self._writer = None
        self._purge_step: int | None = None

    def rewind(self, step: int) -> None:
        """Void what was shown of steps after `step`, from which training goes on."""
        self.close()
        self._purge_step = step + 1

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        guarded("TensorBoard", self._scalars, step, values)

    def image(self, step: int, name: str, figure) -> None:
        """Show a `matplotlib` figure."""
        guarded(f"picture {name}", self._image, step, name, figure)

    def audio(self, step: int, name: str, wave: np.ndarray, sample_rate: int) -> None:
        """Show a mono `wave` [samples] in -1..1; what exceeds it is clipped."""
        wave = np.clip(np.asarray(wave, np.float32), -1.0, 1.0)
        guarded(f"sound {name}", self._add, "add_audio", name, wave, step, sample_rate)

    def text(self, step: int, name: str, text: str) -> None:
        """Show a text, written in Markdown."""
        guarded(f"text {name}", self._add, "add_text", name, text, step)

    def settings(self, step: int, values: Mapping) -> None:
        """Show settings as indented JSON."""
        text = json.dumps(values, indent=2, ensure_ascii=False)
        self.text(step, "settings", "\n".join(f"    {x}" for x in text.splitlines()))

    def close(self) -> None:
        if self._writer is not None:
            guarded("TensorBoard", self._writer.close)
            self._writer = None

    def _scalars(self, step: int, values: Mapping[str, float]) -> None:
        for name, value in values.items():
            self._add("add_scalar", name, value, step)

    def _image(self, step: int, name: str, figure) -> None:
        from PIL import Image

        file = io.BytesIO()
        figure.savefig(file, format="png")
        picture = np.asarray(Image.open(file).convert("RGB"))  # [height, width, 3]
        self._add("add_image", name, picture, step, dataformats="HWC")

    def _add(self, method: str, *arguments, **named) -> None:
        if self.folder is None:
            return
        if self._writer is None:
            from tensorboardX import SummaryWriter

            # The writer names its file by the second; two may begin within one.
            self._writer = SummaryWriter(
                str(self.folder),
                purge_step=self._purge_step,
                flush_secs=10,
                filename_suffix=f".{time.time_ns()}",
            )
        getattr(self._writer, method)(*arguments, **named)
