import io
import os
import unicodedata
from types import SimpleNamespace

import pytest

import hangul
import hparams
from moksori.voices.reading import (
    TextError,
    lines_as_they_come,
    lines_of,
    read,
    read_as_text,
)

SETTINGS = hparams.preset("tiny")


def test_reading_is_the_front_end_of_the_corpus():
    reading = read("국물이 3개 있습니다.", SETTINGS)
    assert reading.spoken == hangul.normalize("국물이 3개 있습니다.")
    assert reading.pieces == (tuple(hangul.encode(reading.spoken)),)
    assert reading.pauses == ()
    phonetic = SETTINGS.override(["text.phonetic=true"])
    said = read("국물이 3개 있습니다.", phonetic)
    assert said.spoken == hangul.pronounce(reading.spoken) != reading.spoken
    assert hangul.decode(list(said.pieces[0])) == said.spoken


def spellings(text: str) -> list[str]:
    """Conjoining jamo, NFD, compatibility jamo, and a mixture."""
    letters = "".join(
        hangul.jamo.LEAD_LETTERS[lead]
        + hangul.jamo.VOWEL_LETTERS[vowel]
        + hangul.jamo.coda_of(c)
        if "가" <= c <= "힣"
        else c
        for c in text
        for lead, vowel, _ in [hangul.jamo.split(c) if "가" <= c <= "힣" else (0, 0, 0)]
    )
    half = len(text) // 2
    mixed = unicodedata.normalize("NFD", text[:half]) + text[half:]
    return [hangul.decompose(text), unicodedata.normalize("NFD", text), letters, mixed]


@pytest.mark.parametrize(
    "text", ["안녕하세요.", "닭이 값을 읽어요? 네!", "3월 1일, 꽃잎"]
)
def test_every_spelling_reads_the_same(text):
    plain = read(text, SETTINGS)
    for spelling in spellings(text):
        reading = read(spelling, SETTINGS)
        assert (reading.spoken, reading.pieces) == (plain.spoken, plain.pieces)


def test_long_text_is_cut_at_sentence_ends_with_longer_pauses_than_at_commas():
    settings = SETTINGS.override(["audio.max_seconds=4"])
    text = (
        "오늘은 날씨가 아주 좋습니다, 그래서 밖으로 나갑니다. "
        "내일은 우리 어디로 갈까요? 바다로 가면 좋겠습니다\n네"
    )
    reading = read(text, settings)
    pieces = [hangul.decode(list(piece)) for piece in reading.pieces]
    assert " ".join(pieces) == reading.spoken == text.replace("\n", " ")
    ends = [piece[-1] for piece in pieces[:-1]]
    pauses = dict(zip(ends, reading.pauses, strict=True))
    assert set(ends) >= {",", ".", "?"}
    assert 0.1 < pauses[","] < pauses["."] <= pauses["?"] < 1.0


def test_short_sentences_stay_together():
    reading = read("네. 그렇습니다! 정말요?", SETTINGS)
    assert len(reading.pieces) == 1
    assert reading.spoken == "네. 그렇습니다! 정말요?"
    apart = read("네\n그렇습니다", SETTINGS)
    assert len(apart.pieces) == 2


def test_pieces_without_sound_are_skipped():
    reading = read("네\n...\n아니요.", SETTINGS)
    assert [hangul.decode(list(p)) for p in reading.pieces] == ["네", "아니요."]
    assert len(reading.pauses) == 1


def test_characters_without_sound_are_dropped_and_named():
    reading = read("“좋은” 아침🙂", SETTINGS)
    assert reading.spoken == "좋은 아침"
    assert any("🙂" in piece for piece in reading.dropped)


@pytest.mark.parametrize("text", ["", "   ", "\u3000", "...", "?!", "🙂"])
def test_nothing_to_speak_is_one_clear_line(text):
    with pytest.raises(TextError, match=r"empty|nothing to speak") as raised:
        read(text, SETTINGS)
    assert "\n" not in str(raised.value)


def test_letters_that_no_rule_reads_are_named(monkeypatch):
    unread = hangul.Normalized("안녕", dropped=("·", "ꙮ"), rules=())
    monkeypatch.setattr(hangul, "normalize_verbose", lambda text: unread)
    with pytest.raises(TextError, match="cannot be read: ꙮ"):
        read("안녕 · ꙮ", SETTINGS)


def test_symbols_outside_the_alphabet_are_named():
    raw = SETTINGS.override(["text.normalize=false"])
    with pytest.raises(TextError, match="3"):
        read("3시", raw)
    assert read("세 시", raw).spoken == "세 시"


def test_lines_of_a_file(tmp_path):
    path = tmp_path / "lines.txt"
    path.write_bytes("\ufeff하나\r\n\r\n둘\n셋".encode())
    assert lines_of(str(path)) == ["하나", "", "둘", "셋"]
    path.write_bytes("하나\n둘\n".encode())
    assert lines_of(str(path)) == ["하나", "둘"]


