"""docker/install.sh xtts: beside an environment, from its lock, whole or not at all."""

import re
import shlex
from pathlib import Path

import pytest

from tests.docker.read import ROOT, lock
from tests.docker.test_install import House

INSIDE = "lib/python3.11/site-packages"
# What pip would leave in the folder of its --prefix, and what it was asked for.
PIP = """
for word; do last=$word; done
folder=${last%/*}
cp "$last" "FOLDER/asked.lock"
ls "$folder" > "FOLDER/found"
mkdir -p "$folder/INSIDE/torchaudio/lib" "$folder/INSIDE/torch/lib"
touch "$folder/INSIDE/torchaudio/lib/_torchaudio.abi3.so"
touch "$folder/INSIDE/torchaudio/lib/__init__.py" "$folder/INSIDE/torch/lib/libtorch.so"
mkdir "$folder/INSIDE/benchmarks"
touch "$folder/INSIDE/benchmarks/__init__.py"
"""
EXPECTED = (
    "resemblyzer 0.1.4 requires typing, which is not installed.",
    "resemblyzer 0.1.4 requires webrtcvad, which is not installed.",
    "torch 2.13.0 requires triton, which is not installed.",
)


def complaint(*lines: str) -> str:
    """What the stand-in does for `pip check`."""
    return "".join(f"echo {shlex.quote(line)}\n" for line in lines) + "exit 1\n"


class Xtts(House):
    """The house with an environment in it, to which XTTS is added."""

    def __init__(self, folder: Path):
        super().__init__(folder)
        self.prefix = folder / "env"
        self.install("cpu", str(self.prefix))
        self.extra = self.prefix / "xtts"
        self.stamp = self.extra / "installed-from.lock"
        self.path = self.prefix / INSIDE / "moksori-xtts.pth"
        self.pip = PIP.replace("FOLDER", str(folder)).replace("INSIDE", INSIDE)
        self.say(pip=self.pip, check=complaint(*EXPECTED))

    def add(self, *torch: str):
        return self.install("xtts", str(self.prefix), *torch)

    def installs(self) -> list[str]:
        return [line for line in self.calls().splitlines() if " install " in line]


@pytest.fixture
def house(tmp_path) -> Xtts:
    return Xtts(tmp_path)


def test_everything_comes_from_the_lock_into_a_folder_of_its_own(house):
    answer = house.add()
    assert answer.returncode == 0, answer.stderr
    (install,) = house.installs()
    assert "--require-hashes --no-deps --only-binary :all: " in install
    assert f"--prefix {house.extra} " in install
    assert "index" not in install
    # The one that is built is built with what the lock holds.
    assert re.findall(r"--no-binary (\S+)", install) == ["docopt"]
    assert "--no-build-isolation" in install
    assert {"docopt", "setuptools"} <= set(lock("requirements/xtts.lock"))
    assert house.stamp.read_bytes() == (ROOT / "requirements/xtts.lock").read_bytes()
    added = (house.path.parent / house.path.read_text().strip()).resolve()
    assert added == (house.extra / INSIDE).resolve()


def test_without_a_card_only_torch_is_another_and_cuda_is_left_out(house):
    assert house.add("cpu").returncode == 0
    whole, asked = lock("requirements/xtts.lock"), lock(house.folder / "asked.lock")
    torch = asked.pop("torch")
    assert torch.version == whole.pop("torch").version + "+cpu"
    assert len(torch.hashes) == 1
    left_out = set(whole) - set(asked)
    assert {name: whole[name] for name in asked} == asked
    assert {"cuda-toolkit", "nvidia-cudnn-cu13"} <= left_out
    assert all(name.startswith(("nvidia-", "cuda-")) for name in left_out)


def test_torchaudio_loses_what_needs_cuda_and_torch_keeps_all(house):
    house.add("cpu")
    files = {path.name for path in (house.extra / INSIDE).rglob("lib/*")}
    assert files == {"__init__.py", "libtorch.so"}


