"""The ways of the channel `email` over a provider: batches become mails, go out over HTTP, come back as outcomes."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from threading import local
from time import monotonic
from typing import Any

import structlog

from regulars.core import clock
from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.reach.messaging.channel import Batch, Channel, Outcome, State, register_way
from regulars.reach.messaging.headers import AddressRefused
from regulars.reach.messaging.rendering import RenderRefused

from . import actions
from .handover import Answer, hand_over
from .mail import MailWriter
from .providers import PROVIDERS, Provider

log = structlog.get_logger(__name__)

LINES = 4
"""Mails on their way at the same time. Each takes one call: a provider's interface for many says less of each."""
TIME = 360.0
"""Seconds after which nothing more of a batch is begun, so that all is told before the sender's lease of ten minutes ends."""


@dataclass(frozen=True)
class _Written:
    key: int
    mail: Any
    note: str


class ProviderChannel:
    """Sends the mails of one shop over its account. Made anew for each batch of the sender."""

    key = "email"

    def __init__(self, shop: Shop, provider: Provider) -> None:
        self.shop = shop
        self.provider = provider
        self.lines = local()
        self.opened: list[Any] = []
        self.trouble = ""
        self.stop = ""
        self.until = 0.0

    def send(self, batches: Iterable[Batch]) -> Iterator[Outcome]:
        """One Outcome for each message. What the provider has against the account or the pace puts off the rest unasked."""
        account = actions.account_of(self.shop, self.provider.key)
        try:
            if account is None:
                raise Refused(f"there is no account with {self.provider.name}")
            options = actions.options_of(account, self.provider)
        except Refused as problem:
            for batch in batches:
                for message in batch.messages:
                    yield Outcome(message.key, State.DEFERRED, 0, str(problem)[:200])
            return
        unsent: list[Outcome] = []
        self.until = monotonic() + TIME
        try:
            with ThreadPoolExecutor(LINES, thread_name_prefix="provider") as pool:
                yield from pool.map(lambda one: self._outcome(one, options), self._written(batches, unsent))
        finally:
            for backend in self.opened:
                backend.close()
        yield from unsent
        actions.note_trouble(account, self.trouble, clock.now())

    def _written(self, batches: Iterable[Batch], unsent: list[Outcome]) -> Iterator[_Written]:
        for batch in batches:
            try:
                writer = MailWriter(batch, self.provider)
            except AddressRefused:
                self.trouble = "the shop's own sender address is none"
                unsent += [Outcome(one.key, State.DEFERRED, 0, self.trouble) for one in batch.messages]
                continue
            for message in batch.messages:
                try:
                    mail, note = writer.write(message)
                except AddressRefused:
                    unsent.append(
                        Outcome(message.key, State.REFUSED, 0, "this is no e-mail address", is_address_dead=True)
                    )
                    continue
                except RenderRefused as reason:
                    unsent.append(Outcome(message.key, State.REFUSED, 0, str(reason)))
                    continue
                yield _Written(message.key, mail, note)

    def _outcome(self, one: _Written, options: dict[str, Any]) -> Outcome:
        if self.stop or monotonic() > self.until:
            return Outcome(one.key, State.DEFERRED, 0, self.stop or "no time was left in this batch", note=one.note)
        try:
            answer = hand_over(self._line(options), one.mail)
        except Exception as error:  # noqa: BLE001 - of one mail, so that the others' outcomes are not lost
            # Its words might hold what is nobody's business.
            log.error("provider.failed", provider=self.provider.key, error=type(error).__name__)
            answer = Answer(State.UNCERTAIN, 0, "the provider's answer was not understood")
        text = _without_secrets(answer.text, options)
        if answer.is_about_the_account or answer.is_too_fast:
            self.stop = text
        self._note(answer, text)
        return Outcome(one.key, answer.state, answer.code, text, answer.is_address_dead, one.note)

    def _note(self, answer: Answer, text: str) -> None:
        if answer.is_about_the_account or (answer.state is State.REFUSED and not answer.is_address_dead):
            self.trouble = f"{answer.code} {text}" if answer.code and str(answer.code) not in text else text

    def _line(self, options: dict[str, Any]) -> Any:
        """This thread's line to the provider. It follows no redirect: a key goes nowhere but where it was meant to."""
        backend = getattr(self.lines, "backend", None)
        if backend is None:
            backend = self.lines.backend = self.provider.backend(**options)
            backend.open()
            backend.session.max_redirects = 0
            backend.session.trust_env = False
            self.opened.append(backend)
        return backend


def _without_secrets(text: str, options: dict[str, Any]) -> str:
    for name in ("api_key", "server_token", "secret_key"):
        if options.get(name):
            text = text.replace(options[name], "…")
    return text


def _way(provider: Provider, shop: Shop) -> Channel:
    return ProviderChannel(shop, provider)


for _provider in PROVIDERS.values():
    register_way("email", _provider.key, partial(_way, _provider))
