"""Rules for numbers that stand in relation: fractions, ratios, scores, sums."""

import re

from .numerals import digits, read_integer
from .quantities import AMOUNT, COUNTER, MINUS, read_number

_QUARTER = re.compile(r"([1-4])[/·]4 ?분기")
_SPOKEN_FRACTION = re.compile(r"(?<![\d.,])(\d++)분의 ?(\d+(?:\.\d+)?)")
_MIXED_FRACTION = re.compile(r"(?<![\d/.,])(\d{1,4}) (\d{1,4})/(\d{1,4})(?![\d/])")
_FRACTION = re.compile(rf"(?<![\d/.])(\d++)/(\d++)(?![\d/])( ?{COUNTER})?")
_SEASON = re.compile(r"(?<!\d)((?:19|20)?\d\d)/(\d\d)(?=[ -]?(?:시즌|년|학년))")
_PRESSURE = re.compile(r"(혈압[^\d.,]{0,8})(\d{2,3})/(\d{2,3})(?!\d)")


def read_fractions(text: str) -> str:
    """Read fractions: 3/4 → 사분의 삼, 2 1/2 → 이와 이분의 일, 3/4분기 → 삼사 분기."""
    text = _SPOKEN_FRACTION.sub(
        lambda m: f"{read_number(m[1])}분의 {read_number(m[2])}", text
    )
    text = _QUARTER.sub(lambda m: digits(m[1]) + "사 분기", text)
    text = _SEASON.sub(lambda m: f"{read_integer(m[1])}, {read_integer(m[2])} ", text)
    text = _PRESSURE.sub(
        lambda m: f"{m[1]}{read_integer(m[2])}에 {read_integer(m[3])}", text
    )
    text = _MIXED_FRACTION.sub(
        lambda m: f"{read_integer(m[1])}와(과) {m[2]}/{m[3]}", text
    )

    def fraction(match):
        counter = f" {match[3].strip()}" if match[3] else ""
        return f"{read_integer(match[2])}분의 {read_integer(match[1])}{counter}"

    return _FRACTION.sub(fraction, text)


_PLACE = r"\d++(?:\.\d++)?"
_RATIO = re.compile(rf"(?<![\d:.])({_PLACE}(?: ?: ?{_PLACE})+)(?![\d:])")
_SCORE = re.compile(r"(?<![\w.-])(\d{1,3}) ?[-–] ?(\d{1,3})(?![\w-]|\.\d)")
_SCORE_SUFFIX = re.compile(
    r"(?<![\w.-])(\d{1,3}) ?[-–] ?(\d{1,3})(?=로|으로|의| ?(?:승|패|무승부|완승|역전))"
)
_BRANCH = re.compile(
    r"((?:(?<![가-힣])(?:그림|표|사진|보기|예제|문제|문항|단원|피겨|섹션|챕터|오퍼스|식|"
    r"제) ?|[가-힣\d]{2}(?<!으)(?:로|길|동|리|가) |(?<![가-힣])산 |"
    r"[ \d일이삼사오육칠팔구십]번?길 ))"
    r"(\d+)-(\d+)(?!\d)"
)
_YEARS = re.compile(r"(?<!\d)((?:1[5-9]|20)\d\d) ?[-~–] ?((?:1[5-9]|20)\d\d)(?!\d)")


def read_ratios(text: str) -> str:
    """Read ratios: 3:1 → 삼 대 일, 2-0 → 이 대 영.

    Between numbers of up to three digits a dash is a score; behind 그림, 표, 제 and
    street names it is a branch (다시), between years a span (에서).
    """
    text = _YEARS.sub(lambda m: f"{read_integer(m[1])}에서 {read_integer(m[2])}", text)
    text = _BRANCH.sub(
        lambda m: f"{m[1]}{read_integer(m[2])} 다시 {read_integer(m[3])}", text
    )
    text = _RATIO.sub(
        lambda m: " 대 ".join(map(read_number, re.split(" ?: ?", m[0]))), text
    )

    def score(match):
        return f"{read_integer(match[1])} 대 {read_integer(match[2])}"

    return _SCORE.sub(score, _SCORE_SUFFIX.sub(score, text))


