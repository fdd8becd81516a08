"""Reports as the providers' documentation shows them, cut to what is read; `{named}` is what we sent along."""

import json
from typing import Any

HARD = "550 5.1.1 <rosa@example.com>: Recipient address rejected: User unknown"
FULL = "552 5.2.2 The mailbox is full"
SPAM = "550 5.7.1 Message refused: it looks like spam"


def postmark(named: dict[str, str]) -> dict[str, Any]:
    common = {"MessageID": "883953f4-6105-42a2-a16a-77a8eac79483", "ServerID": 23, "Metadata": named}
    bounce = {**common, "RecordType": "Bounce", "Email": "rosa@example.com", "BouncedAt": "2026-01-05T10:05:00Z"}
    return {
        "delivered": {**common, "RecordType": "Delivery", "Recipient": "rosa@example.com", "Details": "smtp;250 OK",
                      "DeliveredAt": "2026-01-05T10:01:00Z"},
        "hard": {**bounce, "ID": 1, "Type": "HardBounce", "TypeCode": 1, "Details": f"smtp;{HARD}",
                 "Description": "The server was unable to deliver your message (ex: unknown user, mailbox not found)."},
        "soft": {**bounce, "ID": 2, "Type": "SoftBounce", "TypeCode": 4096, "Details": f"smtp;{FULL}"},
        "spam": {**bounce, "ID": 3, "Type": "HardBounce", "TypeCode": 1, "Details": f"smtp;{SPAM}"},
        "late": {**bounce, "ID": 4, "Type": "Transient", "TypeCode": 2, "Details": "smtp;451 try later"},
        "complained": {**bounce, "RecordType": "SpamComplaint", "ID": 5, "Type": "SpamComplaint", "TypeCode": 512},
        "unsubscribed": {**common, "RecordType": "SubscriptionChange", "Recipient": "rosa@example.com",
                         "ChangedAt": "2026-01-05T11:00:00Z", "Origin": "Recipient", "SuppressSending": True,
                         "SuppressionReason": "ManualSuppression"},
        "opened": {**common, "RecordType": "Open", "Recipient": "rosa@example.com", "ReceivedAt": "2026-01-05T10:09:00Z"},
        "clicked": {**common, "RecordType": "Click", "Recipient": "rosa@example.com", "OriginalLink": "https://x.example",
                    "ReceivedAt": "2026-01-05T10:09:30Z"},
    }  # fmt: skip


def mailgun(named: dict[str, str]) -> dict[str, Any]:
    def event(kind: str, at: float, **fields: Any) -> dict[str, Any]:
        return {
            "signature": {"timestamp": "1767607200", "token": f"token-{at}", "signature": "made by the test"},
            "event-data": {
                "event": kind, "timestamp": at, "recipient": "rosa@example.com", "id": f"id-{at}",
                "user-variables": named, "message": {"headers": {"message-id": "2026.1.AB@mg.plattenkiste.example"}},
                **fields,
            },
        }  # fmt: skip

    def failed(at: float, words: str, severity: str = "permanent") -> dict[str, Any]:
        status = {"code": int(words[:3]), "message": words[4:], "description": "", "attempt-no": 1}
        return event("failed", at, severity=severity, reason="bounce", **{"delivery-status": status})

    return {
        "delivered": event("delivered", 1767607260.1, **{"delivery-status": {"code": 250, "message": "OK"}}),
        "hard": failed(1767607300.2, HARD),
        "soft": failed(1767607301.2, FULL),
        "spam": failed(1767607302.2, SPAM),
        "late": failed(1767607303.2, "450 4.2.0 Greylisted", "temporary"),
        "complained": event("complained", 1767607304.2),
        "unsubscribed": event("unsubscribed", 1767607305.2),
        "opened": event("opened", 1767607306.2),
        "clicked": event("clicked", 1767607307.2, url="https://x.example"),
    }


def sendgrid(named: dict[str, str]) -> dict[str, Any]:
    def event(kind: str, **fields: Any) -> list[dict[str, Any]]:
        return [{"email": "rosa@example.com", "timestamp": 1767607200, "event": kind, "sg_event_id": f"sg-{kind}-{fields}",
                 "sg_message_id": "14c5d75ce93.dfd.64b469", "smtp-id": "<14c5d75@ismtpd-555>", **named, **fields}]  # fmt: skip

    return {
        "delivered": event("delivered", response="250 OK"),
        "hard": event("bounce", status="5.1.1", reason=HARD, type="bounce"),
        "soft": event("bounce", status="5.2.2", reason=FULL, type="bounce"),
        "spam": event("bounce", status="5.7.1", reason=SPAM, type="blocked"),
        "late": event("deferred", response="400 try again later", attempt="5"),
        "complained": event("spamreport"),
        "unsubscribed": event("unsubscribe"),
        "opened": event("open", useragent="Mozilla/4.0", ip="255.255.255.255"),
        "clicked": event("click", url="https://x.example"),
    }


