"""When a measure pauses itself: bounces or complaints lie above the allowed share beyond doubt.

Rule: of the newest mails at least `minimum` have been sent, and even the lower end of the one-sided 95 % confidence
interval of the share (E. B. Wilson 1927, JASA 22:209) is above what is allowed. So one of three pauses nothing.
"""

from dataclasses import dataclass
from math import sqrt

Z = 1.6448536269514722
"""The 95 % quantile of the normal distribution."""
FEWEST = 2
"""One mail that came back, or one complaint, is never a trend."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong: cause (bounces or complaints), how many of how many, and the share that is allowed."""

    cause: str
    hits: int
    sent: int
    allowed: float


def lower_bound(hits: int, sent: int) -> float:
    """Lower end of the one-sided 95 % Wilson interval of a share, 0 to 1."""
    if sent <= 0 or hits <= 0:
        return 0.0
    share, z2 = hits / sent, Z * Z
    centre = share + z2 / (2 * sent)
    spread = Z * sqrt(share * (1 - share) / sent + z2 / (4 * sent * sent))
    return max(0.0, (centre - spread) / (1 + z2 / sent))


def judge(
    sent: int, bounces: int, complaints: int, *, bounces_allowed: float, complaints_allowed: float, minimum: int
) -> Finding | None:
    """The reason to pause, complaints first; None when there is none."""
    if sent < minimum:
        return None
    for cause, hits, allowed in (("complaints", complaints, complaints_allowed), ("bounces", bounces, bounces_allowed)):
        if hits >= FEWEST and lower_bound(hits, sent) > allowed:
            return Finding(cause, hits, sent, allowed)
    return None
