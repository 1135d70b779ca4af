"""Load an `XttsVoice` from recordings or from a voice file.

Cheap checks come first, before torch and the weights are loaded.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from moksori.voices import consent as consents
from moksori.voices.xtts.folder import KOREAN, XttsSettings, check_installed
from moksori.voices.xtts.reference import prepare
from moksori.voices.xtts.voice_file import Clone
from moksori.voices.xtts.weights import find


def clone_from_recordings(
    recordings: Sequence[str | Path],
    consent: str | None,
    describe: Callable[..., dict] | None = None,
    language: str = KOREAN,
    weights: Path | None = None,
    say: Callable[[str], object] = lambda text: None,
):
    """Clone the voice of one speaker from recordings; returns an `XttsVoice`.

    `describe(wave, sample_rate, original_rate)` returns features of the recordings;
    `say(text)` prints warnings about them, and the licence. Raises `VoiceError`, and
    `AudioError` for a recording that cannot be read.
    """
    statement = consents.check(consent)
    check_installed()
    reference = prepare(recordings, describe)
    settings = _settings(language, weights, say)
    reference = reference.limit(settings.reference_seconds)
    for warning in reference.warnings:
        say(warning)
    from moksori.voices.xtts import model as xtts_model
    from moksori.voices.xtts import voice as xtts

    model = xtts_model.load(settings)
    return xtts.XttsVoice(model, xtts.make_clone(model, reference, statement), language)


def load_clone(
    file: str | Path,
    language: str = KOREAN,
    weights: Path | None = None,
    say: Callable[[str], object] = lambda text: None,
):
    """Load an `XttsVoice` from a voice file; `say(text)` prints the consent in it.

    Raises `VoiceError`.
    """
    clone = Clone.load(file)
    say(f"the voice {clone.name}, by consent: {clone.consent}")
    check_installed()
    settings = _settings(language, weights, say)
    from moksori.voices.xtts import model as xtts_model
    from moksori.voices.xtts import voice as xtts

    return xtts.XttsVoice(xtts_model.load(settings), clone, language)


def _settings(language, weights, say) -> XttsSettings:
    settings = XttsSettings.read(find(weights, say))
    settings.check_language(language)
    return settings
