"""Which column of a table is the text: refused before anything is learned from it."""

import unicodedata

import pytest

from datasets.readers import corpora
from datasets.readers.columns import parse
from tests.datasets.made import write_text

SENTENCES = (
    "안녕하세요 반갑습니다.",
    "오늘은 날씨가 참 좋네요.",
    "내일 아침에 학교에 갑니다.",
    "저녁에는 친구를 만나요.",
)
SENTENCE = "오늘은 날씨가 참 좋네요."


def corpus(folder, name, lines, sounds=4):
    """A folder with a table of lines, and empty files for recordings."""
    (folder / "wavs").mkdir()
    for number in range(sounds):
        (folder / f"wavs/{number:02d}.wav").touch()
    write_text(folder / name, "".join(line + "\n" for line in lines))
    return folder


def table(pattern, texts=SENTENCES):
    """Lines after a pattern, such as "{n}|{text}|minji"."""
    return [pattern.format(n=f"{n:02d}", text=text) for n, text in enumerate(texts)]


def refusal(folder):
    with pytest.raises(corpora.CorpusError) as raised:
        corpora.read(folder)
    assert "\n" not in str(raised.value)
    return str(raised.value)


@pytest.mark.parametrize(
    ("name", "pattern", "fault", "flag"),
    [
        ("metadata.csv", "{n}|{text}|minji", "holds the sentences", "id,text,speaker"),
        ("metadata.csv", "{n}|{text}|민지", "holds the sentences", "id,text,speaker"),
        ("metadata.csv", "{n}|{text}|1.93", "holds the sentences", "id,text,-"),
        ("metadata.csv", "{n}|{text}|annyeong", "the sentences", "id,text,speaker"),
        ("metadata.csv", "{n}|minji|{text}", "perhaps a speaker", "id,speaker,text"),
        ("metadata.csv", "{n}|민지", '"민지" in 4 of 4 lines', "id,text"),
        ("metadata.csv", "{n}|{n}", "holds numbers", "id,text"),
        ("metadata.csv", "{n}|text{n}.txt", "holds no Hangul", "id,text"),
        ("metadata.csv", "{text}|{n}", "column 2 names the recordings", "text,id"),
        (
            "transcripts.tsv",
            "{n}.wav\t{text}\tminji",
            "holds the sentences",
            "id,text,speaker",
        ),
        (
            "transcripts.tsv",
            "{n}.wav\t{text}\t{text}",
            "would be its own speaker",
            "id,-,text",
        ),
        ("metadata.csv", "{n}|1.9|민지|{text}", "4 columns", "id,-,speaker,text"),
        (
            "transcript.txt",
            "{n}.wav|{text}|민지|1.9",
            "holds the sentences",
            "id,text,speaker,-",
        ),
    ],
)
def test_columns_that_are_not_what_was_taken(tmp_path, name, pattern, fault, flag):
    said = refusal(corpus(tmp_path, name, table(pattern)))
    assert fault in said
    assert said.endswith(f"--columns {flag}")
    assert '1 "' in said
    read = corpora.read(tmp_path, columns=flag)
    assert len(read.utterances) == 4
    assert not read.problems


@pytest.mark.parametrize(
    ("name", "lines", "text"),
    [
        # One or two utterances, of one word each.
        ("metadata.csv", ["00|네"], "네"),
        ("metadata.csv", ["00|네", "01|네"], "네"),
        ("transcripts.tsv", ["00\t민지\t네", "01\t민지\t예"], "네"),
        ("transcripts.tsv", ["00\t김민지\t예", "01\t박수호\t네", "02\t이\t응"], "예"),
        # Digits, Latin letters and English beside Hangul.
        ("metadata.csv", [f"00|3시|{SENTENCE}", f"01|4시|{SENTENCES[0]}"], SENTENCE),
        ("transcripts.tsv", table("{n}\tminji\tPython {text}"), "Python"),
        ("transcripts.tsv", ["00\tminji\tHello there, world"], "Hello there, world"),
        (
            "transcript.v.1.4.txt",
            table("{n}.wav|{text}|{text}|{text}|1.9|It is a fine day today."),
            SENTENCES[0],
        ),
        # The first release of KSS: nothing in a column that is not the text.
        ("transcript.txt", table("{n}.wav|{text}|{text}|"), SENTENCES[0]),
        # All read the same sentences.
        (
            "transcripts.tsv",
            [f"{n:02d}\tspeaker{n}\t{SENTENCES[n % 2]}" for n in range(4)],
            SENTENCES[0],
        ),
    ],
)
def test_small_and_odd_tables_are_no_faults(tmp_path, name, lines, text):
    read = corpora.read(corpus(tmp_path, name, lines, len(lines)))
    assert not read.problems
    assert read.utterances[0].text.startswith(text)


def test_a_header_says_what_the_columns_are(tmp_path):
    lines = ["client_id,path,sentence,up_votes", *table("민지,{n}.wav,{text},2")]
    (one, *_) = corpora.read(corpus(tmp_path, "metadata.csv", lines)).utterances
    assert (one.id, one.speaker, one.text) == ("00", "민지", SENTENCES[0])


def test_the_flag_opens_tables_that_no_layout_has(tmp_path):
    lines = table("C:\\data\\{n}.wav;F;{text};민지")
    corpus(tmp_path, "filelist.txt", lines)
    write_text(tmp_path / "README.txt", "Recordings of 2024.\n")
    assert "--columns" in refusal(tmp_path)
    read = corpora.read(tmp_path, columns="path,-,text,speaker")
    assert [one.text for one in read.utterances] == list(SENTENCES)
    assert {one.speaker for one in read.utterances} == {"민지"}
    with pytest.raises(corpora.CorpusError, match="no table of 2 columns"):
        corpora.read(tmp_path, columns="id,text")


def test_the_flag_never_joins_a_column_to_the_text(tmp_path):
    corpus(tmp_path, "metadata.csv", table("{n}|{text}|1.93"))
    with pytest.raises(corpora.CorpusError, match=r"names 2 columns, there are 3"):
        corpora.read(tmp_path, columns="id,text")


@pytest.mark.parametrize(
    "columns", ["id", "text", "id,text,text", "id,path,text", "id,text,name", "", ","]
)
def test_columns_that_say_too_little(columns):
    with pytest.raises(corpora.CorpusError, match="--columns"):
        parse(columns)


def test_one_speaker_however_the_name_is_composed(tmp_path):
    lines = table("{n}.wav\t민지\t{text}")
    lines[1] = unicodedata.normalize("NFD", lines[1])
    read = corpora.read(corpus(tmp_path, "transcripts.tsv", lines))
    assert {one.speaker for one in read.utterances} == {"민지"}
