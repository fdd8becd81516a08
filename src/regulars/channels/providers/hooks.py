"""Where providers report: `/hooks/mail/PROVIDER/SHOP/SECRET/`. The secret says who calls; a signature may say it again."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils.crypto import constant_time_compare

from regulars.core import clock
from regulars.core.hooks import hook
from regulars.core.sealing import unseal

from . import actions
from .models import ProviderAccount
from .providers import PROVIDERS
from .reports import news_in


@hook("mail/<slug:provider>/<slug:shop>/<str:secret>/", name="mail")
def mail(request: HttpRequest, provider: str, shop: str, secret: str) -> HttpResponse:
    """Takes reports in, each once. GET and HEAD only say that the address is right: some providers ask before they use it."""
    known = PROVIDERS.get(provider)
    account = ProviderAccount._base_manager.select_related("shop").filter(shop__slug=shop, provider=provider).first()
    if known is None or account is None or not constant_time_compare(secret, unseal(account.hook_secret)):
        raise Http404
    if request.method in ("GET", "HEAD"):
        return HttpResponse()
    if request.method != "POST":
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    now = clock.now()
    actions.hear(account, news_in(known, request, unseal(account.signing_key), now), now)
    return HttpResponse()
