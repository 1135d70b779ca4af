"""A tiny XTTS of random weights, and recordings for it to hear.

The networks are those of the library with few channels; what its settings do not reach,
the HiFi-GAN and the speaker encoder, is made small in the library itself, which has to
stay so while the weights are loaded.
"""

import functools
import json
import warnings
from pathlib import Path

import numpy as np

from moksori.audio.files import save

CONSENT = "a made voice, 2026, for tests"
_VOCABULARY = "annyeonghaseyo. gamsahamnida, abcdefghijklmnopqrstuvwxyz?!'"
_SPECIAL = ("[STOP]", "[UNK]", "[SPACE]", "[START]", "[ko]", "[en]")


def voice(seconds: float, rate: int = 22050, noise: float = 1e-4, seed: int = 0):
    """Something like speech, float32 [samples]: syllables of a buzz at 120 Hz with
    pauses, a tenth of a second of silence before and behind, and noise."""
    random = np.random.default_rng(seed)
    time = np.arange(round(seconds * rate)) / rate
    buzz = sum(np.sin(2 * np.pi * 120 * k * time) / k for k in range(1, 20))
    syllables = np.clip(np.sin(2 * np.pi * 3 * time + seed), 0, None)
    wave = 0.2 * buzz * syllables * (time % 1.5 < 1.2)
    margin = np.zeros(rate // 10)
    wave = np.concatenate([margin, wave, margin])
    return (wave + noise * random.standard_normal(wave.size)).astype(np.float32)


def recording(path: Path, seconds: float = 4.0, **how) -> Path:
    """A wav file of such a `voice`."""
    save(path, voice(seconds, **how), how.get("rate", 22050))
    return path


def shrink() -> None:
    """Make what the library builds from now on small, in this process."""
    import torch
    from TTS.tts.layers.xtts import hifigan_decoder
    from TTS.tts.models import xtts

    torch.set_num_threads(1)
    if isinstance(xtts.HifiDecoder, functools.partial):
        return
    xtts.HifiDecoder = functools.partial(
        xtts.HifiDecoder,
        upsample_initial_channel_decoder=32,
        resblock_kernel_sizes_decoder=[3],
        resblock_dilation_sizes_decoder=[[1, 3, 5]],
    )
    hifigan_decoder.ResNetSpeakerEncoder = functools.partial(
        hifigan_decoder.ResNetSpeakerEncoder,
        num_filters=[4, 8, 8, 8],
        layers=[1, 1, 1, 1],
    )


def build(folder: Path) -> Path:
    """A folder as XTTS has it: config.json, model.pth, vocab.json."""
    import torch
    from TTS.tts.configs.xtts_config import XttsArgs, XttsConfig
    from TTS.tts.layers.xtts.tokenizer import VoiceBpeTokenizer
    from TTS.tts.models.xtts import Xtts

    shrink()
    folder.mkdir(parents=True)
    _vocabulary(folder / "vocab.json")
    arguments = XttsArgs(
        gpt_layers=2,
        gpt_n_model_channels=64,
        gpt_n_heads=2,
        gpt_max_audio_tokens=40,
        gpt_use_perceiver_resampler=True,
        gpt_num_audio_tokens=1026,
        gpt_start_audio_token=1024,
        gpt_stop_audio_token=1025,
        decoder_input_dim=64,
    )
    config = XttsConfig(model_args=arguments, languages=["ko", "en", "fr", "ja"])
    with torch.random.fork_rng(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.manual_seed(0)
        model = Xtts(config)
        model.tokenizer = VoiceBpeTokenizer(vocab_file=folder / "vocab.json")
        model.init_models()
        # Random weights would hum one level without an end.
        last = model.hifigan_decoder.waveform_decoder.conv_post.weight.data
        last -= last.mean(dim=2, keepdim=True)
        last *= 5
        model.gpt.mel_head.bias.data[arguments.gpt_stop_audio_token] = 1.2
    torch.save({"model": model.state_dict()}, folder / "model.pth")
    config.save_json(str(folder / "config.json"))
    return folder


def _vocabulary(path: Path) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE(unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    trainer = trainers.BpeTrainer(
        special_tokens=list(_SPECIAL), vocab_size=120, show_progress=False
    )
    tokenizer.train_from_iterator([_VOCABULARY], trainer)
    tokenizer.save(str(path))


def copied(folder: Path, to: Path, **replaced) -> Path:
    """The folder again, with links to its files but those that are `replaced`: bytes,
    or for config.json a dict of what is different in it; None leaves a file out."""
    to.mkdir(parents=True)
    for file in folder.iterdir():
        new = replaced.get(file.stem, file)
        if isinstance(new, dict):
            config = json.loads(file.read_text("utf-8"))
            new = json.dumps({**config, **new}).encode()
        if isinstance(new, bytes):
            (to / file.name).write_bytes(new)
        elif new is not None:
            (to / file.name).symlink_to(new)
    return to


def folder_of(session: Path) -> Path:
    """The tiny weights in the folder of a session of tests, built when first asked
    for."""
    shrink()
    folder = session / "tiny-xtts"
    return folder if folder.exists() else build(folder)


@functools.cache
def model_of(folder: Path):
    """The tiny model, loaded once."""
    from moksori.voices.xtts import model as xtts_model
    from moksori.voices.xtts.folder import XttsSettings

    return xtts_model.load(XttsSettings.read(folder))
