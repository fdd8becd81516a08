"""What falls due in messaging: granted messages, due messages, messages in the hands of a lost worker."""

from datetime import datetime, timedelta

from regulars.core.models import Shop
from regulars.core.sweeps import sweep

from .actions import end_by_hand, forget_news, give_up_lost, judge, schedule, send_due, watch_measures


@sweep("messaging.schedule", every=timedelta(seconds=2), serial=True, order=45)
def follow_the_gate(shop: Shop, now: datetime) -> int:
    """Granted messages fall due; refused ones are cancelled."""
    return schedule(shop, now)


@sweep("messaging.send", every=timedelta(seconds=1), serial=False, order=50)
def send(shop: Shop, now: datetime) -> int:
    """One batch of due messages goes out."""
    return send_due(shop, now)


@sweep("messaging.lost", every=timedelta(minutes=1), serial=True, order=55)
def lost(shop: Shop, now: datetime) -> int:
    """Messages whose worker was lost are given up, or, for service, sent again."""
    return give_up_lost(shop, now)


@sweep("messaging.by_hand", every=timedelta(minutes=1), serial=True, order=54)
def left_by_people(shop: Shop, now: datetime) -> int:
    """What people took and left is due again; what nobody did in time is cancelled."""
    return end_by_hand(shop, now)


@sweep("messaging.judge", every=timedelta(seconds=5), serial=True, order=5)
def judge_responses(shop: Shop, now: datetime) -> int:
    """Opens and clicks are told to be a person's or a machine's."""
    return judge(shop, now)


@sweep("messaging.watch", every=timedelta(minutes=1), serial=True, order=56)
def watch(shop: Shop, now: datetime) -> int:
    """Measures of which too many mails come back or are complained about pause themselves."""
    return watch_measures(shop, now)


@sweep("messaging.forget", every=timedelta(hours=1), serial=True, order=90)
def forget(shop: Shop, now: datetime) -> int:
    """Old reports that mails arrived or are late are deleted."""
    return forget_news(shop, now)
