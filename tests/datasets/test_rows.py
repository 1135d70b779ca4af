"""Separators, quotes and damage of the lines of a table."""

import pytest

from datasets.readers import corpora
from tests.datasets.made import write_text
from tests.datasets.test_columns import SENTENCES, corpus, table


@pytest.mark.parametrize(
    "pattern",
    [
        "{n}|{text}",
        '"{n}"|"{text}"|"{text}"',
        "{n}\t{text}",
        "{n},{text}",
        '{n},"{text}"',
        "{n};{text}",
        "{n}|{text}|",
        " {n} | {text} ",
    ],
)
def test_separators_and_quotes_of_metadata(tmp_path, pattern):
    read = corpora.read(corpus(tmp_path, "metadata.csv", table(pattern)))
    assert [one.text for one in read.utterances] == list(SENTENCES)
    assert not read.problems


def test_a_tab_at_the_end_of_every_line_is_no_column(tmp_path):
    corpus(tmp_path, "transcripts.tsv", table("{n}.wav\t{text}\t"))
    read = corpora.read(tmp_path)
    assert [one.text for one in read.utterances] == list(SENTENCES)
    assert {one.speaker for one in read.utterances} == {tmp_path.name}


def test_quotation_marks_of_a_sentence_stay(tmp_path):
    lines = ['00|"네" 하고 답했다', '01|그가 "네', "02|또 봐요"]
    read = corpora.read(corpus(tmp_path, "metadata.csv", lines, 3))
    texts = [one.text for one in read.utterances]
    assert texts == ['"네" 하고 답했다', '그가 "네', "또 봐요"]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["00,네, 알겠습니다.", "01,안녕"], "write a vertical bar"),
        (
            ["00,네, 알겠습니다.", "01,오, 좋아요"],
            "unless it stands in the texts: quote those",
        ),
        (["00 안녕하세요"], "write a vertical bar"),
    ],
)
def test_commas_that_may_be_prose_are_refused(tmp_path, lines, said):
    corpus(tmp_path, "metadata.csv", lines, 2)
    with pytest.raises(corpora.CorpusError, match=said):
        corpora.read(tmp_path)


def test_commas_of_prose_behind_named_columns(tmp_path):
    lines = ["00,네, 알겠습니다.", "01,1,000원이에요.", "02,네"]
    read = corpora.read(corpus(tmp_path, "metadata.csv", lines, 3), columns="id,text")
    texts = [one.text for one in read.utterances]
    assert texts == ["네, 알겠습니다.", "1,000원이에요.", "네"]


def test_one_damaged_byte_rejects_its_line_alone(tmp_path):
    corpus(tmp_path, "transcripts.tsv", table("{n}.wav\t{text}"))
    path = tmp_path / "transcripts.tsv"
    path.write_bytes(path.read_bytes()[:-3])
    read = corpora.read(tmp_path)
    assert len(read.utterances) == 3
    torn, unnamed = read.problems
    assert (torn.id, torn.reason) == ("transcripts.tsv:4", "torn line")
    assert "transcripts.tsv, line 4: byte " in torn.detail
    assert (unnamed.id, unnamed.reason) == ("03", "no transcript")


def test_a_table_of_damaged_lines_is_refused_by_line_and_byte(tmp_path):
    corpus(tmp_path, "metadata.csv", [])
    (tmp_path / "metadata.csv").write_bytes(b"00|\xff\xff\n" * 9)
    with pytest.raises(corpora.CorpusError, match="line 1, byte 4"):
        corpora.read(tmp_path)


@pytest.mark.parametrize("end", ["\r", "\r\n"])
def test_line_ends_of_other_systems(tmp_path, end):
    corpus(tmp_path, "transcripts.tsv", [])
    content = end.join(table("{n}.wav\t{text}"))
    (tmp_path / "transcripts.tsv").write_bytes(content.encode())
    assert [one.text for one in corpora.read(tmp_path).utterances] == list(SENTENCES)


def test_an_archive_is_to_be_unpacked(tmp_path):
    import zipfile

    with zipfile.ZipFile(tmp_path / "me.zip", "w") as archive:
        archive.writestr("a.txt", "안녕")
    with pytest.raises(corpora.CorpusError, match="is an archive; unpack it"):
        corpora.read(tmp_path / "me.zip")
    with pytest.raises(corpora.CorpusError, match="name the folder"):
        corpora.read(write_text(tmp_path / "a.txt", "안녕"))


def test_a_row_that_lost_its_text_is_torn(tmp_path):
    lines = [*table("{n}.wav\tminji\t{text}")[:3], "03.wav\tminji"]
    read = corpora.read(corpus(tmp_path, "transcripts.tsv", lines))
    assert [one.text for one in read.utterances] == list(SENTENCES[:3])
    assert read.problems[0].detail.endswith("line 4: 2 columns instead of 3")


def test_two_texts_of_one_recording_contradict_each_other(tmp_path):
    lines = ["00|네", "00|아니요", "01|네", "01|네", "A|둘", "a|하나"]
    (corpus(tmp_path, "metadata.csv", lines, 2) / "wavs/a.wav").touch()
    read = corpora.read(tmp_path)
    assert [(one.id, one.text) for one in read.utterances] == [("01", "네")] * 2
    assert [one.id for one in read.problems] == ["00", "00", "A", "a"]
    assert {one.reason.value for one in read.problems} == {"several texts"}
