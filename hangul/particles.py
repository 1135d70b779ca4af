"""Rules for particles whose form hangs on the sound before them."""

import re

from .jamo import coda_of

# The form after a consonant and the form after a vowel; 로 also follows ㄹ.
_FORMS = {
    **{"을(를)": ("을", "를"), "를(을)": ("을", "를"), "을/를": ("을", "를")},
    **{"은(는)": ("은", "는"), "는(은)": ("은", "는"), "은/는": ("은", "는")},
    **{"이(가)": ("이", "가"), "가(이)": ("이", "가"), "이/가": ("이", "가")},
    **{"와(과)": ("과", "와"), "과(와)": ("과", "와"), "와/과": ("과", "와")},
    **{"과/와": ("과", "와"), "(으)로": ("으로", "로"), "으로(로)": ("으로", "로")},
    **{"로(으로)": ("으로", "로"), "(이)나": ("이나", "나"), "(이)라": ("이라", "라")},
    **{"(이)란": ("이란", "란"), "(이)든": ("이든", "든"), "(이)며": ("이며", "며")},
    **{"(이)랑": ("이랑", "랑"), "(이)고": ("이고", "고"), "(이)야": ("이야", "야")},
    **{"(이)여": ("이여", "여"), "아(야)": ("아", "야"), "야(아)": ("아", "야")},
    **{
        "(이)다": ("이다", "다"),
        "(이)요": ("이요", "요"),
        "(이)에요": ("이에요", "예요"),
    },
    **{"(이)었": ("이었", "였"), "이었/였": ("이었", "였")},
}
_PARTICLE = re.compile(
    "([가-힣])[\"')\\]]*("
    + "|".join(re.escape(p) for p in sorted(_FORMS, key=len, reverse=True))
    + ")"
)
_OPEN = {
    **dict.fromkeys(("을", "를"), "을(를)"),
    **dict.fromkeys(("은", "는"), "은(는)"),
    **dict.fromkeys(("이", "가"), "이(가)"),
    **dict.fromkeys(("와", "과"), "와(과)"),
    **dict.fromkeys(("로", "으로"), "(으)로"),
}
# Behind a number 3가, 2과 and 3로 are also a street, a lesson and a road.
_BEHIND_NUMBER = re.compile(r"(?<=[\d²³])(을|를|은|는|이|와|으로)(?![가-힣(/])")
_BEHIND_LETTER = re.compile(
    r"(?<=[A-Za-z%℃℉°‰])(을|를|은|는|이|가|와|으로|로)(?![가-힣(/])"
)


def open_particle(particle: str) -> str:
    """Open a particle for `choose_particles` to fit to what is said: 를 → 을(를)."""
    return _OPEN.get(particle, particle)


def open_particles(text: str) -> str:
    """Open particles behind numbers, letters and signs: p.12를 → p.12을(를).

    Writers fit them to their own reading (페이지를), which need not be ours (쪽을).
    """
    text = _BEHIND_NUMBER.sub(lambda m: _OPEN[m[1]], text)
    return _BEHIND_LETTER.sub(lambda m: _OPEN[m[1]], text)


def choose_particles(text: str) -> str:
    """Choose particles: 책을(를) → 책을, 케이티엑스을(를) → 케이티엑스를."""

    def choose(match):
        before, particle = match.groups()
        closed, opened = _FORMS[particle]
        coda = coda_of(before)
        if closed == "으로" and coda == "ㄹ":
            coda = ""
        return before + (closed if coda else opened)

    return _PARTICLE.sub(choose, text)
