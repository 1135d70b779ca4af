"""Public sets of many speakers in TSV files."""

import pytest

from datasets.readers import corpora
from tests.datasets.made import TEXTS, write_sound, write_text

HEADER = "client_id\tpath\tsentence_id\tsentence\tup_votes\tdown_votes\tage\tlocale\n"


def common_voice(folder, name, numbers):
    lines = [
        f"c{number % 2}\tcommon_voice_ko_{number}.mp3\ts\t{TEXTS[number]}\t2\t0\t\tko\n"
        for number in numbers
    ]
    return write_text(folder / name, HEADER + "".join(lines))


@pytest.mark.parametrize("whole", [True, False])
def test_common_voice(tmp_path, whole):
    for number in range(4):
        write_sound(tmp_path / f"clips/common_voice_ko_{number}.mp3", number)
    common_voice(tmp_path, "train.tsv", [0])
    common_voice(tmp_path, "test.tsv", [2])
    common_voice(tmp_path, "invalidated.tsv", [3])
    if whole:
        common_voice(tmp_path, "validated.tsv", [0, 1, 2])
    corpus = corpora.read(tmp_path)
    taken = [0, 1, 2] if whole else [0, 2]
    assert corpus.format == "commonvoice"
    assert [(one.speaker, one.text) for one in corpus.utterances] == [
        (f"c{number % 2}", TEXTS[number]) for number in taken
    ]
    assert sorted(one.id for one in corpus.problems) == [
        f"common_voice_ko_{number}" for number in range(4) if number not in taken
    ]


def test_common_voice_without_its_columns(tmp_path):
    write_text(tmp_path / "train.tsv", "client_id\tpath\tsentense\na\tb.mp3\t가\n")
    with pytest.raises(corpora.CorpusError, match="names no path and sentence"):
        corpora.read(tmp_path)


def test_fleurs(tmp_path):
    for part, numbers in (("train", (0, 1)), ("dev", (2,))):
        lines = []
        for number in numbers:
            write_sound(tmp_path / f"audio/{part}/1{number}.wav", number)
            cells = (
                TEXTS[number],
                TEXTS[number].strip("."),
                "글 | 자",
                "9600",
                "FEMALE",
            )
            lines.append("\t".join(("7", f"1{number}.wav", *cells)))
        write_text(tmp_path / f"{part}.tsv", "\n".join([*lines, "7\ttorn"]) + "\n")
    corpus = corpora.read(tmp_path)
    assert corpus.format == "fleurs"
    assert [(one.id, one.speaker, one.text) for one in corpus.utterances] == [
        (f"1{number}", "female", TEXTS[number]) for number in range(3)
    ]
    assert [one.id for one in corpus.problems] == ["train.tsv:3", "dev.tsv:2"]


def test_css10_has_the_columns_of_the_first_kss(tmp_path):
    lines = []
    for number, text in enumerate(TEXTS):
        write_sound(tmp_path / f"meian/{number}.wav", number)
        lines.append(f"meian/{number}.wav|{text}|{text}|1.0\n")
    write_text(tmp_path / "transcript.txt", "".join(lines))
    corpus = corpora.read(tmp_path)
    assert [one.text for one in corpus.utterances] == list(TEXTS)
    assert not corpus.problems
