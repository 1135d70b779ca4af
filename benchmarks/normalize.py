"""How fast text is read: characters a second, on one core.

Ordinary prose with a number here and there, prose thick with numbers and signs, and
the standard pronunciation of the first, each as the median of several rounds.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

PROSE = (
    "아침부터 내리던 비가 그치자 골목마다 사람들의 발걸음이 다시 바빠졌다.",
    "그는 창가에 앉아 식어 가는 커피를 바라보며 지난여름의 바다를 떠올렸다.",
    "시장 입구에는 갓 구운 빵 냄새가 가득했고, 아이들은 웃으며 뛰어다녔다.",
    "정부는 내년 예산안을 국회에 제출하고 물가 안정에 힘쓰겠다고 밝혔다.",
    "오늘 오후 3시부터 서울 전역에 5mm 안팎의 비가 더 내릴 것으로 보입니다.",
    "도서관은 평일에는 늦게까지 문을 열지만 주말에는 조금 일찍 닫습니다.",
    '"내일 다시 올게요." 그녀가 말하자 모두가 고개를 끄덕였다.',
    "오래된 집을 고쳐 만든 이 가게는 올해로 20년째 같은 자리를 지키고 있다.",
)
DENSE = (
    "코스피는 12.34포인트(0.48%) 오른 2,567.89로, 코스닥은 3.1% 내린 채 마감했다.",
    "2024년 2월 29일(목) 15:30, 문의 02-1234-5678, 참가비 1만 2천원, 정원 10~20명.",
    "KTX로 2시간 30분, 시속 300km/h, 미세먼지 35㎍/㎥, 기온 -5℃~3℃.",
)


def rate(work: Callable[[str], str], lines: tuple[str, ...], rounds: int) -> float:
    """Characters of `lines` a second through `work`, median of `rounds`."""
    characters = sum(map(len, lines))
    repeats = max(1, 20_000 // characters)
    rates = []
    for _ in range(rounds):
        start = time.process_time()
        for _ in range(repeats):
            for line in lines:
                work(line)
        rates.append(repeats * characters / (time.process_time() - start))
    return statistics.median(rates)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=7, help="repetitions (7)")
    rounds = max(1, parser.parse_args().rounds)
    import hangul

    for name, work, lines in (
        ("normalize, prose", hangul.normalize, PROSE),
        ("normalize, numbers", hangul.normalize, DENSE),
        ("pronounce, prose", hangul.pronounce, PROSE),
    ):
        print(f"{name:<20}{rate(work, lines, rounds):>10,.0f} chars/s")


if __name__ == "__main__":
    main()
