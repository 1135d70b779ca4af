"""What a person says about whose voice is cloned, before any is."""

from moksori.voices.speech import VoiceError

_WORDS = 3
_EXAMPLE = '--consent "Kim Minji, 20 November 2026, to read my letters aloud"'


def checked(consent: str | None) -> str:
    """The statement as one line. Raises `VoiceError`, saying why, for one that is
    missing or cannot say who agreed, when and for what: fewer than three words."""
    told = " ".join((consent or "").split())
    words = [word for word in told.split() if any(map(str.isalnum, word))]
    if len(words) < _WORDS:
        said = f'"{told}" does not say enough' if told else "--consent is missing"
        raise VoiceError(
            f"{said}: a voice belongs to its speaker, so say who agreed, when and for "
            f"what, for instance {_EXAMPLE}; it stands beside every wav"
        )
    return told
