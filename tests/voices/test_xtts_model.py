"""Loading and speaking a tiny XTTS with the real library."""

import builtins
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from moksori.voices.speech import LineError, VoiceError
from moksori.voices.xtts.folder import FILES, XttsSettings
from moksori.voices.xtts.model import XttsModel, load
from tests.tiny_xtts import copied, voice

TEXT = "안녕하세요. 반갑습니다."
HOP = 1024 * 24000 / 22050


@pytest.fixture(scope="module")
def model(xtts_model):
    return xtts_model


@pytest.fixture(scope="module")
def latents(model):
    return model.latents([voice(4)])


@pytest.fixture(scope="module")
def seeds(model, latents):
    """A seed with which the model stops by itself after a while, and one with which it
    is cut off."""
    found = {}
    for seed in range(20):
        saying = model.say(TEXT, "ko", latents, seed)
        list(saying)
        if saying.capped or 15 < saying.tokens < model.cap:
            found.setdefault(saying.capped, seed)
    return found


def said(*arguments) -> np.ndarray:
    return np.concatenate(list(XttsModel.say(*arguments)))


def test_latents_are_those_of_the_library(model, latents, tmp_path, monkeypatch):
    import torch
    from TTS.tts.models import xtts

    waves = [voice(4, seed=1), voice(7, seed=2)]
    assert latents.style.shape == (1, 32, 64)
    assert latents.speaker.shape == (1, 512, 1)
    config = model._model.config
    # Their function reads files; these are the same waves.
    read = iter(waves)
    monkeypatch.setattr(
        xtts, "load_audio", lambda *_: torch.from_numpy(next(read))[None]
    )
    style, speaker = model._model.get_conditioning_latents(
        ["a", "b"],
        gpt_cond_len=config.gpt_cond_len,
        gpt_cond_chunk_len=config.gpt_cond_chunk_len,
    )
    ours = model.latents(waves)
    np.testing.assert_array_equal(ours.style, style.numpy())
    np.testing.assert_array_equal(ours.speaker, speaker.numpy())


def test_a_piece_equals_that_of_the_library(model, latents, seeds):
    import torch

    config = model._model.config
    with torch.random.fork_rng():
        torch.manual_seed(seeds[False])
        theirs = model._model.inference(
            TEXT,
            "ko",
            torch.from_numpy(latents.style),
            torch.from_numpy(latents.speaker),
            temperature=config.temperature,
            length_penalty=config.length_penalty,
            repetition_penalty=config.repetition_penalty,
            top_k=config.top_k,
            top_p=config.top_p,
        )
    saying = model.say(TEXT, "ko", latents, seeds[False])
    (wave,) = saying
    np.testing.assert_allclose(wave, theirs["wav"], atol=1e-5)
    assert saying.tokens == theirs["gpt_latents"].shape[1]
    assert not saying.capped
    assert len(wave) / HOP == pytest.approx(saying.tokens, abs=0.5)


def test_equal_seeds_give_equal_speech_and_leave_the_random_state(
    model, latents, seeds
):
    import torch

    first = said(model, TEXT, "ko", latents, seeds[False])
    torch.rand(7)
    between = model.say(TEXT, "ko", latents, seeds[False], 1.0, 5)
    chunks = []
    torch.manual_seed(5)
    expected = torch.rand(20)
    torch.manual_seed(5)
    drawn = []
    for chunk in between:
        chunks.append(chunk)
        drawn.append(torch.rand(1))
    assert len(chunks) > 2
    np.testing.assert_array_equal(torch.cat(drawn), expected[: len(drawn)])
    np.testing.assert_array_equal(said(model, TEXT, "ko", latents, seeds[False]), first)
    # In chunks they are faded into each other, the tokens being the same.
    streamed = np.concatenate(chunks)
    assert streamed.shape == first.shape
    assert np.abs(streamed - first).max() < 0.1 * np.abs(first).max()
    other = said(model, TEXT, "ko", latents, seeds[False] + 1)
    assert other.shape != first.shape or np.abs(other - first).max() > 0.01


def test_pieces_end_at_the_cap_and_are_marked_as_capped(model, latents, seeds):
    assert model.cap == 40 - 3
    for chunk in (0, 10):
        saying = model.say(TEXT, "ko", latents, seeds[True], 1.0, chunk)
        wave = np.concatenate(list(saying))
        assert (saying.tokens, saying.capped) == (37, True)
        assert len(wave) / HOP == pytest.approx(37, abs=0.5)


@pytest.mark.parametrize("speed", [0.5, 1.7])
def test_speed(model, latents, seeds, speed):
    wave = said(model, TEXT, "ko", latents, seeds[False])
    other = said(model, TEXT, "ko", latents, seeds[False], speed)
    assert len(wave) / len(other) == pytest.approx(speed, rel=0.06)


def test_languages(model):
    model.check_language("ko")
    assert (model.characters("ko"), model.characters("en")) == (95, 250)
    assert model.characters("zh-cn") == 82
    assert model.tokens("Hello", "en") == model.tokens(" hello ", "en")
    with pytest.raises(VoiceError, match="the vocabulary has no token for fr"):
        model.check_language("fr")
    with pytest.raises(VoiceError, match="ja needs a package that is not installed"):
        model.check_language("ja")


def failing(error: Exception):
    def fail(*_, **__):
        raise error

    return fail


