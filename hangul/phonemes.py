"""English spelling to sounds, by ordered rules: the first that fits takes its letters.

A sound is one character. Consonants are ASCII (S ʃ, C tʃ, J dʒ, N ŋ, T ts), vowels are
Hangul letters; behind one "-" makes it long, so that no stop closes it, and "." makes a
diphthong short. The patterns were weighed on the listed words
(`benchmarks/loanwords.py`).
"""

import re
from functools import cache

from .affixes import AFFIXES, CONSONANT, FIRST, MAGIC, OPEN, VOWEL

_SPELLINGS = [
    *AFFIXES,
    # Silent and joined consonants
    (r"tch", "C"),
    (r"sch(?=oo|ol|e[dm])", "sk"),
    (r"sch", "S"),
    (r"rh", "r"),
    (r"zh", "J"),
    (r"(?<=te)ch(?=n|$)|(?<=ar)ch(?=i)|(?<=e)ch(?=o)|(?<=or)ch(?=e|i)|(?<=me)ch", "k"),
    (
        r"ch(?=[lrmn]|or|ao|em|arac|aris)|(?<=[a-z])ch(?=es?$)(?<=ach)|(?<=an)ch(?=o)",
        "k",
    ),
    (r"ch", "C"),
    (r"ck|cq|cc(?![eiy])", "k"),
    (r"cc", "ks"),
    (r"sc(?=[eiy])", "s"),
    (r"c(?=[eiy])", "s"),
    (r"c", "k"),
    (r"sh", "S"),
    (r"ss", "s"),
    (r"tz|ts$", "T"),
    (r"(?<=[aeiou])th(?=er|e$|es$|ing$)", "d"),
    (r"th", "s"),
    (r"ph", "f"),
    (r"dg(?=e)|dj", "J"),
    (r"gg", "g"),
    (r"gu(?=[ei]|ar)", "g"),
    (r"^gh", "g"),
    (r"(?<=bur)g|(?<=ti)g(?=er)", "g"),
    (r"g(?=[eiy])", "J"),
    (r"ng(?=[sdk]?$)|ng(?=[^aeiouylr])", "N"),
    (r"ng(?=ing$)|(?<=[io])ng(?=ers?$)", "N"),
    (r"ng(?=[ei])", "nJ"),
    (r"ngu(?=[aei])", "Ngw"),
    (r"ng", "Ng"),
    (r"n(?=[kqx]|c[^eiyh])", "N"),
    (r"qu(?=a)", "kw"),
    (r"qu", "kw"),
    (r"q", "k"),
    (r"x", "ks"),
    (r"j", "J"),
    (r"wh", "w"),
    (r"(?<=[aeiouy])s(?=[aeiouy])(?<!^res)(?<!^as)(?!is)(?!e(?:$|arch))", "z"),
    (
        r"(?<=[uo])s(?=e[sdr]?$)(?<!ous)(?<!oos)|(?<=[ae]i)s(?=e)|(?<=ui)s(?=e)|(?<=ee)s(?=e)",
        "z",
    ),
    (r"(?<=i)s(?=d)", "z"),
    # Vowels in groups
    (r"(?<=oun)tain$|(?<=p)tain$", "tㅣn"),
    (r"(?<=^[a-z])ea$|(?<=^[a-z]{2})ea$", "ㅣ-"),
    (r"ea$", "ㅣㅏ"),
    (r"eaut", "yㅜ-t"),
    (r"(?<=cr)ea(?=t)", "ㅣㅔㅣ"),
    (r"ea(?=ct)", "ㅣㅐ"),
    (r"(?<=[gb]r)ea(?=t$|k)|(?<=st)ea(?=k)", "ㅔㅣ"),
    (
        r"ea(?=lth|ven|ther|vy|pon|th(?!e)|s[au]nt|nt$|kf|dy|su)|(?<=h)ea(?=d)|(?<=[bpd]r)ea(?=d)"
        r"|(?<=thr)ea(?=d)|(?<=st)ea(?=d)|(?<=^d)ea(?=[df])|(?<=sw)ea(?=t)",
        "ㅔ",
    ),
    (r"(?<=^h)eigh", "ㅏㅣ"),
    (r"^ei(?=[^g])", "ㅏㅣ"),
    (r"eigh", "ㅔㅣ"),
    (r"igh", "ㅏㅣ"),
    (r"(?<=en)ough$|(?<=^[rt])ough", "ㅓf"),
    (r"(?<=thr)ough", "ㅜ-"),
    (r"augh|ough(?=t)", "ㅗ-"),
    (r"ough", "ㅗ-"),
    (r"gh", ""),
    (r"eau", "ㅗ-"),
    (r"(?<=^[bwp])ear|(?<=sw)ear", "ㅔㅓ"),
    (r"(?<=h)ear(?=t)", "ㅏ-"),
    (r"ear(?=s?$|ing$)|eer(?=s?$|ing$|ed$)|(?<=^[a-z])ere$|(?<=[^h])ere$|ier$", "ㅣㅓ"),
    (r"(?<=[tw]h)ere$", "ㅔㅓ"),
    (r"air|are(?=$|s$)|aire$", "ㅔㅓ"),
    (r"ar(?=ing$)", "ㅔㅓr"),
    (r"ear(?=[lntc])", "ㅓ-"),
    (r"ear", "ㅣㅓ"),
    (r"(?<=^p)oor", "ㅜㅓ"),
    (r"ire(?=$|s$|d$|[wfpmb])", "ㅏㅣㅓ"),
    (r"ore(?=$|s$)|oor|oar(?=$|s$)", "ㅗㅓ"),
    (r"oar", "ㅗ-"),
    (r"ure$", "yㅜㅓ"),
    (r"ower(?=s?$|f|e|i)", "ㅏwㅓ-"),
    (r"(?<=[pt])our(?=$|s$|i)", "ㅜㅓ"),
    (r"our(?=n)", "ㅓ-"),
    (r"our(?=[ct])|(?<=^f)our$", "ㅗ-"),
    (r"our$", "ㅏwㅓ"),
    (r"our", "ㅗ-"),
    (rf"(?<=w)ar(?!{VOWEL})", "ㅓ-"),
    (rf"(?<=w)or(?!{VOWEL})", "ㅓ-"),
    (rf"ar(?!{VOWEL}|r)", "ㅏ-"),
    (rf"[eiu]r(?!{VOWEL}|r)", "ㅓ-"),
    (rf"or(?!{VOWEL}|r)", "ㅗ-"),
    (r"iew", "yㅜ-"),
    (r"(?<=fr)ie(?=n)", "ㅔ"),
    (rf"({FIRST})ie(?=n|t)", "ㅏㅣㅓ"),
    (rf"({FIRST})io(?=[nlt])", "ㅏㅣㅓ"),
    (rf"({FIRST})ia(?=[lnbr])", "ㅏㅣㅓ"),
    (r"(?<=[lnprb])ion(?=s?$|a|e)", "ㅣㅓn"),
    (r"(?<=c)ei", "ㅣ-"),
    (r"ee|ie(?!$|t)", "ㅣ-"),
    (r"ea", "ㅣ-"),
    (r"ai|ay|ei", "ㅔㅣ"),
    (r"au|aw|oa", "ㅗ-"),
    (r"oi|oy", "ㅗㅣ"),
    (r"(?<=l)oo(?=d)", "ㅓ"),
    (r"oo(?=k)|(?<=f)oo(?=t)", "ㅜ"),
    (r"oo", "ㅜ-"),
    (r"(?<=kn)ow(?=n$)|(?<=[gth]r)ow(?=n$)|(?<=[bf]l)ow(?=n$)|(?<=sh)ow(?=n$)", "ㅗ-"),
    (r"(?<=[lrn])ow(?![nldse])|(?<=sh)ow(?!e)|(?<=b)ow(?=l|$)", "ㅗ-"),
    (r"(?<=kn)ow(?=l)", "ㅏ"),
    (r"(?<=^[chnvw])ow$", "ㅏㅜ"),
    (r"ow$|oe(?=$|s$)|ow(?=s$)|ow(?=er|ing)", "ㅗ-"),
    (r"ou(?=ble|ple|ntry|sin)|(?<=y)ou(?=ng)|(?<=^t)ou(?=ch)", "ㅓ"),
    (r"oul(?=d)", "ㅜ"),
    (r"ou(?=p|v|s?$)|(?<=^r)ou(?=te$)|(?<=y)ou(?=th)", "ㅜ-"),
    (r"ou|ow", "ㅏㅜ"),
    (r"(?<=[rljs])(?:ew|ue(?!l)|ui)|(?<=ch)ew", "ㅜ-"),
    (r"ew|eu|ue$", "yㅜ-"),
    (r"ue(?=l)", "yㅜㅓ"),
    (r"ui", "ㅣ"),
    (r"(?<=^[a-z])ie$", "ㅏㅣ"),
    (r"(?<=^[^aeiouyk])ey$|(?<=^[^aeiouy]{2})ey$", "ㅔㅣ"),
    (r"(?<=.)ey(?=$|s$)|(?<=..)ie$", "ㅣ"),
    # Single vowels
    (rf"a{MAGIC}|a(?=[tsc]ions?$|[bdvt]i[aou]|stes?$|nges?$)", "ㅔㅣ"),
    (rf"({FIRST}|(?<=^))a{OPEN}", "ㅔㅣ"),
    (
        r"a(?=tures?$|t(?:or|ors|ing|ed|er)$|bles?$(?<=^.a)|kers?$|c(?:er|ing|y)$|s(?:is|ic)$|zy$)",
        "ㅔㅣ",
    ),
    (
        rf"i{MAGIC}|i(?=lds?$|gn$)|(?<!w)i(?=nds?$)|(?<=[bfm])i(?=nd(?:er|ing)s?$)",
        "ㅏㅣ",
    ),
    (r"(?<=^[lrg])i(?=v(?:er|ers|ing|en)$)|(?<=^l)i(?=ter|ly)", "ㅣ"),
    (rf"({FIRST}|(?<=^))i{OPEN}(?![tv]y$)", "ㅏㅣ"),
    (r"i(?=z(?:er|ing|ed|ation)|sl|vacy|l[ae]n[ct]|mb(?:$|ing|er))", "ㅏㅣ"),
    (rf"({FIRST})y(?=b|d[rn]|pe|c[l]|ro|na)", "ㅏㅣ"),
    (
        rf"y{MAGIC}|(?<=^[^aeiouy])y$|(?<=^[^aeiouy]{{2}})y$|(?<=^[^aeiouy]{{3}})y$",
        "ㅏㅣ",
    ),
    (r"(?<=[pf]l)y$|ye$", "ㅏㅣ"),
    (r"(?<=[cs])ome(?=$|b)", "ㅓm"),
    (r"(?<=^l)ove(?=$|r|s|l)|(?<=gl)ove|(?<=ab)ove", "ㅓv"),
    (r"(?<=m)ove(?=$|r|s|m)|(?<=pr)ove$", "ㅜ-v"),
    (r"(?<=m)o(?=ney|nth|ther|nk|nday)|^o(?=ther|ven)|(?<=fr)o(?=nt)", "ㅓ"),
    (rf"o{MAGIC}|o(?=l[dt]$|$)", "ㅗ-"),
    (rf"(?<=[rljs])u{MAGIC}", "ㅜ-"),
    (rf"u{MAGIC}", "yㅜ-"),
    (rf"e{MAGIC}|(?<=^[bhmsw])e$", "ㅣ-"),
    (r"(?<=[a-z])e(?=ness)", "ㅣ"),
    (r"al(?=m$|f)", "ㅏ-"),
    (r"(?<=h)o(?=ts?$)", "ㅏ"),
    (r"al(?=k$|ks$|king$|ker$)", "ㅗ-"),
    (r"a(?=ll|lt|ld|ls)", "ㅗ-"),
    (r"a(?=$|h)", "ㅏ-"),
    (rf"(?<=w)a(?=[^gkx]{CONSONANT}|[tsn])", "ㅓ"),
    (r"(?<=[qu]u)a|(?<=kw)a", "ㅓ"),
    (r"a(?=[aeiou])", "ㅏ"),
    (r"a", "ㅐ"),
    (r"(?<=[bfp])u(?=ll|sh)|(?<=^p)u(?=t)", "ㅜ"),
    (rf"(?<=[rljs])u(?={CONSONANT}?{VOWEL}|$)", "ㅜ-"),
    (rf"^u(?={CONSONANT}{VOWEL})", "yㅜ-"),
    (rf"(?<=[bcfhkmpgtdn])u(?={CONSONANT}{VOWEL})(?!rr)", "yㅜ-"),
    (rf"u(?={CONSONANT}{VOWEL})", "ㅜ-"),
    (r"(?<=[bcfhkmpgtdn])u(?=[aeiou])", "yㅜ"),
    (r"u(?=[aeiou]|$)", "ㅜ"),
    (r"u", "ㅓ"),
    (r"y(?=[aeiou])", "y"),
    (r"[iy]", "ㅣ"),
    (r"e", "ㅔ"),
    (r"o", "ㅗ"),
    (r"([bdfklmnprstvz])\1", r"\1"),
    (r"[bdfghklmnprstvwz]", None),
]


@cache
def _rules() -> list[tuple[re.Pattern, str | None]]:
    return [(re.compile(pattern), sounds) for pattern, sounds in _SPELLINGS]


def sounds_of(word: str) -> str:
    """Find the sounds of a lower-case ASCII word by the first rule that fits."""
    sounds, at = [], 0
    while at < len(word):
        for pattern, sound in _rules():
            match = pattern.match(word, at)
            if match and match.end() > at:
                sounds.append(match.expand(sound) if sound is not None else match[0])
                at = match.end()
                break
        else:
            at += 1
    return "".join(sounds)
