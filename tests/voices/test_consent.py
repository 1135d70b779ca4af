import pytest

from moksori.voices import consent
from moksori.voices.speech import VoiceError


@pytest.mark.parametrize(
    "text",
    ["Kim Minji, 2026-11-20, demo", "  본인이  2026년 11월 동의,\n편지 읽기 "],
)
def test_a_statement_is_kept_as_one_line(text):
    assert consent.check(text) == " ".join(text.split())


@pytest.mark.parametrize(
    "text", [None, "", "  \n", "yes", "I agree", "- , . !", "네 네"]
)
def test_a_statement_that_is_too_short_is_refused(text):
    with pytest.raises(VoiceError, match="belongs to its speaker") as refused:
        consent.check(text)
    message = str(refused.value)
    assert '--consent "Kim Minji' in message
    assert "\n" not in message
    assert ("missing" in message) == (not (text or "").strip())
