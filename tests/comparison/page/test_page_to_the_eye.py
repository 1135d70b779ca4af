"""The page of a comparison in a browser: what it shows, what it hides, whom it asks."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from moksori.audio.files import decode
from moksori.comparison.page.build import write
from tests.browser import complaints, open_page, requested, until
from tests.comparison.page.compared import AUDIO, EVIL, NAMES, comparison
from tests.comparison.page.opened import (
    PLAYED,
    PLAYING,
    button,
    click,
    count,
    names,
    show_all,
)

pytestmark = pytest.mark.browser


def test_blind_nothing_tells_who_it_is(page, made):
    click(page, button(1, 1))
    click(page, "document.getElementById('blind')")
    show_all(page)
    said = names(page)
    hidden = [
        *NAMES,
        *NAMES.values(),
        "failed",
        "WaveNet",
        "distortion",
        "cannot be read",
    ]
    assert [word for word in hidden if word.lower() in said.lower()] == []
    assert "Voice A" in said
    pictures = "[...document.images].filter((one) => one.src).length"
    assert page.execute_script(f"return {pictures}") == 0
    assert page.execute_script(f"return {count('audio')}") == 0
    click(page, button(1, 2))
    until(page, f"{PLAYED}.join() === 'Voice B, sentence 1'")
    length = until(page, f"{PLAYING}[0].duration")
    click(page, "document.querySelectorAll('#sentence-1 .ballot input')[1]")
    click(page, "document.getElementById('blind')")
    lengths = {
        round(decode(made[1].parent / clip["wav"])[0].size / AUDIO.sample_rate, 2): key
        for key, clip in made[0]["sentences"][0]["clips"].items()
    }
    voice = NAMES[lengths[round(length, 2)]]
    status = page.execute_script("return document.getElementById('status').textContent")
    assert status == (f"Judged blind: 1 sentence of 3. Sounded best: {voice} 1.")
    assert NAMES["xtts"] in names(page)


def test_blind_the_order_is_left_to_chance(page):
    orders = set()
    for _ in range(12):
        click(page, "document.getElementById('blind')")
        show_all(page)
        widths = page.execute_script(
            "return [...document.querySelectorAll('#sentence-1 .sound')]"
            ".map((one) => one.style.width).join()"
        )
        orders.add(widths)
        click(page, "document.getElementById('blind')")
    assert len(orders) > 1


def test_the_worst_come_first_and_the_flawless_can_be_left_out(page):
    order = "[...document.querySelectorAll('article')].map((one) => one.id)"
    chosen = "document.querySelector('#tools select')"
    page.execute_script(
        f"{chosen}.value = 'cepstral_decibel';"
        f"{chosen}.dispatchEvent(new Event('change'))"
    )
    # The third has no figure of XTTS, but that of the other voice is the worst of all.
    assert page.execute_script(f"return {order}") == [
        "sentence-3",
        "sentence-2",
        "sentence-1",
    ]
    click(page, "document.querySelector('#tools input[type=checkbox]')")
    assert page.execute_script(f"return {order}") == ["sentence-3", "sentence-2"]
    status = page.execute_script("return document.getElementById('status').textContent")
    assert status == "2 of 3 sentences"


def test_what_went_wrong_is_said(page):
    text = page.execute_script("return document.querySelector('main').innerText")
    for words in (
        "cannot be read: too long",
        "a symbol was skipped",
        "WaveNet is missing: no vocoder was named",
        "two of the sentences were heard in training",
        "rather quiet",
    ):
        assert words in text
    failed = "[...document.querySelectorAll('.failed')]"
    owners = f"{failed}.map((one) => one.closest('.clip').ariaLabel)"
    assert page.execute_script(f"return {owners}") == [
        "Trained voice, Griffin-Lim, sentence 2"
    ]


def test_the_figures_are_there_with_their_intervals(page):
    rows = page.execute_script(
        "return [...document.querySelectorAll('.figures tbody tr')]"
        ".map((row) => row.innerText.split(/\\s+/).join(' '))"
    )
    assert rows[0].startswith("Mel-cepstral distortion dB, lower is better, n = 3")
    assert "Trained voice, Griffin-Lim best 5.20 5.00 to 5.40" in rows[1]
    assert "XTTS, zero-shot 6.30 6.10 to 6.50" in rows[2]
    assert "recording to recording 8.10 7.90 to 8.30" in rows[3]
    ends = page.execute_script(
        "return [...document.querySelectorAll('.figures .bar')].map((bar) =>"
        " [...bar.querySelectorAll('line:not(.rail)')].slice(0, 1).map((line) =>"
        " [line.x1, line.x2].map((end) => end.baseVal.valueInSpecifiedUnits))[0])"
    )
    (ours_low, ours_high), (theirs_low, theirs_high), _ = ends
    assert ours_low < ours_high < theirs_low < theirs_high


def test_evil_text_stays_text(page):
    text = page.execute_script("return document.querySelector('main').textContent")
    assert text.count(EVIL) == 2
    assert page.title == "logs/made: voices compared"


@pytest.mark.parametrize("width", [320, 390, 800])
def test_it_fits_a_narrow_window(page, width):
    size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        across = page.execute_script("return document.documentElement.scrollWidth")
    finally:
        page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert across == width


def test_the_browser_would_refuse_to_ask_anybody(browser, made):
    """What the log of requests says can be trusted: the refused ones are seen."""
    asked = []

    class Listening(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_error(404)

    with HTTPServer(("127.0.0.1", 0), Listening) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        open_page(browser, made[1])
        browser.execute_script(
            "window.refused = [];"
            "addEventListener('securitypolicyviolation',"
            " (event) => refused.push(event.effectiveDirective));"
            "for (const name of ['img', 'audio']) {"
            "  const node = document.createElement(name);"
            "  node.src = `${arguments[0]}/${name}`; document.body.append(node); }"
            "fetch(`${arguments[0]}/fetch`).catch(() => {});",
            address,
        )
        until(browser, "refused.length === 3")
        found = browser.execute_script("return refused.sort()")
        browser.get(f"{address}/asked")
        server.shutdown()
    assert found == ["connect-src", "img-src", "media-src"]
    assert [path for path in asked if path != "/favicon.ico"] == ["/asked"]
    assert f"{address}/asked" in requested(browser)
    assert len([line for line in complaints(browser) if "violates" in line]) >= 3


@pytest.mark.parametrize("kind", ["no sentence", "one voice", "hardly a fact"])
def test_little_is_enough(browser, tmp_path, kind):
    facts = comparison(tmp_path)
    if kind == "no sentence":
        facts["sentences"] = []
    elif kind == "one voice":
        facts["systems"] = facts["systems"][1:2]
    else:
        keys = ("systems", "sentences")
        facts = {key: facts[key] for key in keys} | {"reference": None, "figures": None}
        (tmp_path / "griffin-lim/0001.wav").unlink()
    open_page(browser, write(tmp_path, facts, AUDIO))
    show_all(browser)
    text = browser.execute_script("return document.body.innerText")
    assert ("There are no sentences." in text) == (kind == "no sentence")
    assert ("griffin-lim/0001.wav: no such file" in text) == (kind == "hardly a fact")
    assert complaints(browser) == []
