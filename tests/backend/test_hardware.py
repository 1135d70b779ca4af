"""bfloat16 is asked of GPUs alone, and of none that would be slower with it."""

import types

import jax
import pytest
import tensorflow as tf

from moksori.backend import hardware
from moksori.training.recipes.tacotron import TacotronRecipe
from moksori.voices.networks import build_tacotron
from tests.tacotron.made import tiny

CARDS = {
    "none": ([], False),
    "Turing": ([(7, 5)], False),
    "Ampere": ([(8, 0)], True),
    "Hopper": ([(9, 0), (9, 0)], True),
    "mixed": ([(9, 0), (7, 0)], False),
}


@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
@pytest.mark.parametrize("cards", CARDS)
def test_every_gpu_has_to_have_it(monkeypatch, backend, cards):
    capabilities, expected = CARDS[cards]
    monkeypatch.setattr(hardware.keras.backend, "backend", lambda: backend)
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda _: capabilities)
    monkeypatch.setattr(
        tf.config.experimental,
        "get_device_details",
        lambda gpu: {"compute_capability": gpu},
    )
    devices = [
        types.SimpleNamespace(compute_capability=f"{major}.{minor}")
        for major, minor in capabilities
    ]
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu" if devices else "cpu")
    monkeypatch.setattr(jax, "local_devices", lambda: devices)
    assert hardware.has_bfloat16() == expected


@pytest.mark.parametrize(
    ("backend", "cards", "features", "expected"),
    [
        ("tensorflow", [], {"avx512bf16": True}, "bfloat16"),
        ("tensorflow", [], {"amx-bf16": True}, "bfloat16"),
        ("tensorflow", [], {"avx512bf16": False}, "float32"),
        ("jax", [], {"avx512bf16": True}, "float32"),
        ("tensorflow", [(9, 0)], {}, "bfloat16"),
        ("jax", [(7, 5)], {"avx512bf16": True}, "float32"),
    ],
)
def test_a_processor_counts_where_there_is_no_gpu(
    monkeypatch, backend, cards, features, expected
):
    monkeypatch.setattr(hardware.keras.backend, "backend", lambda: backend)
    monkeypatch.setattr(hardware, f"_{backend}", lambda: cards)
    monkeypatch.setattr(hardware, "get_host_cpu_features", lambda: features)
    assert hardware.preferred_compute_dtype() == expected


@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
@pytest.mark.parametrize(
    ("cards", "expected"), [([], "processor"), ([(0, 0)], "GPU"), ([(8, 0)] * 2, "GPU")]
)
def test_what_the_backend_computes_on(monkeypatch, backend, cards, expected):
    monkeypatch.setattr(hardware.keras.backend, "backend", lambda: backend)
    monkeypatch.setattr(hardware, f"_{backend}", lambda: cards)
    assert hardware.device_name() == expected


def test_without_a_gpu_jax_names_the_processor(monkeypatch):
    jax = pytest.importorskip("jax")
    monkeypatch.setattr(hardware.keras.backend, "backend", lambda: "jax")
    here = "GPU" if jax.default_backend() == "gpu" else "processor"
    assert hardware.device_name() == here


def test_a_gpu_that_does_not_say_what_it_is_takes_float32(monkeypatch):
    monkeypatch.setattr(hardware.keras.backend, "backend", lambda: "tensorflow")
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda _: ["GPU:0"])
    details = tf.config.experimental
    monkeypatch.setattr(details, "get_device_details", lambda gpu: {})
    assert not hardware.has_bfloat16()


@pytest.mark.parametrize(
    ("asked", "there", "expected"),
    [
        ("auto", False, "float32"),
        ("auto", True, "bfloat16"),
        ("float32", True, "float32"),
        ("bfloat16", False, "bfloat16"),
    ],
)
def test_a_training_takes_what_it_was_told_or_what_is_there(
    monkeypatch, asked, there, expected
):
    monkeypatch.setattr(hardware, "has_bfloat16", lambda: there)
    trainer = TacotronRecipe(
        tiny(f"tacotron_training.compute={asked}"), list("ab")
    ).trainer()
    assert trainer.model.compute == expected
    assert build_tacotron(tiny(), 2).compute == "float32"
