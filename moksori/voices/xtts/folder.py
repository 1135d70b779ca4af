"""Check a folder with the weights of XTTS, before anything heavy is loaded."""

import difflib
import json
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from moksori.voices.speech import VoiceError

FILES = ("config.json", "model.pth", "vocab.json")
MISSING = (
    "XTTS is not installed: run `make xtts`, or use the image of docker/xtts.Dockerfile"
)

KOREAN = "ko"

_SHORT = 90


@dataclass(frozen=True)
class XttsSettings:
    """Describe the model in a folder, from its config.json.

    The model uses at most `reference_seconds` of a reference recording.
    """

    folder: Path
    languages: tuple[str, ...]
    reference_seconds: float

    @classmethod
    def read(cls, folder: str | Path) -> "XttsSettings":
        """Read the settings of a folder.

        Raises `VoiceError` for missing or damaged files, or another kind of model.
        """
        folder = Path(folder)
        config = _read_config(folder)
        try:
            languages = tuple(map(str, config.get("languages", ())))
            seconds = float(config.get("max_ref_len", 30))
        except (TypeError, ValueError) as error:
            raise VoiceError(f"{folder / FILES[0]} is damaged: {error}") from None
        if not languages:
            raise VoiceError(f"{folder / FILES[0]} names no languages")
        return cls(folder, languages, seconds)

    def check_language(self, language: str) -> None:
        """Raise `VoiceError`, naming the nearest, for a language it does not speak."""
        if language not in self.languages:
            asked = language.lower()
            near = difflib.get_close_matches(asked, self.languages, 1, cutoff=0.0)
            raise VoiceError(
                f"no language {language}; did you mean {near[0]}? There are: "
                f"{', '.join(self.languages)}"
            )


def check_installed() -> None:
    """Raise `VoiceError` if torch or TTS is not installed, without loading them."""
    if not all(map(find_spec, ("torch", "TTS"))):
        raise VoiceError(MISSING)


def brief(error: Exception, line: int = 0) -> str:
    """Return one line of an error's text, shortened."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    text = lines[min(line, len(lines) - 1)].strip()
    return text if len(text) <= _SHORT else f"{text[: _SHORT - 1]}…"


def _read_config(folder: Path) -> dict:
    """Read the config of a folder after checking that its files are there."""
    if not folder.is_dir():
        raise VoiceError(f"no folder {folder} with {', '.join(FILES)}")
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        raise VoiceError(f"{folder} holds no {', '.join(missing)}")
    try:
        for name in FILES:
            with open(folder / name, "rb") as file:
                if not file.read(1):
                    raise VoiceError(f"{folder / name} is empty")
        config = json.loads((folder / FILES[0]).read_text("utf-8"))
    except OSError as error:
        raise VoiceError(f"cannot read {error.filename}: {error.strerror}") from None
    except ValueError as error:
        raise VoiceError(f"{folder / FILES[0]} is damaged: {brief(error)}") from None
    kind = config.get("model") if isinstance(config, dict) else None
    if kind != "xtts":
        raise VoiceError(f"{folder / FILES[0]} is that of another model: {kind}")
    return config