def test_no_package_takes_the_name_of_one_of_ours(house):
    house.add("cpu")
    ours = {path.name for path in ROOT.iterdir() if path.is_dir()}
    assert not ours & {path.name for path in (house.extra / INSIDE).iterdir()}


def test_a_second_call_does_nothing_another_torch_or_lock_starts_over(house):
    house.add("cpu")
    assert "has XTTS already" in house.add("cpu").stdout
    assert house.installs() == []
    for words in ([], ["cpu"]):
        assert house.add(*words).returncode == 0
        assert len(house.installs()) == 1
    (house.folder / "requirements/xtts.lock").write_text("six==1.17.0\n")
    house.add("cpu")
    assert len(house.installs()) == 1
    assert "has XTTS already" in house.add("cpu").stdout


def test_cuda_is_the_word_for_none(house):
    house.add("cuda")
    assert "has XTTS already" in house.add().stdout


@pytest.mark.parametrize("end", ["exit 1", "kill -9 $PPID; exit 1"])
def test_an_interrupted_installation_is_not_seen_and_starts_over(house, end):
    house.say(pip=house.pip + end)
    assert house.add().returncode != 0
    assert not house.path.exists()
    assert not house.stamp.exists()
    house.say(pip=house.pip)
    assert house.add().returncode == 0
    assert (house.folder / "found").read_text().split() == ["wanted.lock"]


@pytest.mark.parametrize(
    "files",
    [
        {"try": "exit 1"},
        {"check": complaint(*EXPECTED, "numpy 3 requires x, which is not installed.")},
        {"check": complaint("tts 1 requires typing, which is not installed.")},
        {"check": "exit 2"},
    ],
)
def test_what_does_not_work_is_not_seen(house, files):
    house.say(**files)
    assert house.add().returncode != 0
    assert not house.path.exists()
    assert not house.stamp.exists()


def test_a_complaint_of_pip_is_shown_without_those_expected(house):
    other = "numpy 3 requires x, which is not installed."
    house.say(check=complaint(*EXPECTED, other))
    said = house.add().stderr
    assert other in said
    assert "webrtcvad" not in said


def test_the_check_of_an_environment_takes_xtts_along(house):
    def tried() -> int:
        assert house.install("check", str(house.prefix)).returncode == 0
        return house.calls().splitlines().count("-")

    before = tried()
    house.add()
    assert tried() == before + 1


def test_where_pip_finds_no_torch_its_place_is_said(house):
    house.say(pip="exit 1")
    answer = house.add("cpu")
    assert answer.returncode == 2
    assert "PIP_EXTRA_INDEX_URL" in answer.stderr


def test_cuda_12_and_13_do_not_meet(house):
    (house.prefix / INSIDE / "nvidia/cudnn").mkdir(parents=True)
    answer = house.add()
    assert answer.returncode == 2
    assert "CUDA 12" in answer.stderr
    assert len(answer.stderr.splitlines()) == 1
    assert house.add("cpu").returncode == 0


@pytest.mark.parametrize(
    ("files", "said"),
    [({"version": "1"}, "is not Python 3.11"), ({"machine": "1"}, "Linux on x86_64")],
)
def test_another_python_or_machine_is_refused_in_one_line(house, files, said):
    house.say(**files)
    answer = house.add("cpu")
    assert answer.returncode == 2
    assert said in answer.stderr
    assert len(answer.stderr.splitlines()) == 1
    assert not house.extra.exists()


def test_another_python_may_have_torch_with_cuda(house):
    house.say(version="1")
    assert house.add().returncode == 0


def test_there_has_to_be_an_environment(house):
    answer = house.install("xtts", str(house.folder / "nowhere"))
    assert answer.returncode == 2
    assert answer.stderr.startswith("install.sh: no environment at ")
    assert not (house.folder / "nowhere").exists()
