"""The sentences to record: their sounds are counted as `hangul` pronounces them."""

from collections import Counter
from itertools import pairwise

import pytest

from datasets.readers import corpora
from datasets.recording_script import numbered, recording_script, write_texts
from hangul import normalize, pronounce
from hangul.jamo import CODA_LETTERS, LEAD_LETTERS, VOWEL_LETTERS, split
from moksori.commands import script
from moksori.demo.grammar.sentences import sentences
from tests.datasets.made import write_sound

# Codas that are heard; the others are spelled only.
HEARD = set("ㄱㄴㄷㄹㅁㅂㅇ")


def syllables(text: str) -> list[tuple[int, int, int]]:
    return [split(letter) for letter in text if "가" <= letter <= "힣"]


def sounds(text: str) -> list[str]:
    """The jamo that are heard, with a blank for each pause and gap."""
    found = [" "]
    for letter in pronounce(normalize(text)):
        if "가" <= letter <= "힣":
            lead, vowel, coda = split(letter)
            # A lead ㅇ is silent.
            found += [f"{LEAD_LETTERS[lead]}-"] * (LEAD_LETTERS[lead] != "ㅇ")
            found.append(VOWEL_LETTERS[vowel])
            found += [f"-{CODA_LETTERS[coda - 1]}"] * bool(coda)
        elif found[-1] != " ":
            found.append(" ")
    return found if found[-1] == " " else [*found, " "]


def pairs(lines) -> Counter:
    return Counter(pair for line in lines for pair in pairwise(sounds(line)))


def changes(lines) -> set[tuple[int, int]]:
    """Spelled codas and leads that do not sound as they are spelled."""
    found = set()
    for line in lines:
        written = normalize(line)
        spelled, heard = syllables(written), syllables(pronounce(written))
        if len(spelled) == len(heard):
            for (a, b), (c, d) in zip(pairwise(spelled), pairwise(heard), strict=True):
                if a[2] and (a[2], b[0]) != (c[2], d[0]):
                    found.add((a[2], b[0]))
    return found


LINES = recording_script()


def test_200_sentences_of_8_to_25_syllables():
    assert len(LINES) == len(set(LINES)) == 200
    for line in LINES:
        assert 8 <= len(syllables(normalize(line))) <= 25, line


def test_every_sound_and_every_spelling_occurs():
    heard = Counter(each for line in LINES for each in sounds(line))
    assert {f"{lead}-" for lead in LEAD_LETTERS if lead != "ㅇ"} <= heard.keys()
    assert set(VOWEL_LETTERS) <= heard.keys()
    assert {f"-{coda}" for coda in HEARD} <= heard.keys()
    spelled = {coda for line in LINES for _, _, coda in syllables(line)}
    # ㄽ and ㄿ are left out: 외곬 and little else.
    assert {
        CODA_LETTERS.index(each) + 1 for each in "ㄲㅋㅌㅍㅊㅎㄳㄵㄶㄺㄻㄼㄾㅄㅀ"
    } <= spelled


def test_all_kinds_of_sentences_occur():
    assert sum(line.endswith("?") for line in LINES) >= 20
    assert sum(line.endswith("!") for line in LINES) >= 5
    assert any(digit in line for line in LINES for digit in "0123456789")


@pytest.fixture(scope="module")
def grammar() -> Counter:
    """The pairs of the demo's grammar."""
    return pairs(sentences(1000))


@pytest.mark.parametrize(
    ("count", "share", "frequent"),
    [(50, 0.93, 0.9), (100, 0.97, 0.97), (200, 0.985, 0.985)],
)
def test_each_beginning_covers_the_pairs_of_sounds(grammar, count, share, frequent):
    """Of the demo's grammar: the share of its pairs by how often they occur, and of
    those that it has ten times or more, by kind."""
    ours = pairs(LINES[:count]).keys()
    met = sum(number for pair, number in grammar.items() if pair in ours)
    assert met / grammar.total() >= share
    common = {pair for pair, number in grammar.items() if number >= 10}
    assert len(common & ours) / len(common) >= frequent


@pytest.mark.parametrize(("count", "least"), [(50, 65), (100, 90), (200, 115)])
def test_each_beginning_has_sound_changes_of_many_kinds(count, least):
    assert len(changes(LINES[:count])) >= least


@pytest.mark.parametrize(
    "change",
    [
        "해돋이 해도지",
        "급행열차 그팽녈차",
        "물난리 물랄리",
        "대통령 대통녕",
        "밥맛 밤마",
    ],
)
def test_the_changes_that_have_names_occur(change):
    written, heard = change.split()
    (line,) = [line for line in LINES if written in line]
    assert heard in pronounce(line)


def test_texts_are_a_corpus_once_they_are_recorded(tmp_path):
    written = write_texts(tmp_path, LINES[:2])
    assert [path.name for path in written] == ["001.txt", "002.txt"]
    for seed, name in enumerate(numbered(LINES[:2])):
        write_sound(tmp_path / f"{name}.wav", seed)
    found = corpora.read(tmp_path)
    assert found.format == "folder"
    assert [each.text for each in found.utterances] == LINES[:2]


def test_the_command_prints_or_writes(tmp_path, capsys):
    assert script.main(["--count", "3"]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[2] == f"003  {LINES[2]}"
    assert len(printed) == 3
    there = ["--count", "2", "--out", str(tmp_path)]
    assert script.main(there) == 0
    assert (tmp_path / "002.txt").read_text("utf-8") == LINES[1] + "\n"
    assert script.main(["--out", str(tmp_path)]) == 0
    assert "198 texts written (2 were there)" in capsys.readouterr().out


def test_a_text_of_ones_own_is_not_overwritten(tmp_path, capsys):
    (tmp_path / "002.txt").write_text("다른 글", "utf-8")
    assert script.main(["--out", str(tmp_path)]) == 2
    assert "002.txt has another text already" in capsys.readouterr().err
    assert not (tmp_path / "001.txt").exists()
    assert script.main(["--count", "0"]) == 2
    assert "1 to 200 sentences" in capsys.readouterr().err
