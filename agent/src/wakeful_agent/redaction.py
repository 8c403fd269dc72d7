"""Secrets taken out of text that others wrote: log lines, command lines, error messages. Pure.

It errs to the side of taking out too much. What it knows: names that say secret beside a value (`password=x`,
`"token": "x"`, `--api-key x`), Authorization and cookies, user and password in URLs, private keys, and tokens that are
known by their shape. It must be done before a text is cut: half a token has no shape.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Sequence

MARK = "[redacted]"

_STRONG = (
    r"(?:password|passwd|passphrase|passcode|secret|token|credential|api[-_.]?key"
    r"|(?:access|private|signing|encryption|master|shared|account|auth|host)[-_.]?key)"
)
_WEAK = r"(?:pass|pwd|pw|auth|cookie|session(?:[-_.]?id)?|signature|sig|otp|pin|psk|dsn|community|key)"
# A strong name may stand within a longer one (PGPASSWORD, tokenId); a weak one is the last part of it (MYSQL_PWD).
_NAME = rf"(?:{_STRONG}[\w.-]{{0,40}}|(?<![^\W_]){_WEAK}(?![^\W_]))"
_VALUE = r"""(?:\[redacted\]|"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?|[^\s"']\S*)"""
_MARKED_VALUE = r"[\"'\]\\]{0,3}\s{0,4}(?:=>|:=|[:=]|%3[aAdD])\s{0,4}"
_KEY = r"[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
_SHAPES = (
    r"wk_[a-z]{2,8}_[A-Za-z0-9_-]{8,}",
    r"(?:ptl[ac]|pacc|papp)_[A-Za-z0-9]{16,}",
    r"gh[pousr]_[A-Za-z0-9]{16,}",
    r"github_pat_[A-Za-z0-9_]{16,}",
    r"gl[a-z]{2,5}-[A-Za-z0-9_-]{16,}",
    r"xox[abeoprs]-[A-Za-z0-9-]{8,}",
    r"xapp-[A-Za-z0-9-]{8,}",
    r"[spr]k[-_](?:live|test|proj|ant|or|admin)[-_][A-Za-z0-9_-]{12,}",
    r"sk-[A-Za-z0-9_-]{20,}",
    r"A[KSBC][IC]A[A-Z0-9]{16}",
    r"AIza[A-Za-z0-9_-]{30,}",
    r"ya29\.[A-Za-z0-9_-]{16,}",
    r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?",
    r"SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}",
    r"(?:hf|npm|dckr_pat)_[A-Za-z0-9_-]{16,}",
    r"pypi-[A-Za-z0-9_-]{16,}",
    r"hv[sbr]\.[A-Za-z0-9_-]{16,}",
    r"dop_v1_[a-f0-9]{32,}",
    r"AGE-SECRET-KEY-1[A-Z0-9]{16,}",
    r"[0-9]{8,10}:AA[A-Za-z0-9_-]{30,}",
    r"\$(?:1|2[abxy]|5|6|y|argon2id?|pbkdf2[a-z0-9-]*|scrypt)\$(?:[a-z]=[0-9]+,?|[a-z]=[0-9]+\$)*[A-Za-z0-9./+=$_-]{8,}",
)


def _rule(pattern: str, instead: str, flags: re.RegexFlag = re.IGNORECASE) -> tuple[re.Pattern[str], str]:
    return re.compile(pattern, flags), instead


_RULES = (
    _rule(rf"-----BEGIN {_KEY}.*?(?:-----END {_KEY}|\Z)", MARK, re.DOTALL),
    _rule(r"(?<=://)(?:[^\s/@\"'<>]{0,256}:[^\s@\"'<>]{1,512}|[^\s/@\"'<>]{1,512})@", MARK + "@"),
    _rule(r"((?:hooks\.slack\.com/services|discord(?:app)?\.com/api/webhooks)/)\S+", rf"\1{MARK}"),
    _rule(
        r"((?:proxy-)?authorization[\"'\\]{0,2}\s{0,4}[:=]\s{0,4}[\"'\\]{0,2})"
        r"(?:(?:basic|bearer|digest|token|negotiate|apikey)\s{1,4})?(?:\[redacted\]|[^\s\"']+)(?:\s{0,4},\s{0,4}[a-z]+=\S+)*",
        rf"\1{MARK}",
    ),
    _rule(r"((?:set-)?cookie[\"'\\]{0,2}\s{0,4}:\s{0,4})[^\n]+", rf"\1{MARK}"),
    _rule(r"\b(bearer|basic)\s{1,4}[A-Za-z0-9._~+/=-]{8,}", rf"\1 {MARK}"),
    _rule(rf"(?<![A-Za-z0-9_])(?:{'|'.join(_SHAPES)})", MARK, re.ASCII),
    _rule(rf"(<{_NAME}>)[^<]*", rf"\1{MARK}"),
    _rule(rf"({_NAME}{_MARKED_VALUE}){_VALUE}", rf"\1{MARK}"),
    _rule(rf"((?<![\w-])--?[\w-]{{0,40}}?{_NAME}[\w-]{{0,40}}\s{{1,4}})(?!-){_VALUE}", rf"\1{MARK}"),
)
_SECRET_OPTION = re.compile(rf"(?i)--?[\w-]{{0,40}}?{_NAME}[\w-]{{0,40}}")
_CLIENTS = ("mysql", "mariadb", "mysqldump", "mariadb-dump", "mysqladmin", "mariadb-admin", "sshpass")


def redact(text: str) -> str:
    """Return the text with everything in it that is known to be a secret replaced by `[redacted]`."""
    for rule, instead in _RULES:
        text = rule.sub(instead, text)
    return text


def redact_command(words: Sequence[str]) -> str:
    """Return a command line as one text, with the values of options that say secret replaced."""
    shown: list[str] = []
    client = words[0].rpartition("/")[2] if words else ""
    for place, word in enumerate(words):
        if place and _SECRET_OPTION.fullmatch(words[place - 1]):
            shown.append(MARK)
        elif place and client in _CLIENTS and word.startswith("-p") and len(word) > 2:
            shown.append(f"-p{MARK}")  # their own way: the password sticks to the option
        else:
            shown.append(redact(word))
    return redact(" ".join(shown))
