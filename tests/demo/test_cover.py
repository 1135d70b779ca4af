"""The demo of a cover: measured by what is known of it, and one page to itself."""

import re
from html import unescape
from inspect import signature

import numpy as np
import pytest

from moksori.commands import cover as command
from moksori.comparison.page import cover as cover_page
from moksori.covers.training import Epoch
from moksori.demo import cover


@pytest.fixture(scope="module")
def demo(tmp_path_factory, covers_installed):
    folder = tmp_path_factory.mktemp("demo")
    return cover.run(folder, 0, lines=cover.SUNG[:1], sentences=2)


def test_what_is_known_of_the_song_is_kept(demo):
    figures = dict(demo.figures)
    for name in ("vocals", "backing"):
        assert float(figures[f"Separation, {name}"].split()[0]) > 8
    off, share = re.findall(r"[\d.]+", figures["Melody, cover"])
    assert float(off) < 15
    assert float(share) > 85
    assert len(demo.made.voice) == len(demo.song.mix)


def test_the_page_holds_all_and_asks_for_nothing(demo, tmp_path):
    page = unescape(cover_page.write(tmp_path, demo, 61.4).read_text("utf-8"))
    assert page.count("data:audio/wav;base64,") == 6
    assert page.count("data:image/png;base64,") == 1
    assert "http" not in page.replace("http-equiv", "")
    assert "It took\n61 s" in page
    assert all(name in page for name, _ in demo.figures)


def test_the_command_writes_the_page(demo, tmp_path, monkeypatch, capsys):
    asked = signature(cover.run)

    def run(*given, **named):
        wanted = asked.bind(*given, **named).arguments
        wanted["report"](Epoch(1, 2, 0.5, 7.0, True, 3.0))
        wanted["progress"]("mix", 1.0)
        assert wanted["epochs"] > 0
        return demo

    monkeypatch.setattr(cover, "run", run)
    assert command.main(["--demo", "--out", str(tmp_path)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("epoch 1/2")
    assert said[-1] == str(tmp_path / "cover.html")
    assert (tmp_path / "cover.html").is_file()


def test_the_error_of_a_melody():
    wanted = np.array([0, 200, 200, 200, 200.0])
    found = np.array([100, 200, 200 * 2 ** (1 / 12), 0.0])
    off, share = cover.melody_error(found, wanted)
    assert (round(off), share) == (50, 0.25)
