"""Rules for numbers with units and prices."""

import re

from .lexicon import CENTS, CURRENCIES, SPEEDS, UNITS
from .numerals import digits, sino
from .quantities import AMOUNT, INTEGER, MINUS, read_count, read_number, sign
from .tables import alternatives

_END = "(?![A-Za-z0-9²³])"
_UNIT = rf"(?:{alternatives(UNITS)}){_END}"
_MEASURED = re.compile(rf"({MINUS})({AMOUNT})(여?) ?({_UNIT})")
_RANGE = re.compile(rf"({MINUS}{AMOUNT}) ?[-~–] ?({AMOUNT}) ?({_UNIT})")
_SPAN = re.compile(rf"({MINUS}{AMOUNT} ?(?:{_UNIT}|°[CF])) ?[~–] ?(?={MINUS}\d)")
_DEGREES = re.compile(rf"({MINUS})({AMOUNT})(?: ?°C)? ?[-~–] ?({MINUS}{AMOUNT} ?°[CF])")
# A unit without its number, for those that no word is spelled like.
_BARE_UNIT = "(?:kg|km|cm|mm|mg|μg|μm|mL|ml|kcal|kWh|[GM]Hz|[kc]?m²|[kc]?m³)"
_BARE = re.compile(
    rf"(?<![A-Za-z\d.,] )(?<![A-Za-z\d]){_BARE_UNIT}{_END}(?!/)"
    rf"|(?<=[십백천만억]) ?{_UNIT}|(?<![A-Za-z\d ])[gLtW](?=당)"
)
_BARE_PER = re.compile(
    rf"(?<![A-Za-z\d./])(?<!\d )({_BARE_UNIT}|g|L|m|t)"
    rf"/({_BARE_UNIT}|L|dL|h|s|g|m){_END}"
)
# Spoons of a recipe: 간장 2T is no tesla, 소금 1t no ton.
_SEASONING = alternatives(
    """
    간장 국간장 진간장 설탕 소금 식초 참기름 들기름 고춧가루 마늘 후추 올리고당 물엿
    맛술 고추장 된장 식용유 액젓 깨 깨소금 케첩 마요네즈 청주 미림 전분 꿀 생강 굴소스
    """
)
_SPOONS = re.compile(
    rf"((?:{_SEASONING}) )(\d+(?:[./]\d+)?)(?:~(\d+))? ?([Tt])(?![A-Za-z\d])"
)
_SPOON_NAMES = {"T": "큰술", "t": "작은술"}
# Amperes: behind volts, and where electricity is spoken of. 3A반 is a class.
_AMPERES = re.compile(
    rf"(?:(?<=V )|(?<=V/)|(?<=V, )|(?<=V·)|(전류[^\d.]{{0,4}}))({AMOUNT}) ?A{_END}"
    rf"|({AMOUNT}) ?A{_END}(?= ?(?:차단기|전류|충전|퓨즈|콘센트|어댑터|멀티탭|누전|급|"
    r"짜리|용량))|(?<![\d.])(\d\d|\d+\.\d+) ?A(?![A-Za-z0-9가-힣-])"
)
_SPEED = re.compile(
    rf"([시초분]속 ?)?({AMOUNT}) ?(km|KM|m|cm|mm|mi)/(h|hr|s|sec|min){_END}"
)
_MPH = re.compile(rf"(?:시속 ?)?({AMOUNT}) ?(kph|mph){_END}")
_PER = re.compile(
    rf"({AMOUNT}) ?({_UNIT}|[가-힣]{{1,3}}|)/({_UNIT}|[가-힣]{{1,2}}(?![가-힣]))"
)
_TEMPERATURE = re.compile(rf"((?:섭씨|화씨|영하|영상) ?)?({MINUS})({AMOUNT}) ?°([CF])")
_POINTS = re.compile(rf"({INTEGER}\.\d+|\d{{1,3}}(?:,\d{{3}})+) ?p{_END}")


def _read_speed(match: re.Match) -> str:
    said, amount, length, time = match.groups()
    speed = (said or SPEEDS[time]).strip()
    return f"{speed} {read_number(amount)} {UNITS[length]}"


def _read_per(match: re.Match) -> str:
    """35μg/m³ → 세제곱미터당 삼십오 마이크로그램: the whole comes first in Korean."""
    amount, unit, whole = match.groups()
    if unit not in UNITS and whole not in UNITS:
        return match[0]
    name = UNITS.get(unit, unit)
    return f"{UNITS.get(whole, whole)}당 {read_number(amount)} {name}".rstrip()


def _read_temperature(match: re.Match) -> str:
    """Below zero is 영하; otherwise the scale is named."""
    said, minus, amount, scale = match.groups()
    said = (said or "").strip()
    if minus and not said and scale == "C":
        said = "영하"
    elif not said:
        said = {"C": "섭씨", "F": "화씨"}[scale] + (" 영하" if minus else "")
    elif minus and said != "영하":
        said += " 영하"
    return f"{said} {read_number(amount)} 도"


def _read_measured(match: re.Match) -> str:
    minus, amount, about, unit = match.groups()
    name = UNITS[unit]
    if about:
        return f"{sign(minus)}{read_number(amount)}여 {name}"
    return sign(minus) + read_count(amount, name)


