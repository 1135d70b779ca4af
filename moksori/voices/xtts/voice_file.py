"""Save and load a cloned voice: its latents, its name and the consent.

The layout is that of a checkpoint (`training.checkpoints`): arrays with checksums and a
state in JSON, nothing that could be executed.

Shapes: L latents of C channels, D dimensions of a speaker.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from moksori.storage import write_json
from moksori.training.checkpoints import Damaged, read, write
from moksori.voices.speech import VoiceError

_KIND = "xtts voice"


@dataclass(frozen=True)
class Latents:
    """Represent a voice: `style` float32 [1, L, C] conditions the GPT, the speaker
    embedding `speaker` float32 [1, D, 1] the HiFi-GAN."""

    style: np.ndarray
    speaker: np.ndarray


@dataclass(frozen=True)
class Clone:
    """Hold a cloned voice.

    `fingerprint` identifies the weights that computed the latents, which mean nothing
    to other weights. `reference` is the `record` of the recordings.
    """

    name: str
    latents: Latents
    fingerprint: str
    consent: str
    reference: dict

    @property
    def record(self) -> dict:
        """Return everything but the latents, as plain values for JSON."""
        return {"name": self.name, "consent": self.consent, **self.reference}

    @property
    def facts(self) -> dict:
        """Return the fields of every manifest row: the consent and the recordings."""
        return {"consent": self.consent, "reference": list(self.reference["files"])}

    def save_record(self, path: str | Path) -> None:
        """Write the `record` as JSON beside the wav `path`; nothing for "-", which is
        standard output. Raises `OSError`."""
        if str(path) == "-":
            return
        path = Path(path).with_suffix(".json")
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json(path, self.record)

    def check(self, fingerprint: str) -> None:
        """Raise `VoiceError` if other weights than those given computed the latents."""
        if self.fingerprint != fingerprint:
            raise VoiceError(
                f"the voice {self.name} was made with other weights of XTTS: give it "
                "those, or make it again from its recording"
            )

    def save(self, path: str | Path) -> None:
        """Write the voice file atomically. Raises `OSError`."""
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        arrays = {"style": self.latents.style, "speaker": self.latents.speaker}
        state = {
            "kind": _KIND,
            "name": self.name,
            "fingerprint": self.fingerprint,
            "consent": self.consent,
            "reference": self.reference,
        }
        write(path, arrays, state, step=0)

    @classmethod
    def load(cls, path: str | Path) -> "Clone":
        """Read a voice file; raises `VoiceError` if it is missing or damaged."""
        if not Path(path).is_file():
            raise VoiceError(f"no voice file {path}")
        try:
            found = read(Path(path))
            state = found.state
            if not isinstance(state, dict) or state.get("kind") != _KIND:
                raise Damaged("it holds something else")
            return cls(
                name=state["name"],
                latents=Latents(found.arrays["style"], found.arrays["speaker"]),
                fingerprint=state["fingerprint"],
                consent=state["consent"],
                reference=state["reference"],
            )
        except (Damaged, KeyError) as error:
            raise VoiceError(f"{path} is damaged or no voice file: {error}") from None
