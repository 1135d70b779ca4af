"""Latin spelling to Hangul for words that no lexicon lists.

First the letters become sounds by ordered rules of English spelling, then the sounds
become syllables as 외래어 표기법 (chapter 3, section 1, English) writes them. Meant to
be understood, not to be a dictionary: common words belong into `words`.
"""

import re

from .jamo import CODA_LETTERS, LEAD_LETTERS, VOWEL_LETTERS, join

# Sounds: one character a sound. Consonants are ASCII (S ʃ, C tʃ, J dʒ, N ŋ, T ts),
# vowels are Hangul letters, "-" behind a vowel makes it long: no stop closes it.
_VOWEL = "[aeiouy]"
_CONSONANT = "[bcdfghjklmnpqrstvwxz]"
_MAGIC = r"(?=(?:[bcdfgkmnpstvz]|th|l)es?$)"
_SPELLINGS = [
    # Endings
    (r"(?<=s)tions?$", "Cㅓn"),
    (r"(?<=[aeiou])sions?$", "Jㅓn"),
    (r"[tsc]ions?$|ssions?$|cians?$", "Sㅓn"),
    (r"[tc]ial(?=$|ly)", "Sㅓl"),
    (r"[tc]ious$", "Sㅓs"),
    (r"ous$", "ㅓs"),
    (r"tures?$", "Cㅓ"),
    (r"(?<=[aeiou])sures?$", "Jㅓ"),
    (r"(?<=[bdgkptz])en$", "ㅡn"),
    (r"(?<=s)on$", "ㅡn"),
    (r"(?<=t)on$", "ㅓn"),
    (r"(?<=[bcdfgkpstz])les?$", "l"),
    (r"(?<=[td])ed$", "ㅣd"),
    (r"(?<=[cfhkpsx])ed$", "t"),
    (r"(?<=[aeioubgjlmnrvwz])ed$", "d"),
    (r"(?<=[cgsxz])es$|(?<=[cs]h)es$", "ㅣz"),
    (r"(?<=[bdfgklmnprtvw])es$", "s"),
    (r"ies$", "ㅣz"),
    (r"(?<=[a-z][b-df-hj-np-tv-z])e$", ""),
    (r"stle$", "sl"),
    (r"sm$", "zm"),
    (r"(?<=..)ive$", "ㅣv"),
    (r"(?<=[a-z][a-z])or$", "ㅓ-"),
    (r"mb$", "m"),
    (r"gn$", "n"),
    # Silent and joined consonants
    (r"^kn|^gn|^pn", "n"),
    (r"^wr", "r"),
    (r"^ps", "s"),
    (r"^x", "z"),
    (r"tch", "C"),
    (r"sch(?=oo|ol|e[dm])", "sk"),
    (r"sch", "S"),
    (r"rh", "r"),
    (r"zh", "J"),
    (r"ch(?=[lrm])", "k"),
    (r"ch", "C"),
    (r"ck|cq|cc(?![eiy])", "k"),
    (r"cc", "ks"),
    (r"sc(?=[eiy])", "s"),
    (r"c(?=[eiy])", "s"),
    (r"c", "k"),
    (r"sh", "S"),
    (r"ss", "s"),
    (r"tz|ts$", "T"),
    (r"th", "s"),
    (r"ph", "f"),
    (r"dg(?=e)|dj", "J"),
    (r"gg", "g"),
    (r"gu(?=[ei])", "g"),
    (r"^gh", "g"),
    (r"g(?=[eiy])", "J"),
    (r"ng$|ng(?=[^aeiouylr])", "N"),
    (r"ng(?=ing|ed$|er$)", "N"),
    (r"ng(?=e)", "nJ"),
    (r"ngu(?=[aei])", "Ngw"),
    (r"ng", "Ng"),
    (r"n(?=[kqx]|c[^eiyh])", "N"),
    (r"qu", "kw"),
    (r"q", "k"),
    (r"x", "ks"),
    (r"j", "J"),
    (r"wh", "w"),
    # Vowels in groups
    (r"(?<=oun)tain$", "tㅣn"),
    (r"ea$", "ㅣㅏ"),
    (r"eigh", "ㅔㅣ"),
    (r"igh", "ㅏㅣ"),
    (r"augh|ough(?=t)", "ㅗ-"),
    (r"ough", "ㅗ-"),
    (r"gh", ""),
    (r"eau", "ㅗ-"),
    (r"ear$|eer$|ere$|ier$", "ㅣㅓ"),
    (r"air$|are$", "ㅔㅓ"),
    (r"ear(?=[lnt])", "ㅓ-"),
    (r"ear", "ㅣㅓ"),
    (r"ire$", "ㅏㅣㅓ"),
    (r"ore$|oor$|oar$", "ㅗㅓ"),
    (r"ure$", "yㅜㅓ"),
    (r"our$|ower$", "ㅏㅜㅓ"),
    (r"our", "ㅗ-"),
    (rf"ar(?!{_VOWEL})", "ㅏ-"),
    (rf"[eiu]r(?!{_VOWEL}|r)", "ㅓ-"),
    (rf"or(?!{_VOWEL}|r)", "ㅗ-"),
    (r"ee|ea|ie(?!$)", "ㅣ-"),
    (r"ai|ay|ei", "ㅔㅣ"),
    (r"au|aw|oa", "ㅗ-"),
    (r"oi|oy", "ㅗㅣ"),
    (r"oo(?=k)", "ㅜ"),
    (r"oo", "ㅜ-"),
    (r"ow$|oe$|ow(?=s$)", "ㅗ-"),
    (r"ou|ow", "ㅏㅜ"),
    (r"(?<=[rljs])(?:ew|ue|ui)|(?<=ch)ew", "ㅜ-"),
    (r"ew|eu|ue$", "yㅜ-"),
    (r"ui", "ㅣ"),
    (r"(?<=.)ey$|(?<=..)ie$", "ㅣ"),
    # Single vowels
    (rf"a{_MAGIC}|a(?=[tsc]ions?$|[bdvt]i[aou])", "ㅔㅣ"),
    (rf"i{_MAGIC}|i(?=[ln]d$|gn$)", "ㅏㅣ"),
    (rf"y{_MAGIC}|(?<=^[bcdfhkst])y$|(?<=^[bcdfhkst][lrhk])y$", "ㅏㅣ"),
    (rf"o{_MAGIC}|o(?=l[dt]$|$)", "ㅗ-"),
    (rf"(?<=[rljs])u{_MAGIC}", "ㅜ-"),
    (rf"u{_MAGIC}", "yㅜ-"),
    (rf"e{_MAGIC}|(?<=^[bhmsw])e$", "ㅣ-"),
    (r"a(?=l[kl])", "ㅗ-"),
    (r"a(?=$|h)", "ㅏ-"),
    (rf"(?<=w)a(?={_CONSONANT})", "ㅓ"),
    (rf"a(?={_CONSONANT}{_VOWEL})", "ㅏ-"),
    (r"a(?=[aeiou])", "ㅏ"),
    (r"a", "ㅐ"),
    (r"(?<=[bfp])u(?=ll|sh)", "ㅜ"),
    (rf"(?<=[rljsc])u(?={_CONSONANT}?(?:{_VOWEL}|$))", "ㅜ-"),
    (rf"^u(?={_CONSONANT}{_VOWEL})", "yㅜ-"),
    (rf"u(?={_CONSONANT}{_VOWEL})", "ㅜ-"),
    (r"u(?=[aeiou]|$)", "ㅜ"),
    (r"u", "ㅓ"),
    (r"y(?=[aeiou])", "y"),
    (r"[iy]", "ㅣ"),
    (r"e", "ㅔ"),
    (r"o", "ㅗ"),
    (r"([bdfklmnprstvz])\1", r"\1"),
    (r"[bdfghklmnprstvwz]", None),
]
_RULES = [(re.compile(pattern), sounds) for pattern, sounds in _SPELLINGS]

