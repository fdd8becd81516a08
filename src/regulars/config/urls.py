"""URLs: staff pages come from the registry of pages, everything else from the rooms of `web`."""

from django.urls import include, path

urlpatterns = [
    path("accounts/", include("allauth.urls")),
    path("api/", include("regulars.web.api.urls")),
    path("", include("regulars.web.public.urls")),
    path("", include("regulars.web.control.urls")),
]

handler400 = "regulars.web.control.errors.bad_request"
handler403 = "regulars.web.control.errors.forbidden"
handler404 = "regulars.web.control.errors.not_found"
handler500 = "regulars.web.control.errors.server_error"
