"""Text that was cut from a page of HTML: tags removed, entities decoded."""

import html
import re

_ATTRIBUTES = r"""(?:\s+[\w:-]+\s*=\s*(?:"[^"]*"|'[^']*'|[^\s<>"']+))*\s*/?"""
_UNSPOKEN = re.compile(r"<!--.*?-->|<(script|style)\b.*?</\1\s*>", re.DOTALL | re.I)
_BLOCK = re.compile(r"</(?:p|div|li|h[1-6]|tr|table|ul|ol)>\s*", re.IGNORECASE)
_BREAK = re.compile(rf"<(?:br|hr|td|th|li|p|div){_ATTRIBUTES}>", re.IGNORECASE)
_TAG = re.compile(
    rf"</?(?:em|strong|mark|small|del|ins|sub|sup|font|span|div|p|br|hr|h[1-6]|ul|ol|li"
    rf"|dl|dt|dd|table|thead|tbody|tr|td|th|img|center|section|article|header|footer"
    rf"|body|html|head|pre|code|blockquote|button|label|ruby|rt|rp){_ATTRIBUTES}>",
    re.IGNORECASE,
)
# <A> may be a label; a letter is a tag where it is closed or says something.
_PAIR = re.compile(rf"<([abiqsu]){_ATTRIBUTES}>(.*?)</\1>", re.DOTALL | re.IGNORECASE)
_LABEL = re.compile("(?<![0-9A-Za-z])(?<![0-9A-Za-z] )<([A-Za-z]{1,10})>")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,8}\d{0,2});")


def strip_markup(text: str) -> str:
    """Remove tags and decode entities: <b>3 &lt; 5</b> → 3 < 5; blocks are paragraphs.

    What only looks like a tag stays: a < b, <보기>, a label <A>.
    """
    if "<" in text:
        text = _BLOCK.sub("\n\n", _UNSPOKEN.sub(" ", text))
        text = _TAG.sub("", _BREAK.sub(" ", text))
        while text != (inner := _PAIR.sub(r"\2", text)):
            text = inner
        text = _LABEL.sub(r"〈\1〉", text)
    return _ENTITY.sub(lambda m: html.unescape(m[0]), text) if "&" in text else text
