import io
import unicodedata
import warnings

import numpy as np
import pytest
from PIL import Image

from moksori.training import figures
from moksori.training.figures import alignment, letter, spectrograms, syllables


def jamo(text):
    return list(unicodedata.normalize("NFD", text))


def diagonal(steps, symbols):
    place = np.linspace(0, symbols - 1, steps)[:, None]
    weights = np.exp(-0.5 * (np.arange(symbols)[None] - place) ** 2)
    return weights / weights.sum(axis=1, keepdims=True)


def pixels(figure):
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return np.asarray(Image.open(file).convert("RGB")).astype(int)


@pytest.fixture(autouse=True)
def _no_missing_glyphs():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def shown(figure):
    """Every text of the first axes, from bottom to top."""
    axes = figure.axes[0]
    labels = [label.get_text() for label in axes.get_yticklabels()]
    texts = sorted(axes.texts, key=lambda text: text.get_position()[1])
    return labels, [text.get_text() for text in texts]


@pytest.mark.parametrize(
    ("symbol", "expected"),
    [
        ("\u1100", "ㄱ"),
        ("\u1112", "ㅎ"),
        ("\u1161", "ㅏ"),
        ("\u1175", "ㅣ"),
        ("\u11a8", "ㄱ"),
        ("\u11b2", "ㄼ"),
        ("\u11c2", "ㅎ"),
        ("ㄱ", "ㄱ"),
        (" ", "␣"),
        ("?", "?"),
        ("<pad>", "<pad>"),
    ],
)
def test_letters(symbol, expected):
    assert letter(symbol) == expected


def test_every_modern_jamo_has_a_letter():
    modern = [*range(0x1100, 0x1113), *range(0x1161, 0x1176), *range(0x11A8, 0x11C3)]
    assert len({letter(chr(code)) for code in modern}) == 51
    assert all("ㄱ" <= letter(chr(code)) <= "ㅣ" for code in modern)


def test_syllables():
    symbols = [*jamo("닭과 네"), "!", "\u1100", "a"]
    assert syllables(symbols) == [
        (0, 3, "닭"),
        (3, 5, "과"),
        (5, 6, " "),
        (6, 8, "네"),
        (8, 9, "!"),
        (9, 10, "\u1100"),
        (10, 11, "a"),
    ]
    assert syllables([]) == []


def test_alignment_shows_letters_and_the_syllables_they_form(tmp_path):
    symbols = [*jamo("좋네."), "~"]
    figure = alignment(
        diagonal(30, len(symbols)),
        symbols,
        tmp_path / "a.png",
        title="좋네.",
        step_seconds=0.05,
        stop=28,
    )
    labels, texts = shown(figure)
    assert labels == ["ㅈ", "ㅗ", "ㅎ", "ㄴ", "ㅔ", ".", "~"]
    assert [text for text in texts if text.strip() != "stop"] == ["좋", "네"]
    assert figure.axes[0].get_xlim() == pytest.approx((0.0, 1.5))
    assert figure.axes[0].get_xlabel() == "seconds"
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
    assert np.asarray(Image.open(tmp_path / "a.png")).std() > 10


def test_a_long_text_is_labelled_by_syllables():
    symbols = jamo("가나다라마바사아자차카타파하 " * 5)
    labels, texts = shown(alignment(diagonal(200, len(symbols)), symbols))
    assert set(labels) == {""}
    assert "".join(texts) == "가나다라마바사아자차카타파하" * 5


def test_the_diagonal_is_where_it_should_be():
    figure = alignment(np.eye(10), list("abcdefghij"))
    axes = figure.axes[0]
    drawn = pixels(figure)
    height = len(drawn)
    for step in range(10):
        x, y = axes.transData.transform((step + 0.5, step))
        assert drawn[height - int(y), int(x)].sum() > 500
        x, y = axes.transData.transform((step + 0.5, 9 - step))
        assert drawn[height - int(y), int(x)].sum() < 50


def test_hangul_is_drawn_and_not_boxes():
    def titled(text):
        return pixels(alignment(np.eye(2), list("ab"), title=text))

    one = titled("각")
    assert (one != titled("낫")).any()
    if figures.families()[0] == "NanumGothic":
        assert (one != titled("뷁")).any()


def test_a_long_title_is_not_cut():
    title = "한국어 음성 합성을 처음부터 학습합니다 " * 5
    figure = alignment(diagonal(20, 6), jamo("가나다"), title=title)
    figure.canvas.draw()
    box = figure.axes[0].title.get_window_extent()
    assert box.x0 >= 0
    assert box.x1 <= figure.bbox.x1
    assert box.y1 <= figure.bbox.y1


def test_an_endless_word_is_broken_too():
    figure = alignment(diagonal(20, 6), jamo("가나다"), title="가" * 200)
    figure.canvas.draw()
    box = figure.axes[0].title.get_window_extent()
    assert box.x0 >= 0
    assert box.x1 <= figure.bbox.x1


def test_a_weight_for_each_symbol():
    with pytest.raises(ValueError, match="3 symbols"):
        alignment(np.ones((5, 4)), list("abc"))


def test_spectrograms_share_their_scales(tmp_path):
    rng = np.random.default_rng(0)
    recorded = rng.normal(-5, 2, (100, 20))
    panels = [("녹음", recorded), ("free-running", 3 * recorded[:60])]
    figure = spectrograms(panels, 0.01, tmp_path / "m.png", title="안녕")
    first, second = figure.axes[:2]
    assert first.get_xlim() == second.get_xlim() == pytest.approx((0.0, 1.0))
    assert first.images[0].get_clim() == second.images[0].get_clim()
    assert first.images[0].get_clim()[1] == pytest.approx(recorded.max())
    assert second.images[0].get_extent() == pytest.approx([0.0, 0.6, 0, 20])
    assert [axes.get_title(loc="left") for axes in (first, second)] == [
        "녹음",
        "free-running",
    ]
    assert (tmp_path / "m.png").stat().st_size > 1000


def test_spectrograms_that_are_empty_or_flat():
    with pytest.raises(ValueError, match="broken"):
        spectrograms([("broken", np.zeros((0, 20)))], 0.01)
    pixels(spectrograms([("silence", np.full((10, 20), -11.5))], 0.01))
    pixels(spectrograms([("lost", np.full((10, 20), np.nan))], 0.01))


def test_figures_are_not_kept_alive():
    import gc
    import weakref

    figure = alignment(diagonal(20, 3), list("abc"))
    pixels(figure)
    gone = weakref.ref(figure)
    del figure
    gc.collect()
    assert gone() is None
