"""docker/xtts.Dockerfile: the image for no card, and XTTS beside what is in it."""

import re
import tomllib

import pytest

from tests.docker.read import ROOT, Instruction, dockerfile, ignored, patterns

TEXT = (ROOT / "docker/xtts.Dockerfile").read_text("utf-8")
ALL = dockerfile(TEXT)
BASE = dockerfile((ROOT / "Dockerfile").read_text("utf-8"))


def of(word: str, given: list[Instruction] = ALL) -> list[Instruction]:
    return [each for each in given if each.word == word]


def assignments(word: str) -> dict[str, str]:
    return {k: v for each in of(word) for k, v in each.pairs().items()}


def test_it_adds_to_the_image_for_no_card():
    assert assignments("ARG") == {"BASE": "moksori:cpu", "TORCH": "cuda"}
    assert [each.rest for each in of("FROM")] == ["${BASE}"]
    assert "cpu" in {each.stage for each in BASE}
    # Code, entrypoint and packages are those of the base.
    assert not {"COPY", "ADD", "ENTRYPOINT", "CMD", "WORKDIR"} & {i.word for i in ALL}


def test_everything_is_installed_by_the_script_from_the_lock_into_the_base():
    (run,) = of("RUN")
    prefix = next(i.words for i in BASE if "install-cpu" in i.stage and i.word == "RUN")
    assert run.words[-4:] == ["/src/docker/install.sh", "xtts", prefix[-1], "$TORCH"]
    binds = dict(
        re.search(r"source=([^,]+),target=/src/([^,]+)", flag).groups()
        for flag in run.flags
        if "type=bind" in flag
    )
    # The script finds the lock where it is in the checkout.
    assert binds == {name: name for name in binds}
    assert set(binds) == {"docker/install.sh", "requirements/xtts.lock"}
    rules = patterns((ROOT / ".dockerignore").read_text("utf-8"))
    assert not any(ignored(rules, name) for name in binds)
    assert not re.search(
        r"\b(pip3?|apt|apt-get|curl|wget|uv|git) ", " ".join(run.words)
    )


def test_a_cache_is_where_pip_looks_for_it():
    (run,) = of("RUN")
    (cache,) = (flag for flag in run.flags if "type=cache" in flag)
    (home,) = re.findall(r"HOME=(\S+)", " ".join(run.words))
    assert cache.endswith(f"target={home}/.cache/pip")


def test_it_runs_as_the_user_of_the_base():
    (user,) = {each.rest for each in of("USER", BASE)}
    assert [each.rest for each in of("USER")] == ["0:0", user]
    assert ALL[-1].word == "USER"


def test_weights_are_a_volume_that_everybody_may_fill():
    place = assignments("ENV")["HF_HOME"]
    assert of("VOLUME")[0].rest == place
    assert f"install -d -m 1777 {place}" in " ".join(of("RUN")[0].words)


def test_a_licence_is_agreed_to_by_whoever_runs_it():
    instructions = " ".join(f"{each.word} {each.rest}" for each in ALL)
    assert "COQUI_TOS_AGREED" not in instructions
    assert "HF_TOKEN" not in instructions


def test_a_card_is_given_and_its_driver_is_asked():
    variables = assignments("ENV")
    assert variables["NVIDIA_VISIBLE_DEVICES"] == "all"
    assert variables["NVIDIA_DRIVER_CAPABILITIES"] == "compute,utility"
    assert variables["NVIDIA_REQUIRE_CUDA"].startswith("cuda>=")


@pytest.mark.parametrize("name", ["title", "description", "version"])
def test_labels_tell_what_it_is(name):
    label = assignments("LABEL")[f"org.opencontainers.image.{name}"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert name != "version" or label == project["version"]
    assert label
