"""Numbers that name: telephones, accounts, versions, addresses of the net."""

import pytest

from hangul import normalize

from .readings import readings

# Digit by digit, zero as 공, groups apart, dashes silent.
TELEPHONES = readings(
    """
    010-1234-5678 → 공일공 일이삼사 오육칠팔
    010 1234 5678 → 공일공 일이삼사 오육칠팔
    010.1234.5678 → 공일공 일이삼사 오육칠팔
    01012345678 → 공일공 일이삼사 오육칠팔
    02-123-4567 → 공이 일이삼 사오육칠
    02-1234-5678 → 공이 일이삼사 오육칠팔
    (02)123-4567 → 공이 일이삼 사오육칠
    02) 123-4567 → 공이 일이삼 사오육칠
    031-123-4567 → 공삼일 일이삼 사오육칠
    031)123-4567 → 공삼일 일이삼 사오육칠
    1588-1234 → 일오팔팔 일이삼사
    1544-7788 → 일오사사 칠칠팔팔
    080-123-4567 → 공팔공 일이삼 사오육칠
    +82-10-1234-5678 → 플러스 팔이 일공 일이삼사 오육칠팔
    +82 2 123 4567 → 플러스 팔이 이 일이삼 사오육칠
    +1-202-555-0147 → 플러스 일 이공이 오오오 공일사칠
    110-123-456789 → 일일공 일이삼 사오육칠팔구
    계좌번호는 110-123-456789입니다 → 계좌번호는 일일공 일이삼 사오육칠팔구입니다
    1234-5678-9012-3456 → 일이삼사 오육칠팔 구공일이 삼사오육
    1234 5678 9012 3456 → 일이삼사 오육칠팔 구공일이 삼사오육
    900101-1234567 → 구공공일공일 일이삼사오육칠
    123-45-67890 → 일이삼 사오 육칠팔구공
    비밀번호는 1234 → 비밀번호는 일이삼사
    인증번호 482913 → 인증번호 사팔이구일삼
    12가 3456 → 십이 가 삼사오육
    123가 4567 → 백이십삼 가 사오육칠
    우편번호 06236 → 우편번호 공육이삼육
    """
)

# Versions by numbers, four parts by digits (an IP address); rooms, buses and lines as
# numbers; a code of letters with four digits or more by digits.
CODES = readings(
    """
    3.1.2 → 삼 점 일 점 이
    1.0.0 → 일 점 영 점 영
    v2.0 → 버전 이 점 영
    버전 3.11 → 버전 삼 점 일일
    iOS 17.2.1 → 아이오에스 십칠 점 이 점 일
    192.168.0.1 → 일구이 점 일육팔 점 공 점 일
    10.0.0.255 → 일공 점 공 점 공 점 이오오
    305호 → 삼백오 호
    1205호 → 천이백오 호
    101동 1502호 → 백일 동 천오백이 호
    146번 버스 → 백사십육 번 버스
    9호선 → 구 호선
    5층 503호 → 오 층 오백삼 호
    테헤란로 123 → 테헤란로 백이십삼
    A동 302호 → 에이동 삼백이 호
    KE123편 → 케이이 백이십삼편
    ISO9001 → 아이에스오 구공공일
    RTX4090 → 알티엑스 사공구공
    """
)

# The scheme is silent, a dot is 점, @ 골뱅이; words by ear, short letters by name.
NET = readings(
    """
    help@naver.com → 헬프 골뱅이 네이버 점 컴
    user_01@gmail.com → 유저 밑줄 공일 골뱅이 지메일 점 컴
    abc123@daum.net → 에이비씨 일이삼 골뱅이 다음 점 넷
    www.naver.com → 더블유더블유더블유 점 네이버 점 컴
    naver.com → 네이버 점 컴
    https://www.naver.com/news?id=3 → 더블유더블유더블유 점 네이버 점 컴 슬래시 뉴스
        물음표 아이디 이퀄 삼
    http://korea.go.kr → 코리아 점 지오 점 케이알
    www.snu.ac.kr → 더블유더블유더블유 점 에스엔유 점 에이씨 점 케이알
    youtube.com/watch → 유튜브 점 컴 슬래시 워치
    github.io → 깃허브 점 아이오
    #여행 → 해시태그 여행
    #OOTD → 해시태그 오오티디
    @hong → 홍
    report.pdf → 리포트 점 피디에프
    보고서.hwp → 보고서 점 에이치더블유피
    Node.js → 노드 점 제이에스
    """
)

