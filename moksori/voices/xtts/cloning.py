"""From recordings, or a voice file, to a voice that speaks.

What can be refused in a moment is refused before torch and the weights are loaded.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from moksori.voices.xtts import consent as consents
from moksori.voices.xtts.folder import XttsSettings, check_installed
from moksori.voices.xtts.reference import prepare
from moksori.voices.xtts.voice_file import Clone
from moksori.voices.xtts.weights import find

KOREAN = "ko"


def hear(
    recordings: Sequence[str | Path],
    consent: str | None,
    describe: Callable[..., dict] | None = None,
    language: str = KOREAN,
    weights: Path | None = None,
    say: Callable[[str], object] = lambda text: None,
):
    """An `XttsVoice` that is new: cloned from recordings of one speaker.

    `describe(wave, sample_rate, original_rate)` gives their features. `say` is told
    what is doubtful about them, and of the licence. Raises `VoiceError`, and
    `AudioError` for a recording that cannot be read.
    """
    agreed = consents.checked(consent)
    check_installed()
    reference = prepare(recordings, describe)
    settings = _settings(language, weights, say)
    reference = reference.within(settings.reference_seconds)
    for warning in reference.warnings:
        say(warning)
    from moksori.voices.xtts import model as xtts_model
    from moksori.voices.xtts import voice as xtts

    model = xtts_model.load(settings)
    return xtts.XttsVoice(model, xtts.cloned(model, reference, agreed), language)


def recall(
    file: str | Path,
    language: str = KOREAN,
    weights: Path | None = None,
    say: Callable[[str], object] = lambda text: None,
):
    """An `XttsVoice` that was saved in a voice file, which carries the consent: `say`
    is told of it. Raises `VoiceError`."""
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
