"""What fails is spoken again; what does not is left as it is."""

import numpy as np
import pytest

import hangul
from moksori.voices import stopping
from moksori.voices.attempts import (
    ATTEMPTS,
    COMMA,
    DROPOUT,
    FIRST,
    LADDER,
    WINDOW,
    Attempt,
)
from moksori.voices.generation import Generated, Generator, PrenetMasks
from moksori.voices.retrying import RetryingGenerator, note_of
from moksori.voices.trained import TrainedVoice

LINES = [tuple(hangul.encode(text)) for text in ("네.", "가나다라마.", "가나다라")]


class Scripted:
    """A decoder that fails on demand: `fails(line, attempt, closed)` says how."""

    def __init__(self, fails):
        self.fails, self.calls = fails, []

    def stream(self, ids, speakers, factor, seed, batch):
        order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
        for begin in range(0, len(ids), batch):
            indices = order[begin : begin + batch]
            given = [ids[i] for i in indices], [speakers[i] for i in indices]
            yield indices, self.generate(*given, factor, seed, FIRST)

    def generate(self, ids, speakers, factor, seed, attempt):
        self.calls.append((LADDER.index(attempt), [tuple(line) for line in ids]))
        return [self._line(line, attempt) for line in ids]

    def _line(self, ids, attempt):
        number, closed = LADDER.index(attempt), tuple(ids) not in LINES
        how = self.fails(LINES.index(_opened(ids)), number, closed)
        symbols = np.repeat(np.arange(len(ids)), 3)
        again = np.concatenate([symbols[:6], symbols[-6:]])
        if how == "went back twice":
            symbols = np.concatenate([symbols, again, again])
        if how == "went back":
            symbols = np.concatenate([symbols, again])
        stopped = {"rest": stopping.REST, "cap": stopping.CAP}.get(how, stopping.TOKEN)
        mel = np.full((len(symbols), 2), number, np.float32)
        return Generated(
            mel, None, np.eye(len(ids), dtype=np.float32)[symbols], stopped
        )


def _opened(ids):
    return tuple(ids) if tuple(ids) in LINES else (*ids[:-2], ids[-1])


def takes(fails, attempts=ATTEMPTS, batch=32):
    """The take of each line, the order they came in, and the scripted decoder."""
    scripted = Scripted(fails)
    generator = RetryingGenerator(scripted, attempts)
    found, order = {}, []
    for indices, kept in generator.stream(LINES, [0] * 3, 2, 7, batch):
        order.append(indices)
        found |= zip(indices, kept, strict=True)
    return [found[i] for i in range(3)], order, scripted


def test_lines_that_do_not_fail_are_spoken_once():
    kept, order, scripted = takes(lambda *_: "")
    assert order == [[0, 2, 1]]
    assert sum(len(lines) for _, lines in scripted.calls) == 3
    for take in kept:
        assert (take.attempts, take.severity) == (1, 0)
        assert (take.flaws, take.remedies, take.first_flaws) == ((), (), ())
    assert note_of(kept) == ()


def test_lines_of_a_batch_that_fail_are_retried_together():
    def fails(line, attempt, closed):
        return "went back" if attempt < (0, 3, 1)[line] else ""

    kept, order, scripted = takes(fails)
    # A batch keeps its lines and their order, on which a vocoder's noise depends.
    assert order == [[0, 2, 1]]
    assert [len(lines) for _, lines in scripted.calls] == [3, 2, 1, 1, 0]
    assert [number for number, _ in scripted.calls] == [0, 1, 2, 3, 4]
    assert [take.attempts for take in kept] == [1, 4, 2]
    assert [take.remedies for take in kept] == [(), (DROPOUT, WINDOW), (DROPOUT,)]
    assert kept[2].first_flaws == ("went back in the text 1 time(s)",)
    assert [take.generated.mel[0, 0] for take in kept] == [0, 3, 1]
    (note,) = note_of(kept[1:])
    assert "a window on the attention" in note
    assert "went back in the text 1 time(s)" in note
    apart, order, _ = takes(fails, batch=1)
    assert order == [[0], [2], [1]]
    for one, other in zip(apart, kept, strict=True):
        assert (one.attempts, one.remedies) == (other.attempts, other.remedies)


def test_the_best_is_kept_when_none_is_clean():
    def fails(line, attempt, closed):
        return ("went back twice", "cap", "went back", "rest", "went back twice")[
            attempt
        ]

    kept, *_ = takes(fails)
    for take in kept:
        assert (take.attempts, take.severity) == (ATTEMPTS, 1)
        assert take.remedies == (DROPOUT,)
        assert take.flaws == ("went back in the text 1 time(s)",)
        assert take.first_flaws == ("went back in the text 2 time(s)",)
    assert "the best is kept" in note_of(kept)[0]


