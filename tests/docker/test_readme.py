"""docker/README.md promises nothing that the files do not hold."""

import re
import shlex

import pytest
import yaml

from tests.docker.read import ROOT, dockerfile
from tests.docker.test_compose import filled
from tests.docker.words import check_command

TEXT = (ROOT / "docker/README.md").read_text("utf-8")
CODE = "\n".join(line for line in TEXT.splitlines() if line.startswith("    "))
COMMANDS = [
    shlex.split(line)
    for line in re.sub(r"\\\n", " ", CODE).splitlines()
    if line.strip()
]
IMAGES = ("moksori:gpu", "moksori:cpu", "moksori:xtts")


def test_every_run_names_a_script_and_its_flags():
    runs = [words for words in COMMANDS if words[:2] == ["docker", "run"]]
    said = []
    for words in runs:
        (image,) = (i for i, word in enumerate(words) if word in IMAGES)
        said.append([word for word in words[image + 1 :] if word != "…"])
    assert len(said) > 6
    for words in said:
        if words != ["help"]:
            check_command(words)


def test_long_trainings_may_save_and_are_continued():
    for words in COMMANDS:
        if "-d" in words and "train_tacotron" in words:
            assert "--rm" not in words
            assert words[words.index("--stop-timeout") + 1] == "180"
            assert words[words.index("--restart") + 1].startswith("on-failure")


def test_builds_name_targets():
    stages = {each.stage for each in dockerfile((ROOT / "Dockerfile").read_text())}
    targets = set(re.findall(r"--target (\w+)", TEXT))
    assert targets == {"cpu"}
    assert targets <= stages


def test_what_is_built_on_an_image_of_ours_is_built_after_it():
    builds = [words for words in COMMANDS if words[:2] == ["docker", "build"]]
    made = {words[words.index("-t") + 1]: words for words in builds}
    assert set(made) == set(IMAGES)
    xtts = made["moksori:xtts"]
    assert xtts[xtts.index("-f") + 1] == "docker/xtts.Dockerfile"
    (base,) = (
        i.pairs()["BASE"]
        for i in dockerfile((ROOT / "docker/xtts.Dockerfile").read_text())
        if i.rest.startswith("BASE=")
    )
    assert COMMANDS.index(made[base]) < COMMANDS.index(xtts)


def test_services_are_those_of_the_compose_file():
    text = (ROOT / "docker/compose.yaml").read_text("utf-8")
    services = set(yaml.safe_load(filled(text))["services"])
    calls = [words for words in COMMANDS if words[:2] == ["docker", "compose"]]
    assert calls
    for words in calls:
        assert words[2:4] == ["-f", "docker/compose.yaml"]
        rest = [word for word in words[5:] if not word.startswith("-")]
        if "run" in words:
            check_command(rest[1:] + [w for w in words[7:] if w.startswith("--")])
            rest = rest[:1]
        assert set(rest) <= services


@pytest.mark.parametrize("text", [TEXT, (ROOT / "Dockerfile").read_text("utf-8")])
def test_files_that_are_named_are_there(text):
    named = re.findall(r"\]\(((?!https?:)[^)#]+)\)", text)
    for name in named:
        assert (ROOT / "docker" / name).resolve().exists(), name
    for name in re.findall(r"(?<![\w/.])docker/[\w/.-]+\w", text):
        assert (ROOT / name).exists(), name


def test_bases_are_those_of_the_dockerfile():
    froms = dockerfile((ROOT / "Dockerfile").read_text("utf-8"))
    bases = {i.words[0] for i in froms if i.word == "FROM" and ":" in i.words[0]}
    assert bases == set(re.findall(r"`((?:nvidia/cuda|python):[^`]+)`", TEXT))