_LEADS = dict(
    zip("bdfghklmnprstvzSCJT", "ㅂㄷㅍㄱㅎㅋㄹㅁㄴㅍㄹㅅㅌㅂㅈㅅㅊㅈㅊ", strict=True)
)
_CODAS = {"m": "ㅁ", "n": "ㄴ", "N": "ㅇ", "l": "ㄹ", "p": "ㅂ", "t": "ㅅ", "k": "ㄱ"}
_WITH_Y = dict(zip("ㅏㅐㅓㅔㅗㅜ", "ㅑㅒㅕㅖㅛㅠ", strict=True))
_WITH_W = dict(zip("ㅏㅐㅓㅔㅗㅣ", "ㅘㅙㅝㅞㅝㅟ", strict=True))
_VOWELS = frozenset(VOWEL_LETTERS)


def sounds_of(word: str) -> str:
    """Find the sounds of a lower-case ASCII word by the first rule that fits."""
    sounds, at = [], 0
    while at < len(word):
        for pattern, sound in _RULES:
            match = pattern.match(word, at)
            if match and match.end() > at:
                sounds.append(match.expand(sound) if sound is not None else match[0])
                at = match.end()
                break
        else:
            at += 1
    return "".join(sounds)


def to_hangul(word: str) -> str:
    """Write an English-like word in Hangul: slide → 슬라이드, blick → 블릭."""
    return _Writer().write(sounds_of(word.lower()))


