"""URLs: staff pages come from the registry of pages, everything else from the rooms of `web`."""

from django.urls import include, path

urlpatterns = [
    path("accounts/", include("allauth.urls")),
    path("api/", include("regulars.web.api.urls")),
    path("", include("regulars.web.public.urls")),
    path("", include("regulars.web.control.urls")),
]

handler400 = "regulars.web.control.views.bad_request"
handler403 = "regulars.web.control.views.forbidden"
handler404 = "regulars.web.control.views.not_found"
handler500 = "regulars.web.control.views.server_error"
