"""Images of mails: the library's files at names nobody can guess, and barcodes that we signed."""

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import path
from django.views.decorators.http import require_safe

from regulars.reach.messaging import barcodes, pictures

FOR_EVER = "public, max-age=31536000, immutable"
_LOCKED = "default-src 'none'; sandbox"


@require_safe
def media(request: HttpRequest, file: str) -> HttpResponseBase:
    """A file of the library. It never changes, so it may be kept for ever."""
    if not pictures.FILE.fullmatch(file):
        raise Http404
    try:
        opened = pictures.path_of(file).open("rb")
    except OSError:
        raise Http404 from None
    response = FileResponse(opened, content_type=pictures.TYPES[file.rpartition(".")[2]])
    response["Cache-Control"] = FOR_EVER
    response["Content-Security-Policy"] = _LOCKED
    return response


@require_safe
def barcode(request: HttpRequest, kind: str, token: str) -> HttpResponse:
    """The picture of a code that we signed; anything else is not drawn."""
    code = barcodes.read(token, kind) if kind in barcodes.KINDS and len(token) < 200 else None
    if code is None:
        raise Http404
    response = HttpResponse(barcodes.draw(code, kind), content_type="image/png")
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    response["Content-Security-Policy"] = _LOCKED
    response["X-Robots-Tag"] = "noindex"
    return response


urlpatterns = [
    path("m/<str:file>", media, name="media"),
    path("b/<str:kind>/<str:token>.png", barcode, name="barcode"),
]
