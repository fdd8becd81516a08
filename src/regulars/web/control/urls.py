"""URLs of the staff's room: the declared pages under `/s/<shop>/`, and the few that belong to no shop."""

from django.urls import include, path

from regulars.web.control import new_shop, theme, views
from regulars.web.control.mount import mounted_pages

urlpatterns = [
    path("", views.home, name="home"),
    path("enter/<slug:shop_slug>/", views.enter_shop, name="enter_shop"),
    path("shops/new/", new_shop.new_shop, name="new_shop"),
    path("account/", views.account, name="account"),
    path("theme/", theme.set_theme, name="set_theme"),
    path("language/", theme.set_language, name="set_language"),
    path("style/", views.style, name="style"),
    path("healthz", views.healthz, name="healthz"),
    path("", include((mounted_pages(), "shop"))),
]