# What has 번호, 학번, ISBN before it is a code; what counts behind it makes it none.
NAMED = readings(
    """
    010 - 1234 - 5678 → 공일공 일이삼사 오육칠팔
    010–1234–5678 → 공일공 일이삼사 오육칠팔
    010·1234·5678 → 공일공 일이삼사 오육칠팔
    010/1234/5678 → 공일공 일이삼사 오육칠팔
    T.02-123-4567 → 티 공이 일이삼 사오육칠
    H.P. 010-3456-7890 → 에이치피 공일공 삼사오육 칠팔구공
    02·123·4567 → 공이 일이삼 사오육칠
    010-****-1234 → 공일공 땡땡땡땡 일이삼사
    1588 - 1234 → 일오팔팔 일이삼사
    전화 1588 1234 → 전화 일오팔팔 일이삼사
    학번 2021-12345 → 학번 이공이일 일이삼사오
    학번은 20231234입니다 → 학번은 이공이삼일이삼사입니다
    사번 20231105 → 사번 이공이삼일일공오
    ISBN 978-89-1234-567-8 → 아이에스비엔 구칠팔 팔구 일이삼사 오육칠 팔
    ISSN 1234-5678 → 아이에스에스엔 일이삼사 오육칠팔
    인증번호는 [482913]입니다 → 인증번호는 사팔이구일삼입니다
    인증번호[204857]를 입력 → 인증번호 이공사팔오칠을 입력
    [482913] 인증번호를 입력하세요 → 사팔이구일삼 인증번호를 입력하세요
    482913은 인증번호입니다 → 사팔이구일삼은 인증번호입니다
    비번은 7788이야 → 비번은 칠칠팔팔이야
    와이파이 비번: 88888888 → 와이파이 비번 팔팔팔팔팔팔팔팔
    PIN 1234 → 핀 일이삼사
    OTP 482913 → 오티피 사팔이구일삼
    수험번호: 102938 → 수험번호 일공이구삼팔
    주문번호 20240315-12345 → 주문번호 이공이사공삼일오 일이삼사오
    카드번호 1234 5678 9012 3456 → 카드번호 일이삼사 오육칠팔 구공일이 삼사오육
    전화번호 100개 → 전화번호 백 개
    비밀번호 4자리 → 비밀번호 네 자리
    대기번호 15번 → 대기번호 십오 번
    등번호 10 → 등번호 십
    114에 물어봐 → 일일사에 물어봐
    119를 불렀다 → 일일구를 불렀다
    120 다산콜센터 → 일이공 다산콜센터
    182 경찰민원 → 일팔이 경찰민원
    1366 여성긴급전화 → 일삼육육 여성긴급전화
    국번 없이 1372 → 국번 없이 일삼칠이
    112로 나누면 → 일일이로 나누면
    """
)


@pytest.mark.parametrize(("written", "spoken"), TELEPHONES)
def test_telephones(written, spoken):
    assert normalize(written) == spoken


@pytest.mark.parametrize(("written", "spoken"), CODES)
def test_codes(written, spoken):
    assert normalize(written) == spoken


@pytest.mark.parametrize(("written", "spoken"), NET)
def test_net(written, spoken):
    assert normalize(written) == spoken


@pytest.mark.parametrize(("written", "spoken"), NAMED)
def test_named(written, spoken):
    assert normalize(written) == spoken
