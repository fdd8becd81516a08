"""Hard or soft, by the words and codes of real servers."""

import pytest

from regulars.reach.messaging.incoming.verdict import is_dead, status_of

HARD = [
    "550 5.1.1 The email account that you tried to reach does not exist. Please try double-checking the address for typos",
    "550-5.2.1 The email account that you tried to reach is disabled.",
    "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
    "554 delivery error: dd This user doesn't have a yahoo.com account (x) [0]",
    "554 30 Sorry, your message cannot be delivered. This mailbox is disabled (554.30).",
    "550 Requested action not taken: mailbox unavailable",
    "550 #5.1.0 Address rejected. User unknown",
    "550 5.1.1 <rosa@example.com>: Recipient address rejected: User unknown in virtual mailbox table",
    "550 5.1.1 <rosa@example.com>: Recipient address rejected: User unknown in relay recipient table",
    "Host or domain name not found. Name service error for name=gone.example type=AAAA: Host not found",
    "550 5.7.1 No such user!",
    "550 unrouteable address",
    "556 5.1.10 Recipient address has null MX",
    "551 User not local; please try <rosa@new.example>",
    "550 5.1.6 Recipient no longer on server: rosa@example.com",
    "553 5.1.2 We weren't able to find the recipient domain. Please check for any spelling errors",
    "Domain example.org does not exist",
    "550 Empfänger unbekannt",
    "Dieses Postfach existiert nicht",
    "Die E-Mail-Adresse ist nicht mehr gültig.",
    "L'adresse de messagerie n'existe pas",
    "550 El usuario no existe",
    "550 destinatario sconosciuto",
    "550 Deze gebruiker is onbekend; gebruiker onbekend",
    "550 пользователь не найден",
    "550 用户不存在",
    "The e-mail address you entered couldn't be found. Please check the recipient's e-mail address",
    "550 5.1.1 recipient moved; this address is no longer valid",
    "550 Mailbox not found",
    "550 Invalid recipient rosa@example.com",
    "511 sorry, no mailbox here by that name (#5.1.1 - chkuser)",
    "550 No Such User Here",
    "550 Account closed",
]  # fmt: skip
SOFT = [
    "552 5.2.2 The email account that you tried to reach is over quota",
    "550-5.7.1 Our system has detected that this message is likely unsolicited mail.",
    "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org",
    "550 5.7.1 Unable to relay for rosa@example.com",
    "550 relaying denied",
    "450 4.2.0 <rosa@example.com>: Recipient address rejected: Greylisted",
    "450 4.1.1 <rosa@example.com>: Recipient address rejected: User unknown; try again",
    "451 4.3.0 Temporary lookup failure",
    "552 5.3.4 Message size exceeds fixed limit",
    "554 5.6.0 Message contains invalid header",
    "550-5.2.1 The user you are trying to contact is receiving mail at a rate that prevents additional messages",
    "554 5.4.6 too many hops",
    "550 Administrative prohibition",
    "550 5.7.26 Unauthenticated email from shop.example is not accepted due to domain's DMARC policy",
    "553 sorry, your sender address is unknown: sender rejected",
    "Host or domain name not found. Name service error for name=away.example: Host not found, try again",
    "450 mailbox unavailable",
    "554 5.4.7 delivery expired (message too old)",
    "550 rejected",
    "550 5.4.1 Recipient address rejected: Access denied",
    "Das Postfach des Empfängers ist voll",
    "connect to mx.example[192.0.2.1]:25: Connection timed out",
    "",
]
# An address may read like a reason.
SOFT.append("552 <no-such-user@example.com> mailbox full, quota of user-unknown@example.com exceeded")


@pytest.mark.parametrize("text", HARD)
def test_the_address_is_dead_where_the_answer_says_so(text: str) -> None:
    assert is_dead(text)


@pytest.mark.parametrize("text", SOFT)
def test_everything_else_that_came_back_is_soft(text: str) -> None:
    assert not is_dead(text)


def test_the_code_decides_where_there_are_no_words() -> None:
    assert is_dead("", status="5.1.1")
    assert is_dead("", code=556)
    assert not is_dead("", status="5.0.0")
    assert not is_dead("", status="5.2.2")
    assert not is_dead("no such user", status="4.4.7")
    assert not is_dead("", code=550)


def test_the_specific_code_is_found_and_addresses_of_hosts_are_not_codes() -> None:
    assert status_of("smtp; 550-5.7.1 [5.1.1.9 12] blocked") == "5.7.1"
    assert status_of("Status 5.0.0 (5.1.1 no such user)") == "5.1.1"
    assert status_of("host 5.1.1.200 said nothing") == ""
