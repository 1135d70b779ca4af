"""Hanja: everyday characters, 두음 법칙, words with a reading of their own."""

import pytest

from hangul import normalize, normalize_verbose

from .readings import readings

CHARACTERS = readings(
    """
    株主 → 주주
    專貰 → 전세
    洛山寺 → 낙산사
    黃沙 → 황사
    毒蛇 → 독사
    鼻音 → 비음
    謹啓 → 근계
    牛肉麵 → 우육면
    冷麵 特選 → 냉면 특선
    釜山 → 부산
    蔚山 → 울산
    濟州 → 제주
    鬱陵島 → 울릉도
    慶尙南道 → 경상남도
    彈劾 審判 → 탄핵 심판
    搜査 → 수사
    靑瓦臺 → 청와대
    憲裁 → 헌재
    賃貸 → 임대
    領收證 → 영수증
    急騰 → 급등
    耳鼻咽喉科 → 이비인후과
    臥薪嘗膽 → 와신상담
    烏飛梨落 → 오비이락
    '株'를 사다 → 주를 사다
    前年比 3% → 전년비 삼 퍼센트
    5千萬원 → 오천만 원
    二〇二四年 → 이영이사년
    홍〇〇 → 홍 모
    """
)
# The first syllable of a word, 렬 and 률, 不, and four characters as two words.
SOUND_LAWS = readings(
    """
    女子와 少女 → 여자와 소녀
    3年 → 삼 년
    老人 → 노인
    失業率 → 실업률
    換率 → 환율
    分裂 → 분열
    不動産 → 부동산
    不良 → 불량
    不得不 → 부득불
    不實 → 부실
    海外旅行 → 해외여행
    男女老少 → 남녀노소
    未成年者 → 미성년자
    """
)
WORDS = readings(
    """
    人氣 殺到 → 인기 쇄도
    相殺 → 상쇄
    殺人 → 살인
    惡寒과 憎惡 → 오한과 증오
    惡化 → 악화
    金요일 → 금요일
    金씨 → 김씨
    金 3돈 → 금 세 돈
    金大中 → 김대중
    金浦 → 김포
    金融圈 → 금융권
    大便과 便所 → 대변과 변소
    男便 → 남편
    投降 → 투항
    下降 → 하강
    復興 → 부흥
    回復 → 회복
    계약 更新 → 계약 갱신
    기록 更新 → 기록 경신
    變更 → 변경
    音樂 → 음악
    娛樂 → 오락
    樂山樂水 → 요산요수
    自轉車 → 자전거
    自動車 → 자동차
    忖度 → 촌탁
    省略과 反省 → 생략과 반성
    率先 → 솔선
    數字 → 숫자
    遊說 → 유세
    標識板 → 표지판
    一切 → 일체
    媤宅 → 시댁
    拓本 → 탁본
    招待狀 → 초대장
    症狀 → 증상
    計畫 → 계획
    敗北 → 패배
    要塞 → 요새
    閉塞 → 폐색
    搜索 → 수색
    洞察 → 통찰
    綠茶와 茶房 → 녹차와 다방
    生辰 → 생신
    困難 → 곤란
    許諾 → 허락
    智異山 → 지리산
    龜裂 → 균열
    喜怒哀樂 → 희로애락
    """
)


@pytest.mark.parametrize(("written", "spoken"), CHARACTERS + SOUND_LAWS + WORDS)
def test_hanja(written, spoken):
    assert normalize(written) == spoken


def test_unknown_hanja_are_reported():
    assert normalize_verbose("𠀀 강").unreadable == ("𠀀",)
