"""The ear that judges voices: scoring by hand-made cases, training on a few clips."""

import json
from dataclasses import replace

import numpy as np
import pytest

from benchmarks import intelligibility, listening, recogniser, scores, spoken
from benchmarks.scores import Sentence, align
from moksori.audio.files import save

PLAN = listening.Plan(clips=8, epochs=1, batch=4, learning_rate=3e-3)
SMALL = recogniser.Shape(channels=16, dilations=(1, 2))


@pytest.fixture(scope="module")
def clips():
    return listening.clips(PLAN)


@pytest.fixture(scope="module")
def untaught():
    import keras

    keras.utils.set_random_seed(3)
    return recogniser.Recogniser(recogniser.build(SMALL), SMALL, {"clips": 0})


def tone(seconds: float, seed: int = 0) -> np.ndarray:
    r = np.random.default_rng(seed)
    time = np.arange(int(seconds * 16000)) / 16000
    sweep = np.sin(2 * np.pi * (200 + 900 * time) * time)
    return (0.3 * sweep + 0.02 * r.standard_normal(time.size)).astype(np.float32)


@pytest.mark.parametrize(
    ("expected", "heard", "errors"),
    [
        ([1, 2, 3], [1, 2, 3], 0),
        ([1, 2, 3], [], 3),
        ([], [4, 4], 2),
        ([1, 2, 3], [1, 9, 3], 1),
        ([1, 2, 3, 4], [2, 3, 4], 1),
        ([1, 2, 3], [1, 2, 2, 3], 1),
        ([1, 2, 3, 4, 5], [5, 1, 2, 4], 3),
    ],
)
def test_alignment_is_a_cheapest_edit(expected, heard, errors):
    pairs = align(expected, heard)
    assert sum(a != b for a, b in pairs) == errors
    assert [a for a, _ in pairs if a] == expected
    assert [b for _, b in pairs if b] == heard


def test_letters_are_those_that_sound():
    assert recogniser.letters_of("국물.") == recogniser.letters_of("궁물")
    assert recogniser.letters_of("국물") != recogniser.letters_of("국밥")
    assert recogniser.spell(recogniser.letters_of("안녕, 나무!")) == "안녕나무"


def test_decoding_joins_repeats_but_not_over_a_blank():
    scores_ = np.eye(5, dtype=np.float32)[[0, 3, 3, 0, 3, 1, 1, 2, 0]]
    assert recogniser.decode(scores_) == [3, 3, 1, 2]
    assert recogniser.decode(np.eye(5)[[2, 2]]) == [2]


def test_level_and_colour_of_a_recording_do_not_matter():
    wave = tone(1.0)
    plain = recogniser.features(wave, 16000)
    quiet = recogniser.features(0.01 * wave, 16000)
    np.testing.assert_allclose(plain, quiet, atol=1e-3)
    assert plain.shape == (80, recogniser.AUDIO.mels)
    assert np.abs(plain.mean(axis=0)).max() < 1e-4


def test_silence_and_nothing_can_be_listened_to(untaught):
    waves = [np.zeros(16000, np.float32), np.zeros(0, np.float32), tone(0.4)]
    heard = untaught.hear(waves, 16000)
    assert len(heard) == 3
    assert heard[1] == []
    assert np.isfinite(recogniser.features(waves[0], 16000)).all()


def test_company_in_a_batch_does_not_change_what_is_heard(untaught):
    short, long = (recogniser.features(tone(s), 16000) for s in (0.7, 2.4))

    def listen(*clips):
        batch = recogniser.collate(clips)
        return np.asarray(untaught.network([batch["mel"], batch["frames"]]))[0]

    frames = recogniser.heard_frames(short.shape[0])
    alone, beside = listen(short), listen(short, long)
    assert alone.shape[0] < beside.shape[0]
    np.testing.assert_allclose(alone[:frames], beside[:frames], atol=1e-4)


def test_the_voice_under_test_and_its_sentences_are_never_learned_from():
    from moksori.demo.corpus import SPEAKERS
    from moksori.demo.grammar.sentences import held_out

    voices = listening.voices()
    assert SPEAKERS[0].voice not in voices
    assert len(voices) >= 7
    lines = listening.texts(replace(PLAN, clips=300))
    assert not set(lines) & set(held_out(300))


def test_a_clip_follows_from_its_seed():
    def mel(seed):
        return listening.record("나무가 커요.", "ko+m3", PLAN, seed).mel

    np.testing.assert_array_equal(mel(1), mel(1))
    sounds = {mel(seed).tobytes() for seed in range(4)}
    assert len(sounds) == 4


def test_clips_keep_their_order_whatever_the_threads(clips):
    again = listening.clips(replace(PLAN, threads=1))
    assert len(again) == len(clips) > 4
    for one, other in zip(clips, again, strict=True):
        np.testing.assert_array_equal(one.letters, other.letters)