def test_a_line_without_a_sign_at_its_end_is_closed_with_a_comma():
    kept, _, scripted = takes(lambda line, attempt, closed: "" if closed else "rest")
    comma = hangul.ALPHABET.index(",")
    assert kept[2].remedies == (DROPOUT, COMMA)
    assert kept[2].attempts == 2
    # The line has no such symbol: nor has its alignment.
    assert kept[2].generated.alignment.shape[1] == len(LINES[2])
    np.testing.assert_array_equal(kept[2].generated.alignment.sum(axis=1), 1.0)
    assert kept[0].attempts == kept[1].attempts == ATTEMPTS
    assert "rests" in kept[1].flaws[0]
    said = [ids for number, lines in scripted.calls for ids in lines if comma in ids]
    assert said == [(*LINES[2][:-1], comma, LINES[2][-1])]


def test_one_attempt_is_what_was_spoken_before_there_were_more():
    kept, order, scripted = takes(lambda *_: "went back", attempts=1)
    assert order == [[0, 2, 1]]
    assert [number for number, _ in scripted.calls] == [0]
    assert all(take.severity and not take.first_flaws for take in kept)
    for wrong in (0, ATTEMPTS + 1):
        with pytest.raises(ValueError, match="attempts must be 1 to"):
            RetryingGenerator(scripted, wrong)


def test_the_first_draw_of_a_seed_is_what_the_seed_always_gave(voice):
    prenet = voice.model.decoder.prenet
    for layer, mask in enumerate(PrenetMasks(prenet, 3, FIRST.draw).take(5)):
        chances = np.random.default_rng([3, layer]).random(mask.shape)
        np.testing.assert_array_equal(mask > 0, chances < 0.5)
    others = [PrenetMasks(prenet, 3, attempt.draw).take(5)[0] for attempt in LADDER]
    assert len({mask.tobytes() for mask in others}) == ATTEMPTS


def test_a_voice_tells_of_the_pieces_that_it_spoke_again(run_folder):
    voice = TrainedVoice.load(run_folder)
    voice._retrying = RetryingGenerator(Long())
    text = "가나다라 마바사아 자차카타 파하 가나다라 마바사아 자차카타. 네, 그래요."
    reading = voice.read(text)
    assert len(reading.pieces) == 2
    speech, other = voice.speak([text, "네, 그래요."])
    assert (speech.attempts, speech.remedies) == (3, (DROPOUT,))
    assert speech.failed == ("went back in the text 1 time(s)",)
    (note,) = speech.warnings
    assert "other dropout masks" in note
    assert (other.attempts, other.warnings) == (1, ())
    said = []
    heard = np.concatenate(list(voice.sound(reading, say=said.append)))
    assert said == [note]
    assert len(heard) == len(speech.wave)


class Long(Scripted):
    """Two attempts at a long piece fail."""

    def __init__(self):
        super().__init__(lambda line, number, closed: None)

    def _line(self, ids, attempt):
        again = len(ids) > 20 and LADDER.index(attempt) < 2
        symbols = np.repeat(np.arange(len(ids)), 3)
        if again:
            symbols = np.concatenate([symbols, symbols[:6], symbols[-6:]])
        weights = np.eye(len(ids), dtype=np.float32)[symbols]
        mel = np.zeros((2 * len(symbols), 20), np.float32)
        return Generated(mel, None, weights, stopping.TOKEN)


def test_a_tiny_voice_is_forced_to_walk_forward(voice):
    """Its weights are random: only the window makes its attention move on."""
    generator = Generator(voice.model, voice.settings.audio.frame_seconds)
    ids = [LINES[1] * 3, LINES[0]]

    def said(attempt):
        return next(generator.stream(ids, [0, 0], 2, 5, 2, attempt))[1]

    free, forced = said(Attempt()), said(Attempt(window=(1, 3)))
    again = said(Attempt(window=(1, 3)))
    for line in forced:
        np.testing.assert_allclose(line.alignment.sum(axis=1), 1.0, atol=1e-5)
        reach = [np.flatnonzero(row) for row in line.alignment]
        assert all(len(row) <= 5 and np.ptp(row) <= 4 for row in reach)
        assert reach[0][0] == 0
        assert (np.diff([row[0] for row in reach]) >= 0).all()
    assert np.count_nonzero(free[1].alignment[0]) > 5
    for one, other in zip(forced, again, strict=True):
        assert one.mel.tobytes() == other.mel.tobytes()
