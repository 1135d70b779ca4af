import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moksori.doctor import driver
from moksori.doctor.driver import Driver, examine, inquire
from moksori.doctor.findings import Level
from tests.doctor.made import at, card, nvidia_smi, program


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """Asks the nvidia-smi of a folder, of a machine whose bus is empty."""

    def ask(folder, root=tmp_path / "empty", **options):
        monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
        return inquire(root, **options)

    return ask


def findings(found: Driver, contained=False, gpu_wheels=False):
    return {f.name: f for f in examine(found, contained, gpu_wheels)}


def test_two_cards(asked, tmp_path):
    found = asked(nvidia_smi(tmp_path, card(0), card(1, free=40_000, used=41_000)))
    assert [gpu.index for gpu in found.gpus] == [0, 1]
    assert found.gpus[0].capability == (9, 0)
    assert found.gpus[0].total == 81559 * 2**20
    told = findings(found)
    assert told["driver"].text == "NVIDIA 575.57.08, 2 GPUs"
    assert told["driver"].level is told["gpu 0"].level is Level.OK
    assert "79.1 GiB of 79.6 GiB free" in told["gpu 0"].text
    # Held by something that cannot be seen from here.
    assert told["gpu 1"].level is Level.WARNING


def test_others_at_work(asked, tmp_path):
    users = ("GPU-0, 4242, /usr/bin/python3, 20480", "GPU-0, 17, game, [N/A]")
    found = asked(nvidia_smi(tmp_path, card(0), card(1), users=users))
    told = findings(found)
    assert told["gpu 0"].level is Level.WARNING
    assert "2 processes with 20.0 GiB (4242 python3, 17 game)" in told["gpu 0"].text
    assert told["gpu 1"].level is Level.OK


@pytest.mark.parametrize(
    ("mode", "users", "level"),
    [
        ("Exclusive_Process", ("GPU-0, 1, a, 5",), Level.ERROR),
        ("Exclusive_Process", (), Level.OK),
        ("Prohibited", (), Level.ERROR),
    ],
)
def test_compute_mode(asked, tmp_path, mode, users, level):
    found = asked(nvidia_smi(tmp_path, card(mode=mode), users=users))
    assert findings(found)["gpu 0"].level is level


def test_too_old(asked, tmp_path):
    told = findings(asked(nvidia_smi(tmp_path, card(driver="470.82.01"))))["driver"]
    assert told.level is Level.ERROR
    assert "too old" in told.text
    assert "525" in told.advice
    new = findings(asked(nvidia_smi(tmp_path, card(driver="525.60.13"))))["driver"]
    assert new.level is Level.OK


def test_no_connection_to_the_driver(asked, tmp_path):
    said = (
        "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver."
    )
    found = asked(program(tmp_path, "nvidia-smi", f'echo "{said}"; exit 9'))
    told = findings(found)["driver"]
    assert told.level is Level.ERROR
    assert said in told.text
    assert "(9)" in told.text


def test_hangs(asked, tmp_path):
    begun = time.monotonic()
    found = asked(program(tmp_path, "nvidia-smi", "sleep 96"), patience=0.3)
    assert time.monotonic() - begun < 6
    told = findings(found)["driver"]
    assert told.level is Level.ERROR
    assert "did not answer within 0.3 s" in told.text


@pytest.mark.parametrize(
    "script",
    ["echo garbage", "echo 0, 1, 2", "head -c 5000 /dev/urandom", "true", "echo ,,,"],
)
def test_garbage(asked, tmp_path, script):
    found = asked(program(tmp_path, "nvidia-smi", script))
    assert findings(found)["driver"].level is Level.ERROR


def test_values_that_are_not_told(asked, tmp_path):
    line = (
        "0, GPU-0, Old Card, 550.1, [N/A], [N/A], [N/A], [N/A], ², N/A, Default, [N/A]"
    )
    (gpu,) = asked(nvidia_smi(tmp_path, line)).gpus
    assert gpu.total is gpu.free is gpu.capability is gpu.busy_percent is None
    assert "compute capability unknown" in findings(Driver((gpu,)))["gpu 0"].text


def _bus(root, *devices):
    return at(
        root,
        {
            f"sys/bus/pci/devices/0000:0{number}:00.0/{name}": f"{value}\n"
            for number, device in enumerate(devices)
            for name, value in zip(("vendor", "class"), device, strict=True)
        },
    )


@pytest.mark.parametrize(
    ("contained", "word"), [(True, "--gpus all"), (False, "install")]
)
def test_a_card_without_a_driver(asked, tmp_path, contained, word):
    sound, other = ("0x10de", "0x040300"), ("0x8086", "0x030000")
    root = _bus(tmp_path / "root", ("0x10de", "0x030200"), sound, other)
    found = asked(tmp_path / "nothing", root)
    assert found.absent
    assert found.cards == ("0000:00:00.0",)
    told = findings(found, contained)["driver"]
    assert told.level is Level.ERROR
    assert word in told.advice


def test_no_card_at_all(asked, tmp_path):
    found = asked(tmp_path / "nothing")
    assert findings(found)["driver"].level is Level.OK
    told = findings(found, contained=True, gpu_wheels=True)["driver"]
    assert told.level is Level.WARNING
    assert "--gpus all" in told.advice


@given(
    st.text(), st.lists(st.text(alphabet=st.sampled_from('0123456789,. N/A[]²\n"x')))
)
def test_nothing_that_is_said_raises(text, words):
    for said in (text, ", ".join([*words] * 3), card() + text):
        gpus = tuple(driver._gpus(said))
        assert list(examine(Driver(gpus), False, False))
