"""Write the cover of the demo as one page: to hear, to see, and its figures."""

import io
from pathlib import Path

import numpy as np

from hparams import Audio
from moksori.audio.files import resample, wav_bytes
from moksori.audio.spectrum import mel_spectrogram
from moksori.comparison.page.build import data_uri, policy_hash
from moksori.covers import pitch
from moksori.covers.stems import RATE
from moksori.demo.cover import Demo
from moksori.storage import write_text

NAME = "cover.html"
_RATE = 22050  # of what the page holds
_AUDIO = Audio(sample_rate=_RATE)
_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto;
  padding: 0 1rem; color: #22272e; background: #fff; }
audio, img { width: 100%; } img { background: #fff; }
table { border-collapse: collapse; } td, th { padding: .2rem 1rem .2rem 0;
  text-align: left; font-weight: normal; border-bottom: 1px solid #d0d4d9; }
@media (prefers-color-scheme: dark) { body { color: #e6e9ed; background: #16191d; } }
"""


def write(folder: Path, demo: Demo, seconds: float) -> Path:
    """Write the page into a folder and return its path; it asks nothing of the network.

    `seconds` says how long the demo took.
    """
    from jinja2 import Environment, FileSystemLoader

    loader = FileSystemLoader(Path(__file__).parent)
    template = Environment(loader=loader, autoescape=True).get_template("cover.html")
    made, song = demo.made, demo.song
    sounds = {
        "The song": song.mix,
        "Its voice, taken out": demo.separated.vocals,
        "Its backing, taken out": demo.separated.backing,
        "The wanted voice, a clip": demo.clip[:, None],
        "That voice, singing": made.voice,
        "The cover": made.voice + made.backing,
    }
    policy = (
        "default-src 'none'; img-src data:; media-src data:; base-uri 'none'; "
        f"form-action 'none'; style-src {policy_hash(_STYLE)}"
    )
    page = template.render(
        policy=policy,
        style=_STYLE,
        sounds={name: _sound(wave) for name, wave in sounds.items()},
        picture=data_uri("image/png", picture(demo)),
        figures=demo.figures,
        seconds=round(seconds),
    )
    path = folder / NAME
    write_text(path, page)
    return path


def picture(demo: Demo) -> bytes:
    """Draw spectrograms of the song's voice and of the new one with their pitch, and
    the melody that was meant beside both; a PNG file."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 8), dpi=80, layout="constrained")
    FigureCanvasAgg(figure)
    rows = figure.subplots(4, 1, sharex=True)
    waves = {
        "the song": demo.song.mix,
        "its voice, taken out": demo.separated.vocals,
        "the other voice in its place": demo.made.voice,
    }
    for axes, (name, wave) in zip(rows, waves.items(), strict=False):
        mel = mel_spectrogram(_mono(wave), _AUDIO)
        high = np.percentile(mel, 99.9)
        extent = (0, len(mel) * _AUDIO.frame_seconds, 0, mel.shape[1])
        how = {"vmin": high - 0.55 * np.ptp(mel), "vmax": high, "extent": extent}
        axes.imshow(mel.T, origin="lower", aspect="auto", cmap="magma", **how)
        axes.set_title(name, loc="left", fontsize=10)
        axes.set_ylabel("mel band")
    melody = {"the melody that was meant": (demo.song.melody, "0.7", 5)}
    for (name, wave), colour in zip(
        list(waves.items())[1:], ("tab:blue", "tab:red"), strict=True
    ):
        melody[name] = (pitch.track(wave.mean(axis=1), RATE), colour, 1.2)
    for name, (contour, colour, width) in melody.items():
        heights = np.where(contour > 0, contour, np.nan)
        times = np.arange(len(heights)) * pitch.FRAME_SECONDS
        rows[-1].semilogy(times, heights, color=colour, linewidth=width, label=name)
    rows[-1].yaxis.set_major_formatter("{x:.0f}")
    rows[-1].yaxis.set_minor_formatter("{x:.0f}")
    rows[-1].set_ylabel("hertz")
    rows[-1].set_xlabel("seconds")
    rows[-1].legend(fontsize=8, ncols=3, loc="lower left", bbox_to_anchor=(0, 1))
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return file.getvalue()


def _mono(wave: np.ndarray) -> np.ndarray:
    return resample(wave.mean(axis=1), RATE, _RATE)


def _sound(wave: np.ndarray) -> str:
    return data_uri("audio/wav", wav_bytes(_mono(wave), _RATE))