class _Writer:
    """Group sounds into [lead, vowel, coda]; `short` is the last vowel's length."""

    def __init__(self):
        self.syllables: list[list[str]] = []
        self.short = False

    def write(self, sounds: str) -> str:
        at = 0
        while at < len(sounds):
            at = self.put(sounds, at)
        return "".join(
            join(
                LEAD_LETTERS.index(lead),
                VOWEL_LETTERS.index(vowel),
                CODA_LETTERS.index(coda) + 1 if coda else 0,
            )
            for lead, vowel, coda in self.syllables
        )

    def put(self, sounds: str, at: int) -> int:
        """Place the sound at `at` and return where the next one stands."""
        onset = re.compile(r"([bdfghklmnprstvzSCJT]?)([wy]?)([ㅏ-ㅣ])").match(
            sounds, at
        )
        if onset:
            self.open_syllable(*onset.groups())
            glided = at > 0 and not onset[1] and sounds[at - 1] in _VOWELS
            self.short = not glided and not sounds.startswith("-", onset.end())
            return onset.end()
        if sounds[at] not in "-wyh" and not (sounds[at] == "r" and self.syllables):
            self.close(sounds[at], sounds[at + 1 : at + 2])
        elif sounds[at] == "r" and not self.ends_open():
            self.close("r", "")
        return at + 1

    def ends_open(self) -> bool:
        return bool(self.syllables) and not self.syllables[-1][2]

    def open_syllable(self, consonant: str, glide: str, vowel: str):
        if glide == "w":
            if consonant not in ("", "g", "k", "h"):
                self.syllables.append([_LEADS[consonant], "ㅡ", ""])
                consonant = ""
            vowel = _WITH_W.get(vowel, vowel)
        elif (glide == "y" or consonant == "S") and consonant not in ("C", "J", "T"):
            vowel = _WITH_Y.get(vowel, vowel)
        if consonant == "l" and self.ends_open():
            self.syllables[-1][2] = "ㄹ"
        lead = _LEADS[consonant] if consonant else "ㅇ"
        self.syllables.append([lead, vowel, ""])

    def close(self, consonant: str, following: str):
        """Place a consonant that no vowel follows: a coda, or a syllable of its own."""
        stop = consonant in "ptk"
        fits = not stop or (self.short and following not in tuple("lrmnwy"))
        if consonant in _CODAS and self.ends_open() and fits:
            self.syllables[-1][2] = _CODAS[consonant]
            self.short = False
            return
        self.short = False
        if consonant in "mn" and self.syllables and self.syllables[-1][2] == "ㄹ":
            self.syllables.append(["ㄹ", "ㅡ", _CODAS[consonant]])
        elif consonant == "N":
            self.syllables.append(["ㅇ", "ㅡ", "ㅇ"])
        elif consonant == "S" and following:
            self.syllables.append(["ㅅ", "ㅠ", ""])
        else:
            vowel = "ㅣ" if consonant in "SCJ" else "ㅡ"
            self.syllables.append([_LEADS[consonant], vowel, ""])