@pytest.mark.parametrize("encoding", ["cp949", "utf-16", "utf-8-sig"])
def test_lines_are_decoded_as_a_corpus_is(tmp_path, encoding):
    path = tmp_path / "lines.txt"
    path.write_bytes("똠방각하\r\n펲시".encode(encoding))
    assert lines_of(str(path)) == ["똠방각하", "펲시"]


def test_lines_of_standard_input(monkeypatch):
    raw = io.BytesIO("하나\n둘\n".encode())
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=raw))
    assert lines_of("-") == ["하나", "둘"]


def come(monkeypatch, raw) -> list[str]:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(raw)))
    return list(lines_as_they_come())


@pytest.mark.parametrize("encoding", ["utf-8", "cp949", "utf-16", "utf-8-sig"])
def test_lines_that_come_are_decoded_as_a_file_is(monkeypatch, encoding):
    raw = "똠방각하\r\n\r\n펲시".encode(encoding)
    assert come(monkeypatch, raw) == ["똠방각하", "", "펲시"]


def test_what_is_damaged_in_a_line_that_comes_cannot_be_read(monkeypatch):
    damaged = come(monkeypatch, "가\n나".encode() + b"\xff\n" + "다\n".encode())
    assert len(damaged) == 3
    with pytest.raises(TextError, match="cannot be read"):
        read(damaged[1], SETTINGS)
    with pytest.raises(TextError, match="standard input is empty"):
        come(monkeypatch, b"")


def test_a_line_comes_as_soon_as_it_was_written(monkeypatch):
    reader, writer = os.pipe()
    with open(reader, "rb") as stream, open(writer, "wb", buffering=0) as pen:
        monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=stream))
        lines = lines_as_they_come()
        assert next(lines) is None
        pen.write("하나\n둘\n셋".encode())
        assert [next(lines), next(lines), next(lines)] == ["하나", "둘", None]
        pen.write("넷\n".encode())
        assert next(lines) == "셋넷"
        assert next(lines) is None
        pen.close()
        assert list(lines) == []


def test_files_that_cannot_be_read_are_named(tmp_path):
    with pytest.raises(TextError, match="No such file"):
        lines_of(str(tmp_path / "none.txt"))
    path = tmp_path / "lines.txt"
    path.write_bytes("가나\n다".encode() + b"\xff")
    with pytest.raises(TextError, match=r"lines.txt: line 2, byte 4 is damaged"):
        lines_of(str(path))
    path.write_bytes(b"")
    with pytest.raises(TextError, match="empty"):
        lines_of(str(path))


def cut_at(limit: int):
    return lambda said: hangul.sentences(said, limit)


def test_text_is_split_after_it_was_normalised():
    text = "값은 3.14와 1,234이고, 전화는 010-1234-5678입니다. 네. 정말요?"
    reading = read_as_text(text, SETTINGS, True, cut_at(20))
    assert all(len(piece) <= 20 for piece in reading.pieces)
    assert " ".join(reading.pieces) == reading.spoken == hangul.normalize(text)
    assert len(reading.pauses) == len(reading.pieces) - 1
    assert reading.text == text
    whole = read_as_text(text, SETTINGS, True, lambda said: [said])
    assert whole.pieces[-1] == "네. 정말요?"
    assert len(whole.pieces) == 2


@pytest.mark.parametrize("text", ["안녕하세요.", "닭이 값을 읽어요? 3개!"])
def test_every_spelling_is_the_same_text(text):
    plain = read_as_text(text, SETTINGS, True, lambda said: [said])
    for spelling in spellings(text):
        reading = read_as_text(spelling, SETTINGS, True, lambda said: [said])
        assert (reading.spoken, reading.pieces) == (plain.spoken, plain.pieces)


def test_other_languages_stay_as_they_are_written():
    text = "Price: $3.14 (cafe\u0301). It's 42% now; isn't it?"
    reading = read_as_text(text, SETTINGS, False, lambda said: [said])
    assert reading.spoken == unicodedata.normalize("NFC", text)
    assert reading.dropped == ()
    chinese = read_as_text("你好。今天天气很好！是吗？", SETTINGS, False, cut_at(9))
    assert chinese.pieces == ("你好。", "今天天气很好！", "是吗？")
    assert set(chinese.pauses) == {0.45}


def test_pieces_of_text_without_a_sound_are_left_out():
    reading = read_as_text("Yes\n-\n42", SETTINGS, False, lambda said: [said, " - "])
    assert reading.pieces == ("Yes", "42")
    for text in ("", " ", "...", "?!"):
        with pytest.raises(TextError, match=r"empty|nothing to speak"):
            read_as_text(text, SETTINGS, True, lambda said: [said])
    left_out = read_as_text("“좋은” 아침🙂", SETTINGS, True, lambda said: [said])
    assert any("🙂" in piece for piece in left_out.dropped)
