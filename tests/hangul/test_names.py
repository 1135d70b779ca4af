"""Days of history and generations."""

import pytest

from hangul import normalize

from .readings import readings

# With a full stop only before a word that tells or glued to one; never before a
# counter, a unit or a particle.
NAMES = readings(
    """
    5.18기념재단 → 오일팔기념재단
    8.15특사 → 팔일오특사
    6.15공동선언 → 육일오공동선언
    10.26사태 → 십이육사태
    4.3 희생자 → 사삼 희생자
    9.13 대책 → 구일삼 대책
    4.10 총선 → 사십 총선
    9/11 테러 → 구일일 테러
    4.16 세월호 → 사일육 세월호
    6.25때 → 육이오때
    3.1킬로 → 삼 점 일 킬로
    5.18% → 오 점 일팔 퍼센트
    4.3을 → 사 점 삼을
    6.25인치 → 육 점 이오 인치
    386세대 → 삼팔육세대
    486세대 → 사팔육세대
    86세대 → 팔육세대
    4050세대 → 사공오공세대
    7080 가요 → 칠공팔공 가요
    02월드컵 → 공이월드컵
    """
)


@pytest.mark.parametrize(("written", "spoken"), NAMES)
def test_names(written, spoken):
    assert normalize(written) == spoken
