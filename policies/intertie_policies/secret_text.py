"""Text that gives a secret or a person away. Patterns are the public formats of the issuers.

They are searched for, so where a run of characters leads up to what tells it (a scheme to `://`, a name to `@`), a
pattern holds the run's end alone: one that begins with the run is tried from each of its characters to its end.
"""

import re
from typing import NamedTuple


class Leak(NamedTuple):
    """What a text looks like. It holds one of `marks`, where there are some: that is found out faster."""

    kind: str
    pattern: re.Pattern[str]
    marks: tuple[str, ...] = ()

    def seen(self, text: str) -> bool:
        marked = not self.marks or any(mark in text for mark in self.marks)
        return marked and self.pattern.search(text) is not None


JWT = re.compile(r"(?<![A-Za-z0-9_-])(?>[A-Za-z0-9_-]*?\beyJ)[A-Za-z0-9_-]{10,}+\.eyJ[A-Za-z0-9_-]{10,}+\.")
"""From the first `eyJ` of each run of letters: where it does not lead up to a second part, no later one does."""
SECRETS = (
    Leak("an AWS access key", re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"), ("AKIA", "ASIA")),
    Leak("a private key", re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----"), ("PRIVATE KEY-----",)),
    Leak(
        "a GitHub token",
        re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{40,})"),
        ("gh", "github_pat_"),
    ),
    Leak("a Hugging Face token", re.compile(r"\bhf_[A-Za-z0-9]{30,}\b"), ("hf_",)),
    Leak("an API key", re.compile(r"\bsk-(?:[a-z]+-)?[A-Za-z0-9_-]{20,}"), ("sk-",)),
    Leak("a Google API key", re.compile(r"\bAIza[A-Za-z0-9_-]{35}\b"), ("AIza",)),
    Leak("a Slack token", re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{10,}"), ("xox",)),
    Leak("an NVIDIA NGC key", re.compile(r"\bnvapi-[A-Za-z0-9_-]{20,}"), ("nvapi-",)),
    Leak("a storage account key", re.compile(r"AccountKey=[A-Za-z0-9+/=]{40,}"), ("AccountKey=",)),
    Leak("a signed token (JWT)", JWT, (".eyJ",)),
    Leak("a password in an address", re.compile(r"[a-z][0-9+.-]*://[^/\s:@]+:[^/\s:@$]{3,}@"), ("://",)),
    Leak("a password", re.compile(r"(?i)\b(?:password|passwd|pwd|secret)\s*[=:]\s*[^\s$<{]{4,}")),
)
PERSONAL = (
    Leak("a telephone number", re.compile(r"(?<![\w.])\+\d[\d ()-]{7,16}\d\b")),
    Leak("a US social security number", re.compile(r"(?<![\w-])\d{3}-\d{2}-\d{4}(?![\w-])")),
)
EMAIL = Leak("an e-mail address", re.compile(r"[A-Za-z0-9._%+-]@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"))

_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}\b")
_LONGEST = 20_000  # characters that are searched: a secret stands at the beginning or not in a tag at all


def secret_in(text: str) -> str:
    """What kind of secret the text holds; "" when none is seen."""
    searched = text[:_LONGEST]
    return next((leak.kind for leak in SECRETS if leak.seen(searched)), "")


def person_in(text: str, *, email: bool) -> str:
    """What kind of personal data the text holds; "" when none is seen. `email`: whether addresses count."""
    leaks = (*PERSONAL, EMAIL) if email else PERSONAL
    return next((leak.kind for leak in leaks if leak.seen(text[:_LONGEST])), "") or _account_in(text)


def _account_in(text: str) -> str:
    """Whether a bank account stands there: a number whose check digits are right (ISO 13616), not any identifier."""
    for match in _IBAN.finditer(text[:_LONGEST]):
        number = match.group().replace(" ", "")
        digits = "".join(str(int(letter, 36)) for letter in number[4:] + number[:4])
        if int(digits) % 97 == 1:
            return "a bank account (IBAN)"
    return ""
