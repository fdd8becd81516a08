"""Where SMS providers report: `/hooks/sms/PROVIDER/SHOP/SECRET/`. The secret says who calls; a signature may say it again."""

import json
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils.crypto import constant_time_compare

from regulars.core import clock
from regulars.core.hooks import hook
from regulars.core.sealing import unseal

from . import actions
from .models import SmsAccount
from .providers import PROVIDERS, Provider

MOST = 500
"""Reports in one call."""


@hook("sms/<slug:provider>/<slug:shop>/<str:secret>/", name="sms")
def sms(request: HttpRequest, provider: str, shop: str, secret: str) -> HttpResponse:
    """Takes reports and answers in, each once. GET and HEAD only say that the address is right."""
    known = PROVIDERS.get(provider)
    account = SmsAccount._base_manager.select_related("shop").filter(shop__slug=shop, provider=provider).first()
    if known is None or account is None or not constant_time_compare(secret, unseal(account.hook_secret)):
        raise Http404
    if request.method in ("GET", "HEAD"):
        return HttpResponse()
    if request.method != "POST":
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    calls = _said(request, known)
    if known.signature is not None:
        form = request.POST.dict() if known.encoding == "form" else {}
        headers = {name: str(value) for name, value in request.headers.items()}
        body = b"" if known.encoding == "form" else request.body
        if not known.signature(actions.address_of(account), form, body, headers, unseal(account.secret)):
            raise SuspiciousOperation("not signed as it should be")
    reports = [report for one in calls for report in known.reports(one)]
    actions.hear(account, reports, clock.now())
    return HttpResponse(status=204)


def _said(request: HttpRequest, provider: Provider) -> list[Mapping[str, Any]]:
    if provider.encoding == "form":
        return [request.POST.dict()]
    try:
        said = json.loads(request.body)
    except (ValueError, RecursionError):
        raise SuspiciousOperation("no JSON") from None
    calls = said if isinstance(said, list) else [said]
    if len(calls) > MOST or not all(isinstance(one, dict) for one in calls):
        raise SuspiciousOperation("no reports")
    return calls