def brevo(named: dict[str, str]) -> dict[str, Any]:
    def event(kind: str, **fields: Any) -> dict[str, Any]:
        return {"event": kind, "email": "rosa@example.com", "ts_epoch": 1767607200000,
                "message-id": "<202601051000.1@smtp-relay.x>", "X-Mailin-custom": json.dumps(named), **fields}  # fmt: skip

    return {
        "delivered": event("delivered"),
        "hard": event("hard_bounce", reason=f" RecipientError: {HARD}"),
        "soft": event("soft_bounce", reason=FULL),
        "spam": event("hard_bounce", reason=SPAM),
        "late": event("deferred", reason="451 try later"),
        "complained": event("spam"),
        "unsubscribed": event("unsubscribe"),
        "opened": event("opened"),
        "clicked": event("click", link="https://x.example"),
    }


def mailjet(named: dict[str, str]) -> dict[str, Any]:
    def event(kind: str, **fields: Any) -> list[dict[str, Any]]:
        return [{"event": kind, "time": 1767607200, "MessageID": 19421777835146490, "email": "rosa@example.com",
                 "mj_campaign_id": 7257, "Payload": json.dumps(named), **fields}]  # fmt: skip

    return {
        "delivered": event("sent", smtp_reply="sent (250 2.0.0 OK 4242 fa5si855896wjc.199 - gsmtp)"),
        "hard": event("bounce", blocked=False, hard_bounce=True, error_related_to="recipient", error="user unknown"),
        "soft": event("bounce", blocked=False, hard_bounce=False, error_related_to="recipient", error="quota exceeded"),
        "spam": event("bounce", blocked=True, hard_bounce=True, error_related_to="content", error="content blocked"),
        "late": event("bounce", blocked=True, hard_bounce=False, error_related_to="domain", error="greylisted"),
        "complained": event("spam", source="JMRPP"),
        "unsubscribed": event("unsub", mj_list_id=1, agent="Mozilla/5.0"),
        "opened": event("open", ip="127.0.0.1", agent="Mozilla/5.0"),
        "clicked": event("click", url="https://x.example", agent="Mozilla/5.0"),
    }


def sparkpost(named: dict[str, str]) -> dict[str, Any]:
    def event(kind: str, of: str = "message_event", **fields: Any) -> list[dict[str, Any]]:
        return [{"msys": {of: {"type": kind, "event_id": f"ev-{kind}-{fields}", "timestamp": "1767607200",
                               "raw_rcpt_to": "rosa@example.com", "rcpt_to": "rosa@example.com", "rcpt_meta": named,
                               "transmission_id": "65832150921904138", **fields}}}]  # fmt: skip

    return {
        "delivered": event("delivery"),
        "hard": event("bounce", bounce_class="10", error_code="550", raw_reason=HARD),
        "soft": event("bounce", bounce_class="22", error_code="552", raw_reason=FULL),
        "spam": event("bounce", bounce_class="51", error_code="550", raw_reason=SPAM),
        "late": event("delay", bounce_class="20", error_code="451", raw_reason="451 try later"),
        "complained": event("spam_complaint", fbtype="abuse"),
        "unsubscribed": event("list_unsubscribe", "unsubscribe_event"),
        "opened": event("open", "track_event", user_agent="Mozilla/5.0"),
        "clicked": event("click", "track_event", target_link_url="https://x.example"),
    }


def resend(named: dict[str, str]) -> dict[str, Any]:
    def event(kind: str, **fields: Any) -> dict[str, Any]:
        return {
            "type": f"email.{kind}", "created_at": "2026-01-05T10:01:00.126Z",
            "data": {"email_id": "56761188-7520-42d8-8898-ff6fc54ce618", "to": ["rosa@example.com"],
                     "from": "Plattenkiste <post@plattenkiste.example>", "subject": "Hallo Rosa",
                     "headers": [{"name": "X-Metadata", "value": json.dumps(named)}], **fields},
        }  # fmt: skip

    def bounce(kind: str, sub: str, words: str) -> dict[str, Any]:
        return event("bounced", bounce={"type": kind, "subType": sub, "message": words})

    return {
        "delivered": event("delivered"),
        "hard": bounce("Permanent", "General", "The recipient's email provider sent a hard bounce message."),
        "soft": bounce("Transient", "MailboxFull", "The recipient's inbox was full."),
        "spam": bounce(
            "Permanent", "Suppressed", "Resend has suppressed sending to this address because it is blocked."
        ),
        "late": event("delivery_delayed"),
        "complained": event("complained"),
        "unsubscribed": None,
        "opened": event("opened"),
        "clicked": event("clicked", click={"link": "https://x.example", "userAgent": "Mozilla/5.0"}),
    }


REPORTS = {
    "brevo": brevo, "mailgun": mailgun, "mailjet": mailjet, "postmark": postmark, "resend": resend, "sendgrid": sendgrid,
    "sparkpost": sparkpost,
}  # fmt: skip
