"""Check the statement of consent that training or cloning a voice requires."""

from moksori.voices.speech import VoiceError

_MIN_WORDS = 3
_EXAMPLE = '--consent "Kim Minji, 20 November 2026, to read my letters aloud"'


def check(consent: str | None) -> str:
    """Return the statement as one line.

    Raises `VoiceError` when it is missing, or too short to say who agreed, when and
    for what: fewer than three words.
    """
    statement = " ".join((consent or "").split())
    words = [word for word in statement.split() if any(map(str.isalnum, word))]
    if len(words) < _MIN_WORDS:
        short = f'"{statement}" does not say enough'
        reason = short if statement else "--consent is missing"
        raise VoiceError(
            f"{reason}: a voice belongs to its speaker, so say who agreed, when and "
            f"for what, for instance {_EXAMPLE}; it stands beside every wav"
        )
    return statement
