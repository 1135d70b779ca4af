"""The alphabet of a voice."""

import pytest

from hangul import ALPHABET, ALPHABET_VERSION, END_ID, PAD_ID, decode, encode


def test_alphabet_is_what_runs_were_trained_with():
    # Changing any of this needs a new ALPHABET_VERSION.
    assert ALPHABET_VERSION == 1
    assert len(ALPHABET) == len(set(ALPHABET)) == 2 + 19 + 21 + 27 + 5
    assert (PAD_ID, END_ID) == (0, 1)
    assert ALPHABET[2] == "\u1100"
    assert ALPHABET[21] == "\u1161"
    assert ALPHABET[42] == "\u11a8"
    assert ALPHABET[69:] == (" ", ".", ",", "?", "!")


def test_encode_closes_with_the_end():
    assert encode("각") == [2, 21, 42, END_ID]
    assert encode("") == [END_ID]


def test_onset_and_coda_are_different_symbols():
    onset, _, coda, _ = encode("각")
    assert onset != coda


def test_decode_reads_to_the_first_end_and_skips_padding():
    ids = encode("안녕하세요, 닭이 울까?")
    assert decode([PAD_ID, *ids, *encode("뒤"), PAD_ID]) == "안녕하세요, 닭이 울까?"


def test_decomposed_text_has_the_same_ids():
    assert encode("ㄷㅏㄹㄱ") == encode("닭") == encode("\u1103\u1161\u11b0")


def test_unknown_symbols_are_named():
    with pytest.raises(ValueError, match=r"'3'.*'A'") as raised:
        encode("A안녕3")
    assert "안" not in str(raised.value)


@pytest.mark.parametrize("wrong", [-1, len(ALPHABET)])
def test_ids_outside_are_refused(wrong):
    with pytest.raises(ValueError, match=str(wrong)):
        decode([wrong])
