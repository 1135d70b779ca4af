"""Load XTTS v2 with the library coqui-tts, from a folder that is only read.

Casanova et al. 2024, "XTTS: a Massively Multilingual Zero-Shot Text-to-Speech Model".
A GPT writes audio tokens, 1024 samples at 22,050 Hz each, after a text and the latents
of a voice; a HiFi-GAN makes the wave. Torch and the library are loaded when the weights
are, never before; of their logs only errors are shown.

Shapes: L latents of C channels, T samples.
"""

import hashlib
import logging
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from moksori.voices.speech import LineError, VoiceError
from moksori.voices.xtts.folder import (
    FILES,
    MISSING,
    XttsSettings,
    brief,
    check_installed,
)
from moksori.voices.xtts.voice_file import Latents

REFERENCE_RATE = 22050

_SAMPLING = ("temperature", "length_penalty", "repetition_penalty", "top_k", "top_p")
_CONDITIONING = ("gpt_cond_len", "gpt_cond_chunk_len")
# Values of each tensor that go into the fingerprint: enough to tell weights apart.
_SAMPLED = 64


def load(settings: XttsSettings, device: str | None = None) -> "XttsModel":
    """Load the model of a folder, on an accelerator where torch has one.

    Nothing is ever written into the folder. Raises `VoiceError` for a library that is
    missing or broken, and for weights or a vocabulary that are damaged or do not fit.
    """
    check_installed()
    with _quiet():
        try:
            import torch
            from transformers.initialization import no_init_weights
            from TTS.tts.configs.xtts_config import XttsConfig
            from TTS.tts.layers.xtts.tokenizer import VoiceBpeTokenizer
        except (ImportError, OSError) as error:
            raise VoiceError(f"{MISSING} ({brief(error)})") from None
        config_file, weights, vocabulary = (settings.folder / name for name in FILES)
        config = _fill(XttsConfig(), config_file)
        try:
            tokenizer = VoiceBpeTokenizer(vocab_file=vocabulary).tokenizer
        except Exception as error:  # the only type that tokenizers raises
            raise VoiceError(f"{vocabulary} is damaged: {brief(error)}") from None
        if None in map(tokenizer.token_to_id, ("[START]", "[STOP]")):
            raise VoiceError(f"{vocabulary} is not that of an XTTS")
        try:
            # Every weight comes from the file, so none has to be drawn first.
            with no_init_weights():
                model = _read_only_class()(config)
                model.load_checkpoint(
                    config, checkpoint_dir=settings.folder, speaker_file_path=""
                )
        except VoiceError:
            raise
        except RuntimeError as error:
            reason = brief(error, line=1)
            raise VoiceError(f"{weights} does not fit config.json: {reason}") from None
        device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        try:
            return XttsModel(model.to(device), device)
        except torch.OutOfMemoryError as error:
            raise VoiceError(
                f"no memory for XTTS on the accelerator ({brief(error)}): with "
                "CUDA_VISIBLE_DEVICES= it speaks on the processor"
            ) from None


class XttsModel:
    """Turn a piece of text and latents into a wave.

    `fingerprint` identifies the weights; a text has at most `most_tokens` tokens, a
    wave at most `cap` audio tokens.
    """

    def __init__(self, model, device: str):
        self._model = model
        self.sample_rate: int = model.args.output_sample_rate
        self.fingerprint: str = model.fingerprint
        self.most_tokens: int = model.args.gpt_max_text_tokens - 1
        self.cap: int = model.gpt.max_gen_mel_tokens
        self.stop_token: int = model.gpt.stop_audio_token
        self.device = device

    def latents(self, waves: Sequence[np.ndarray]) -> Latents:
        """Compute the latents of recordings, float32 [T] at `REFERENCE_RATE` each.

        As in the library: the mean of their speaker embeddings, and the style of all
        of them concatenated, up to `gpt_cond_len` seconds.
        """
        import torch

        config = self._model.config
        with _quiet():
            audios = [torch.from_numpy(np.float32(wave))[None] for wave in waves]
            style = self._model.get_gpt_cond_latents(
                torch.cat(audios, dim=1),
                REFERENCE_RATE,
                length=config.gpt_cond_len,
                chunk_length=config.gpt_cond_chunk_len,
            )
            embeddings = [
                self._model.get_speaker_embedding(audio, REFERENCE_RATE)
                for audio in audios
            ]
            speaker = torch.stack(embeddings).mean(dim=0)
        return Latents(style.float().cpu().numpy(), speaker.float().cpu().numpy())

    def check_language(self, language: str) -> None:
        """Raise `VoiceError` if a package or token for the language is missing."""
        try:
            self.tokens("1", language)
        except ImportError as error:
            reason = brief(error)
            raise VoiceError(
                f"{language} needs a package that is not installed: {reason}"
            ) from None
        tokenizer = self._model.tokenizer.tokenizer
        if tokenizer.token_to_id(f"[{language}]") is None:
            raise VoiceError(f"the vocabulary has no token for {language}")

    def characters(self, language: str) -> int:
        """Return the library's limit of characters for a piece of text."""
        return self._model.tokenizer.char_limits.get(_family(language), 250)

    def tokens(self, text: str, language: str) -> int:
        """Count the tokens of a text."""
        with _quiet():
            return len(self._model.tokenizer.encode(_lower(text), lang=language))

    def say(
        self,
        text: str,
        language: str,
        latents: Latents,
        seed: int = 0,
        speed: float = 1.0,
        chunk_tokens: int = 0,
    ) -> "Saying":
        """Speak one piece, with the sampling settings of `config.json`.

        The wave comes in chunks of `chunk_tokens` audio tokens, whole for 0, with the
        same tokens either way. Equal seeds give equal speech, and the state of torch's
        global random generators is restored after each chunk.
        """
        return Saying(self, text, language, latents, seed, speed, chunk_tokens)

    def start(self, saying: "Saying", text, language, latents, speed, chunk_tokens):
        """Return the library's generator of tensors [T]; `saying` counts its tokens."""
        import torch
        from transformers import StoppingCriteriaList

        config = self._model.config
        return self._model.inference_stream(
            _lower(text),
            language,
            torch.from_numpy(latents.style),
            torch.from_numpy(latents.speaker),
            stream_chunk_size=chunk_tokens,
            speed=speed,
            stopping_criteria=StoppingCriteriaList([saying.watch]),
            **{name: getattr(config, name) for name in _SAMPLING},
        )


