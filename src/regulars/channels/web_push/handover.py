"""One push message handed over to a push service, and what its answer means. Nothing here touches the database.

Advertising goes out at most once: *deferred* only where it is certain that the service did not take it.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from regulars.core import outbound
from regulars.reach.messaging.channel import State

TIMEOUT = 10.0
DEAD = frozenset({404, 410})
LONGEST_WAIT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Answer:
    """state, code, text, again_at: as in Outcome. is_dead: the subscription is no more. is_too_fast: the others for this
    push service need not be tried now.
    """

    state: State
    code: int
    text: str
    again_at: datetime | None = None
    is_dead: bool = False
    is_too_fast: bool = False


def hand_over(
    endpoint: str,
    headers: dict[str, str],
    body: bytes,
    now: datetime,
    *,
    may_be_private: bool,
    timeout: float = TIMEOUT,
) -> Answer:
    """Hands one message over. Never raises for what the other side does."""
    begun: list[bool] = []
    try:
        reply = outbound.exchange(
            "POST", endpoint, headers, body,
            may_be_private=may_be_private, timeout=timeout, on_sending=lambda: begun.append(True),
        )  # fmt: skip
    except outbound.PrivateAddress:
        return Answer(State.REFUSED, 0, "the address lies in a private network", is_dead=True)
    except outbound.FAILURES as error:
        if begun:
            return Answer(
                State.UNCERTAIN, 0, f"the line broke after the message was on its way: {type(error).__name__}"
            )
        return Answer(State.DEFERRED, 0, f"the push service cannot be reached: {type(error).__name__}")
    return _answered(reply, now)


def _answered(reply: outbound.Reply, now: datetime) -> Answer:
    code = reply.status
    if 200 <= code < 300:
        return Answer(State.ACCEPTED, code, "taken")
    if code in DEAD:
        return Answer(State.REFUSED, code, "the browser has ended its subscription", is_dead=True)
    if code == 429 or code >= 500:
        trouble = "too many at once" if code == 429 else "the push service is in trouble"
        return Answer(State.DEFERRED, code, trouble, _moment(reply.retry_after, now), is_too_fast=code == 429)
    words = {
        400: "the push service does not understand the message",
        401: "the push service does not accept the shop's key",
        403: "the browser agreed to another key than the shop's",
        413: "the message is too long",
    }
    return Answer(State.REFUSED, code, words.get(code, "the push service does not take the message"))


def _moment(said: str, now: datetime) -> datetime | None:
    """When to try again, from `Retry-After` (RFC 9110, 10.2.3: seconds or a date); None where it says nothing sensible."""
    if said.isdecimal() and len(said) < 8:
        at = now + timedelta(seconds=int(said))
    else:
        try:
            at = parsedate_to_datetime(said)
        except (TypeError, ValueError):
            return None
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max(at, now), now + LONGEST_WAIT)