def read_units(text: str) -> str:
    """Read units: 5km → 오 킬로미터, 100km/h → 시속 백 킬로미터, -5℃ → 영하 오 도."""
    text = _SPOONS.sub(
        lambda m: f"{m[1]}{m[2]}" + f"~{m[3]}" * bool(m[3]) + _SPOON_NAMES[m[4]],
        text,
    )
    text = _SPAN.sub(r"\1에서 ", text)
    text = _DEGREES.sub(r"\1\2°C에서 \3", text)
    text = _RANGE.sub(r"\1에서 \2\3", text)
    text = _SPEED.sub(_read_speed, text)
    text = _MPH.sub(
        lambda m: f"시속 {read_number(m[1])} {'마일' if m[2] == 'mph' else '킬로미터'}",
        text,
    )
    text = _PER.sub(_read_per, text)
    text = _TEMPERATURE.sub(_read_temperature, text)
    text = _POINTS.sub(lambda m: f"{read_number(m[1])} 포인트", text)
    text = _AMPERES.sub(
        lambda m: f"{m[1] or ''}{read_number(m[2] or m[3] or m[4])} 암페어", text
    )
    text = _BARE_PER.sub(lambda m: f"{UNITS.get(m[2], m[2])}당 {UNITS[m[1]]}", text)
    text = _BARE.sub(lambda m: " " * (m[0][0] == " ") + UNITS[m[0].strip()], text)
    return _MEASURED.sub(_read_measured, text)


_QUOTE = re.compile('"')
_ARC = re.compile(r"(\d°) ?(\d{1,2}(?:\.\d+)?)['′](?: ?(\d{1,2}(?:\.\d+)?)(?:″|''))?")
_FEET = re.compile(
    r"(?<![\d:'])([4-7])['′] ?(1[01]|[0-9])(?:″|'')(?! ?(?:페이스|기록))"
)
_MINUTES = re.compile(
    r"(?<![\d'])(?:(\d{1,2}):)?(\d{1,3})['′] ?(\d{1,2})(?:″|'')(\d{1,2}(?!\d))?"
)
_SECONDS = re.compile(r"(\d)″(\d{1,2})(?!\d)")
_MINUTE = re.compile(r"(?<![\d'])(\d{1,3}(?:\+\d)?)['′](?=[ )]|$)")


def _tell_inches(text: str) -> str:
    """Write 27" as 27″ where no quotation is open that the mark could close."""
    quoted = False

    def mark(match):
        nonlocal quoted
        behind_digit = match.string[match.start() - 1 : match.start()].isdigit()
        if behind_digit and not quoted:
            return "″"
        quoted = not quoted
        return match[0]

    return _QUOTE.sub(mark, text)


def _read_minutes(match: re.Match) -> str:
    hours, minutes, seconds, fraction = match.groups()
    said = f"{hours}시간 " if hours else ""
    said += f"{sino(int(minutes))} 분 {sino(int(seconds))} 초"
    return said + (f" {digits(fraction, '영')}" if fraction else "")


def read_primes(text: str) -> str:
    """Read primes: 37°33′ → 37° 33분, 4'33" → 사 분 삼십삼 초, 27" → 27인치."""
    text = _tell_inches(text)
    text = _ARC.sub(
        lambda m: f"{m[1]} {m[2]}분 " + (f"{m[3]}초 " if m[3] else ""), text
    )
    text = _FEET.sub(r"\1피트 \2인치 ", text)
    text = _MINUTES.sub(_read_minutes, text)
    text = _SECONDS.sub(lambda m: f"{m[1]}초 {digits(m[2], '영')}", text)
    text = _MINUTE.sub(r"\1분", text) if text.count("'") % 2 or "′" in text else text
    return text.replace("″", "인치").replace("′", "프라임")


_SIGN = rf"(?:{alternatives(CURRENCIES)})"
_SCALES = {"million": 10**6, "billion": 10**9, "trillion": 10**12}
_SCALES |= {"M": 10**6, "B": 10**9, "T": 10**12, "K": 1000, "k": 1000}
_SCALE = rf"(?: ?({alternatives(_SCALES)})(?![A-Za-z]))?"
_PRICE = re.compile(
    rf"({MINUS})(?<![A-Za-z])({_SIGN}) ?({MINUS})({AMOUNT}){_SCALE}(?: ?(원|달러|엔|"
    rf"유로))?"
)
_PRICE_AFTER = re.compile(rf"({MINUS})({AMOUNT}) ?({_SIGN})(?![A-Za-z\d])")


def _scaled(amount: str, scale: str | None) -> str:
    """2.5 million as one whole number."""
    if not scale or not re.fullmatch(r"\d{1,9}(?:\.\d{1,3})?", amount.replace(",", "")):
        return amount
    whole, _, fraction = amount.replace(",", "").partition(".")
    thousandths = int(whole) * 1000 + int(fraction.ljust(3, "0"))
    return str(thousandths * _SCALES[scale] // 1000)


def _read_price(match: re.Match) -> str:
    minus, symbol, inner, amount, scale, _ = match.groups()
    return sign(minus or inner) + _money(_scaled(amount, scale), CURRENCIES[symbol])


def _money(amount: str, name: str) -> str:
    """Two decimals are the small coin: $5.99 → 오 달러 구십구 센트."""
    coins = re.fullmatch(rf"({INTEGER})\.(\d\d)", amount)
    if not coins or name not in CENTS:
        return f"{read_number(amount)} {name}"
    small = int(coins[2])
    whole = read_number(coins[1])
    return f"{whole} {name}" + (f" {sino(small)} {CENTS[name]}" if small else "")


def read_prices(text: str) -> str:
    """Read prices: ₩12,500 → 만 이천오백 원, $3 million → 삼백만 달러."""
    text = _PRICE.sub(_read_price, text)
    return _PRICE_AFTER.sub(lambda m: sign(m[1]) + _money(m[2], CURRENCIES[m[3]]), text)
