"""Rules for more than one number before one counter: ranges, lists, branches."""

import re
from itertools import pairwise

from .numerals import NATIVE_BELOW, NATIVE_COUNTERS, read_integer
from .quantities import AMOUNT, COUNTER, MINUS, read_count, read_number, whole_value

# A number with a branch number: 720-1번 버스, 12-3번지, 제3-2회.
_BRANCH = re.compile(
    r"(?<![\d-])((?<![가-힣])제 ?)?(\d++)-(\d++)(?:-(\d++))? ?"
    r"(번지|번길|번|호(?!선|기)|반(?![가-힣]))"
)
_ORDINAL_BRANCH = re.compile(rf"(?<![가-힣])(제 ?)(\d++)-(\d++) ?({COUNTER})")
_RANGE = re.compile(
    rf"({MINUS})({AMOUNT}) ?([-~–]) ?({MINUS})({AMOUNT})(여?) ?({COUNTER})"
)
_ITEM = r"\d{1,2}(?!\d)"
_LIST = re.compile(
    rf"(?<![\d.,~-])(?<!\d[:/])({_ITEM}(?:(?:, ?|·){_ITEM})*)(?:, ?|·)"
    rf"(\d{{1,2}}[십백천]?[만억조]?)(여?) ?({COUNTER})"
)
_ROUGH_RANGE = re.compile(
    rf"(?<![\d.,])([2-9]) ?~ ?([3-9]0|[3-9][십백천만])([만억]?) ?({COUNTER})"
)
_COMPOUND = re.compile(
    r"(?<!\d)(\d{1,2})(막 ?|인 (?=1표)|[석인남자한촌통첩])"
    r"(\d{1,2})(?=[가-힣](?![가-힣]*\d))"
)
# Two numbers in turn as one: 두세 명. In Sino-Korean they are said as they are.
_ABOUT = (
    "",
    "한두",
    "두세",
    "서너",
    "네다섯",
    "대여섯",
    "예닐곱",
    "일고여덟",
    "여덟아홉",
)
_MONTHS = {(5, 6): "오뉴월", (9, 10): "구시월"}


def _native(counter: str) -> bool:
    return counter in NATIVE_COUNTERS or counter in NATIVE_BELOW


def read_about(first: str, last: str, counter: str, native: bool = False) -> str | None:
    """Read two numbers in turn as one: 2, 3, 명 → 두세 명; None for other pairs."""
    low, high = int(first), whole_value(last)
    if high is None:
        return None
    if high == low + 1 and counter == "월":
        named = f"{read_integer(first)}{read_count(last, counter)}"
        return _MONTHS.get((low, high), named) if low < 10 else None
    if high == low + 1 and low < 9:
        native = native or _native(counter)
        both = "오륙" if low == 5 else read_integer(first) + read_number(last)
        return f"{_ABOUT[low] if native else both} {counter}"
    leading = str(high).rstrip("0")
    if low < 9 and leading == str(low + 1) and high >= 10:
        return f"{read_integer(first)}{read_number(last)} {counter}"
    return None


def _read_list(match: re.Match) -> str:
    """Read each number as the counter asks: 3,4개 → 서너 개, 1,3등 → 일, 삼 등."""
    listed, last, about, counter = match.groups()
    items = [item.strip() for item in re.split("[,·]", listed)]
    values = [*map(int, items), whole_value(last) or 0]
    if any(a >= b for a, b in pairwise(values)):
        return match[0]
    if len(items) == 1 and not about:
        told = read_about(items[0], last, counter)
        if told:
            return told
    ages = counter == "대" and all(value % 10 == 0 for value in values)
    said = [
        read_integer(item)
        if ages
        else read_count(item, counter).removesuffix(counter).strip()
        + ("월" if counter == "월" else "")
        for item in items
    ]
    end = read_number(last) + f"{about} {counter}"
    return ", ".join([*said, end if ages or about else read_count(last, counter)])


def _read_branch(match: re.Match) -> str:
    ordinal, *numbers, counter = match.groups()
    said = " 다시 ".join(read_number(number) for number in numbers if number)
    return f"{(ordinal or '').strip()}{said} {counter}"


def _read_range(match: re.Match) -> str:
    minus, first, joint, under, last, about, counter = match.groups()
    if joint == "-" and counter in "승패무":
        return f"{read_number(first)} 대 {read_number(last)} {counter}"
    if about:
        return f"{read_number(first)}에서 {read_number(last)}여 {counter}"
    below = "영하 " if counter == "도" else "마이너스 "
    said = _from_to(first, last, counter)
    if under:
        said = said.replace("에서 ", f"에서 {below}")
    return below * bool(minus) + said


def _from_to(first: str, last: str, counter: str) -> str:
    """Native counters, months and years are said twice, others once.

    10~20명 → 열 명에서 스무 명, but 3~5일 → 삼에서 오 일. Volumes from the first on are
    named: 1~3권 → 일에서 삼 권.
    """
    if counter == "권" and first == "1":
        return f"일에서 {read_number(last)} 권"
    scaled = re.fullmatch(r"(\d+)([십백천]?[만억조]|[백천])", last)
    if scaled and first.isdigit() and int(first) < int(scaled[1]):
        first += scaled[2]  # 3~5만 원 begins at 30,000
    twice = _native(counter) or counter in "월년"
    left = read_count(first, counter) if twice else read_number(first)
    return f"{left}에서 {read_count(last, counter)}"


def read_compounds(text: str) -> str:
    """Read Sino-Korean words of two numbers: 1막1장 → 일막일장, 1석2조 → 일석이조."""
    return _COMPOUND.sub(
        lambda m: f"{read_integer(m[1])}{m[2]}{read_integer(m[3])}", text
    )


def read_sequences(text: str) -> str:
    """Read ranges, lists and branches: 10~20명, 3,4개, 720-1번 버스.

    Numbers in turn are one word (서너 개, 삼사 개월); before 번, 호 and 번지 and behind
    제 a dash is 다시.
    """
    text = _BRANCH.sub(_read_branch, text)
    text = _ORDINAL_BRANCH.sub(
        lambda m: f"제{read_number(m[2])} 다시 {read_number(m[3])} {m[4]}", text
    )
    text = _ROUGH_RANGE.sub(lambda m: read_about(m[1], m[2] + m[3], m[4]) or m[0], text)
    return _RANGE.sub(_read_range, _LIST.sub(_read_list, text))