def test_missing_memory_is_a_line_error_and_other_errors_pass(
    model, latents, monkeypatch
):
    import torch

    decoder = model._model.hifigan_decoder
    for error in (
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB\nmore"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"),
        MemoryError(),
    ):
        monkeypatch.setattr(decoder, "forward", failing(error))
        with pytest.raises(LineError, match="not enough memory: ") as raised:
            list(model.say("네.", "ko", latents))
        assert "\n" not in str(raised.value)
    monkeypatch.setattr(decoder, "forward", failing(RuntimeError("shapes differ")))
    with pytest.raises(RuntimeError, match="shapes differ"):
        list(model.say("네.", "ko", latents))


def test_a_piece_without_sound_is_a_line_error(model, latents):
    def tokens(seed):
        saying = model.say("네.", "ko", latents, seed)
        list(saying)
        return saying.tokens

    seed = next(seed for seed in range(50) if tokens(seed) == 1)
    with pytest.raises(LineError, match="nothing was said: try another --seed"):
        list(model.say("네.", "ko", latents, seed, 2.0))


def test_the_fingerprint_identifies_weights(model, xtts_folder, tmp_path):
    import torch

    weights = torch.load(xtts_folder / "model.pth", weights_only=True)
    weights["model"]["gpt.final_norm.bias"] += 1
    torch.save(weights, tmp_path / "model.pth")
    other = copied(
        xtts_folder, tmp_path / "other", model=(tmp_path / "model.pth").read_bytes()
    )
    again = copied(xtts_folder, tmp_path / "again")
    prints = [load(XttsSettings.read(folder)).fingerprint for folder in (again, other)]
    assert prints[0] == model.fingerprint != prints[1]


def release(folder: Path) -> bytes:
    """The checkpoint as the first release has it: with a config of the library's own
    class, under the module where that was at the time."""
    import io

    import torch
    from TTS.tts.configs.xtts_config import XttsConfig
    from TTS.tts.models import xtts

    config = XttsConfig()
    config.load_json(folder / "config.json")
    weights = torch.load(folder / "model.pth", weights_only=True)
    file = io.BytesIO()
    with xtts._legacy_safe_globals():
        torch.save({"config": config, **weights}, file)
    return file.getvalue()


def test_nothing_is_written_into_the_folder(
    model,
    xtts_folder,
    tmp_path,
    monkeypatch,
):
    """Not even of a checkpoint that the library would save in another form."""
    folder = copied(xtts_folder, tmp_path / "weights", model=release(xtts_folder))
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    real, modes = builtins.open, []

    def opened(file, mode="r", *arguments, **named):
        if str(file).startswith(str(folder)):
            modes.append(mode)
        return real(file, mode, *arguments, **named)

    monkeypatch.setattr(builtins, "open", opened)
    for name in FILES:
        os.chmod(folder / name, 0o444, follow_symlinks=True)
    os.chmod(folder, 0o555)
    loaded = load(XttsSettings.read(folder))
    os.chmod(folder, 0o755)
    assert loaded.fingerprint == model.fingerprint
    assert modes
    assert not any(set(mode) & set("wax+") for mode in modes)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


@pytest.mark.parametrize(
    ("replaced", "reason"),
    [
        ({"model": b"no weights at all"}, r"model\.pth is damaged or no checkpoint"),
        ({"model": b"\x80\x04."}, r"model\.pth is damaged or no checkpoint"),
        ({"vocab": b"{"}, r"vocab\.json is damaged"),
        ({"vocab": b'{"model": {}}'}, r"vocab\.json is damaged"),
        ({"config": {"model_args": {"gpt_layers": 3}}}, "does not fit config.json"),
        ({"config": {"model_args": 7}}, r"does not fit config\.json"),
        ({"config": {"top_k": None}}, r"config\.json: top_k is no number"),
    ],
    ids=str,
)
def test_damaged_folders_are_one_line(
    xtts_folder,
    tmp_path,
    replaced,
    reason,
):
    folder = copied(xtts_folder, tmp_path / "weights", **replaced)
    with pytest.raises(VoiceError, match=reason) as refused:
        load(XttsSettings.read(folder))
    assert "\n" not in str(refused.value)
    assert str(refused.value).count(str(folder)) == 1


def test_truncated_and_foreign_weights_are_refused(
    xtts_folder,
    tmp_path,
):
    import io

    import torch

    whole = (xtts_folder / "model.pth").read_bytes()
    something = io.BytesIO()
    torch.save([1, 2], something)
    harmful = io.BytesIO()
    torch.save({"model": os.system}, harmful)
    for i, weights in enumerate(
        (whole[: len(whole) // 2], something.getvalue(), harmful.getvalue())
    ):
        folder = copied(xtts_folder, tmp_path / str(i), model=weights)
        with pytest.raises(VoiceError, match="is damaged or no checkpoint"):
            load(XttsSettings.read(folder))


def test_a_vocabulary_of_something_else_is_refused(
    xtts_folder,
    tmp_path,
):
    from tokenizers import Tokenizer, models

    other = Tokenizer(models.BPE()).to_str().encode()
    folder = copied(xtts_folder, tmp_path / "weights", vocab=other)
    with pytest.raises(VoiceError, match=r"vocab\.json is not that of an XTTS"):
        load(XttsSettings.read(folder))


def test_a_library_that_cannot_be_imported_is_reported(
    xtts_folder,
    monkeypatch,
):
    monkeypatch.setitem(sys.modules, "TTS.tts.configs.xtts_config", None)
    with pytest.raises(VoiceError, match="XTTS is not installed: run `make xtts`"):
        load(XttsSettings.read(xtts_folder))