_OPERAND = (
    rf"(?:{MINUS}{AMOUNT}(?: ?%p?| ?°C?| ?[a-z]{{1,3}})?|[A-Za-zα-ω](?![A-Za-z]))"
)
_LEFT = r"(?<=[\d)²³A-Za-zα-ω%])"
_PLUS = re.compile(
    r"(?<=[\d)²³]) ?\+ ?(?=[\d(A-Za-z])"
    r"|(?<= [A-Za-z]) \+ (?=[\dA-Za-z(])|(?<=[\d ][a-z])\+(?=\d)"
)
_TIMES = re.compile(
    r"(?<=[\d)²³]) ?[×*] ?(?=[\d(A-Za-z])|(?<=\d) ?[xX] ?(?=\d)|(?<=[A-Za-z])\*(?=\d)|"
    r"(?<=[A-Za-z]) ?× ?(?=[\dA-Za-z(])"
)
_MINUS = re.compile(rf"{_LEFT} ?− ?(?=[\d(A-Za-z])|(?<=[\d)]) - (?=[\d(][^=]*=)")
_MINUS_CLOSE = re.compile(r"(?<=\d)-(?=\d+ ?=)")
_DIVIDED = re.compile(rf"{_LEFT} ?÷ ?(?=[\d(A-Za-z])")
_COMPARISONS = {
    "<": "보다 작다",
    ">": "보다 크다",
    "≤": "보다 작거나 같다",
    "≥": "보다 크거나 같다",
    "≠": "와(과) 같지 않다",
}
_COMPARISON = re.compile(rf"{_LEFT} ?([<>≤≥≠]) ?({_OPERAND})")
_BOUND = re.compile(rf"([<>≤≥]) ?({_OPERAND})(?!>)")
_BOUNDS = {"<": " 미만", ">": " 초과", "≤": " 이하", "≥": " 이상"}
_EQUALS = re.compile(rf"{_LEFT} ?= ?|(?<=[가-힣]) ?= ?(?=\S)")
_POWER = re.compile(r"([\dA-Za-zα-ω)])(?:\^(-?\d+)|([⁻⁰¹²³⁴-⁹]+))")
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_ROOT = re.compile(r"√ ?(?=[\dA-Za-z(])")


def _read_power(match: re.Match) -> str:
    """10² → 십의 제곱, x³ → 엑스 세제곱, 10⁶ → 십의 육 제곱."""
    base, caret, raised = match.groups()
    exponent = caret or raised.translate(_SUPERSCRIPTS)
    if not re.fullmatch(r"-?\d+", exponent):
        return base
    named = {"2": "제곱", "3": "세제곱"}.get(exponent)
    minus = "마이너스 " if exponent.startswith("-") else ""
    named = named or f"{minus}{read_integer(exponent.lstrip('-'))} 제곱"
    return f"{base}{'의' if base.isdigit() else ''} {named}"


def read_sums(text: str) -> str:
    """Read sums: 3+4=7 → 3 더하기 4는 7, x ≤ 3 → x는 3보다 작거나 같다, ≥5 → 5 이상.

    Signs become words here and the numbers beside them stay for the rules below; the
    particle is left as 은(는) until the number before it has been spoken.
    """
    text = _PLUS.sub(" 더하기 ", _MINUS_CLOSE.sub(" 빼기 ", text))
    text = _MINUS.sub(" 빼기 ", _TIMES.sub(" 곱하기 ", text))
    text = _DIVIDED.sub(" 나누기 ", text)
    text = _COMPARISON.sub(lambda m: f"은(는) {m[2]}{_COMPARISONS[m[1]]}", text)
    text = _BOUND.sub(lambda m: m[2] + _BOUNDS[m[1]], text)
    text = _ROOT.sub("루트 ", _EQUALS.sub("은(는) ", text))
    return text


def read_powers(text: str) -> str:
    """Read exponents, raised or behind ^; units have taken theirs before."""
    return _POWER.sub(_read_power, text)
