"""Check what a spoken consent says, as far as it can be told without a recogniser.

A voice reads the sentence and other words as long, and what a content encoder hears of
the recording must be nearest to the sentence, from its beginning to its end.
"""

import random
from collections.abc import Callable

import numpy as np

from moksori.metrics.wording import SAID, deviation
from moksori.service.listening import Sound
from moksori.speakers.speech import SAMPLE_RATE, SpeechDetector, find_speech

Encode = Callable[[np.ndarray, int], np.ndarray]

_OTHERS, _KEPT = 8, 64
# Lengths in steps, so that readings of other words serve again.
_STEP = 8
# Words of no consent, to be read in any order.
_WORDS = """
어제 저녁에 비가 그치고 나서 마을 뒤편의 작은 언덕으로 천천히 걸어 올라갔다
하얀 구름이 바다 쪽에서 밀려오고 갈매기 몇 마리가 낮게 날았다
시장 골목에는 갓 구운 빵과 따뜻한 국수 냄새가 가득했고
아이들은 운동장에서 공을 차며 큰 소리로 웃었다
기차는 터널을 지나 푸른 들판을 끼고 북쪽으로 달렸으며
할머니께서는 창가에 앉아 오래된 사진첩을 한 장씩 넘기셨다
"""


class SentenceCheck:
    """Tell whether recordings say sentences.

    `encode` gives the content of a wave [samples] with its rate, [frames, size], and
    `read` a reading of a text by any voice, always the same.
    """

    def __init__(
        self, encode: Encode, detector: SpeechDetector, read: Callable[[str], Sound]
    ):
        self._encode, self._detector, self._read = encode, detector, read
        self._known: dict[str, np.ndarray] = {}

    def says(
        self, sound: Sound, sentence: str, step: Callable[[], object] = lambda: None
    ) -> bool:
        """Tell whether a recording says a sentence, from its beginning to its end.

        `step` is called between readings. Raises `NoSpeech`, and `ValueError` for a
        sentence that cannot be read.
        """
        said, wanted = self._content(sound), self._content(self._read(sentence))
        others = []
        for text in other_words(len(sentence)):
            step()
            if len(self._known) > _KEPT:
                self._known.clear()
            if text not in self._known:
                self._known[text] = self._content(self._read(text))
            others.append(self._known[text])
        return deviation(said, wanted, others) < SAID

    def _content(self, sound: Sound) -> np.ndarray:
        # Pauses are everybody's own, and nothing is said in them.
        speech = find_speech(*sound, self._detector)
        return self._encode(speech.wave, SAMPLE_RATE)


def other_words(letters: int) -> list[str]:
    """Return texts about as long that say something else."""
    length = max(round(letters / _STEP), 1) * _STEP
    texts, words = [], _WORDS.split()
    for seed in range(_OTHERS):
        text, r = "", random.Random(seed)
        while len(text) < length:
            text += " ".join(r.sample(words, len(words))) + " "
        texts.append(text[: text.find(" ", length - 2)])
    return texts