class Saying:
    """Generate the wave of one piece: iterate for its chunks, float32 [T].

    Afterwards `tokens` audio tokens were sampled, and `capped` says that the length
    cap ended them. Raises `LineError` for a piece without enough memory or without
    any sound.
    """

    def __init__(self, model, text, language, latents, seed, speed, chunk_tokens):
        self._model, self._seed, self._speed = model, seed, speed
        self._arguments = (text, language, latents, speed, chunk_tokens)
        self.tokens, self.capped = 0, False

    def watch(self, ids, scores=None, **_):
        """Count tokens: a stopping criterion of the library that never stops."""
        import torch

        self.tokens += 1
        self.capped = self.tokens >= self._model.cap and (
            int(ids[0, -1]) != self._model.stop_token
        )
        return torch.zeros(len(ids), dtype=torch.bool, device=ids.device)

    def __iter__(self) -> Iterator[np.ndarray]:
        import torch

        device = self._model.device
        state = torch.Generator(device).manual_seed(self._seed).get_state()
        cards = [torch.cuda.current_device()] if device == "cuda" else []
        ours = torch.cuda.default_generators[cards[0]] if cards else None
        drawn = ours or torch.default_generator
        chunks = self._model.start(self, *self._arguments)
        while True:
            # Between chunks the caller has its own random state again.
            with _quiet(), self._failures(), torch.random.fork_rng(cards):
                drawn.set_state(state)
                chunk = next(chunks, None)
                state = drawn.get_state()
                if chunk is None:
                    return
                wave = chunk.float().cpu().numpy()
            yield wave

    @contextmanager
    def _failures(self):
        import torch

        try:
            yield
        except (torch.OutOfMemoryError, MemoryError) as error:
            torch.cuda.empty_cache()
            raise LineError(f"not enough memory: {brief(error)}") from None
        except RuntimeError as error:
            if "allocate memory" in str(error):
                raise LineError(f"not enough memory: {brief(error)}") from None
            if self.tokens < self._speed:
                raise LineError("nothing was said: try another --seed") from None
            raise


def _fill(config, file: Path):
    """Fill the library's settings from a file."""
    try:
        config.load_json(file)
    except Exception as error:  # of whatever type the library's checks raise
        raise VoiceError(f"{file} is damaged: {brief(error)}") from None
    for name in (*_SAMPLING, *_CONDITIONING):
        if not isinstance(getattr(config, name), int | float):
            raise VoiceError(f"{file}: {name} is no number")
    return config


def _read_only_class():
    """Return a class of the library's model that never writes `model.pth`.

    The original class converts and saves checkpoints of the first release, which fails
    in a read-only folder and changes a writable one.
    """
    import torch
    from TTS.tts.models import xtts

    class ReadOnly(xtts.Xtts):
        fingerprint = ""

        def _load_checkpoint(self, model_path: Path) -> dict:
            try:
                # The first release holds classes, from where they were at the time.
                with xtts._legacy_safe_globals():
                    weights = torch.load(
                        model_path,
                        map_location="cpu",
                        weights_only=True,
                        mmap=zipfile.is_zipfile(model_path),
                    )["model"]
                self.fingerprint = _fingerprint(weights)
                return dict(weights)
            except Exception as error:  # zip, pickle or types
                raise VoiceError(
                    f"{model_path} is damaged or no checkpoint: {brief(error)}"
                ) from None

    return ReadOnly


def _fingerprint(weights: dict) -> str:
    """Hash the names, shapes and some values of every tensor; fast."""
    digest = hashlib.sha256()
    for name, tensor in sorted(weights.items()):
        flat = tensor.detach().reshape(-1)
        some = flat[:: max(1, len(flat) // _SAMPLED)]
        digest.update(f"{name} {tuple(tensor.shape)} ".encode())
        digest.update(some.float().cpu().numpy().tobytes())
    return digest.hexdigest()


def _lower(text: str) -> str:
    """Return the text as the library reads it: stripped and in lower case."""
    return text.strip().lower()


def _family(language: str) -> str:
    return language.partition("-")[0]


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence warnings, and logs below errors."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