def test_training_learns_the_clips_it_sees(clips):
    few = clips[:4]
    plan = replace(PLAN, epochs=60)
    losses = []
    network = listening.fit(few, plan, SMALL, lambda line: losses.append(line))
    first, last = (
        float(line.split("loss ")[1].split(",")[0]) for line in (losses[0], losses[-1])
    )
    assert last < 0.6 * first
    assert all(np.isfinite(w).all() for w in network.get_weights())


def test_a_saved_recogniser_hears_the_same(untaught, tmp_path):
    untaught.save(tmp_path)
    again = recogniser.Recogniser.load(tmp_path)
    waves = [tone(0.5), tone(1.3, seed=1)]
    assert again.hear(waves, 16000) == untaught.hear(waves, 16000)
    assert again.facts == {"clips": 0}


def test_a_recogniser_of_another_version_is_refused(untaught, tmp_path):
    untaught.save(tmp_path)
    record = tmp_path / "recogniser.json"
    changed = json.loads(record.read_text("utf-8"))
    changed["kind"]["version"] = 0
    record.write_text(json.dumps(changed), "utf-8")
    with pytest.raises(recogniser.RecogniserError, match="remove the folder"):
        recogniser.Recogniser.load(tmp_path)
    with pytest.raises(recogniser.RecogniserError, match="no recogniser here"):
        recogniser.Recogniser.load(tmp_path / "absent")


def test_the_interval_holds_the_rate_and_narrows_with_sentences():
    r = np.random.default_rng(0)

    def some(count):
        expected = list(range(1, 21))
        return [
            Sentence("가", expected, [0 if r.random() < 0.2 else e for e in expected])
            for _ in range(count)
        ]

    few, many = some(10), some(200)
    for sentences in (few, many):
        rate = scores.rate_of(sentences)
        assert rate["interval"][0] <= rate["mean"] <= rate["interval"][1]
    widths = [np.diff(scores.rate_of(s)["interval"])[0] for s in (few, many)]
    assert widths[1] < 0.5 * widths[0]


def test_long_sentences_weigh_more():
    sentences = [Sentence("가", [1] * 9 + [2], [1] * 9), Sentence("나", [1, 2], [])]
    assert [s.rate for s in sentences] == [0.1, 1.0]
    assert scores.rate_of(sentences)["mean"] == pytest.approx(3 / 12)


def test_the_table_names_what_was_heard_instead():
    said, heard = (recogniser.letters_of(word) for word in ("나무", "나문"))
    made = scores.summary("voice", [Sentence("나무", said, heard)])
    assert made["worst"][0]["heard"] == "나문"
    assert made["confusions"] == [{"said": "", "heard": "-ㄴ", "count": 1}]
    assert "25.0%" in scores.table([made])


def test_rates_of_a_folder_of_wavs(untaught, tmp_path, capsys):
    ear, speech = tmp_path / "ear", tmp_path / "speech"
    untaught.save(ear)
    save(speech / "1.wav", tone(0.8), 16000)
    rows = [{"text": "나무가 커요.", "wav": "1.wav"}, {"text": "안 나온 말"}]
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    (speech / "manifest.jsonl").write_text("\n".join(lines), "utf-8")
    found = spoken.from_manifest(speech, 10)
    assert [wave.size for wave in found.waves] == [12800, 16000]
    report = tmp_path / "report.json"
    options = ["--wavs", str(speech), "--recogniser", str(ear), "--json", str(report)]
    assert intelligibility.main(options) == 0
    written = json.loads(report.read_text("utf-8"))["sets"][0]
    rates = intelligibility.error_rates(
        found.waves, found.rate, found.texts, recogniser=ear
    )
    assert written["sentences"] == 2
    weights = [len(recogniser.letters_of(text)) for text in found.texts]
    assert written["rate"] == pytest.approx(np.average(rates, weights=weights))
    assert "speech" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("manifest", "complaint"),
    [
        (None, "cannot be read"),
        ("{half", "cannot be read"),
        ('{"wav": "1.wav"}', "no row has a text"),
        ('{"text": "가다", "wav": "gone.wav"}', "no such file"),
    ],
)
def test_a_bad_folder_is_one_clear_line(manifest, complaint, tmp_path, capsys):
    if manifest is not None:
        (tmp_path / "manifest.jsonl").write_text(manifest, "utf-8")
    options = ["--wavs", str(tmp_path), "--recogniser", str(tmp_path / "ear")]
    assert intelligibility.main(options) == 1
    said = capsys.readouterr().err.strip()
    assert complaint in said
    assert "\n" not in said
    assert not (tmp_path / "ear").exists()
