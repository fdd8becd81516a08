"""The brand: logo, colours, typeface, buttons, footer and the sender's legal address, with a mail that shows them."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.clickjacking import xframe_options_sameorigin

from regulars.core.clock import now
from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.core.pages import page
from regulars.reach.messaging import actions, pictures, trial
from regulars.reach.messaging.actions.templates import look_of
from regulars.reach.messaging.composing import clean, compose, composing_for
from regulars.reach.messaging.look import BUTTONS, COLOUR, FONTS, READABLE, Look, contrast
from regulars.reach.messaging.rendering import Source, compile_source, preview
from regulars.reach.messaging.starting_points import block

from .frame import framed, tabs

COLOURS = ("accent", "ink", "paper", "card")


class BrandForm(forms.Form):
    """One field for each part of the brand."""

    logo = forms.FileField(
        label=gettext_lazy("Logo"),
        required=False,
        help_text=gettext_lazy("PNG, JPEG, GIF or WebP, at most 1 MB. Best on a clear ground, 400 pixels wide."),
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/gif,image/webp"}),
    )
    drop_logo = forms.BooleanField(label=gettext_lazy("Show the shop's name instead of the logo"), required=False)
    logo_width = forms.IntegerField(label=gettext_lazy("Width of the logo in pixels"), min_value=40, max_value=400)
    accent = forms.CharField(label=gettext_lazy("Buttons and links"), widget=forms.TextInput(attrs={"type": "color"}))
    ink = forms.CharField(label=gettext_lazy("Text"), widget=forms.TextInput(attrs={"type": "color"}))
    card = forms.CharField(label=gettext_lazy("Ground of the mail"), widget=forms.TextInput(attrs={"type": "color"}))
    paper = forms.CharField(label=gettext_lazy("Ground around it"), widget=forms.TextInput(attrs={"type": "color"}))
    font = forms.ChoiceField(label=gettext_lazy("Typeface"), choices=[(key, one[0]) for key, one in FONTS.items()])
    button = forms.ChoiceField(
        label=gettext_lazy("Buttons"), choices=[(key, one[0]) for key, one in BUTTONS.items()], widget=forms.RadioSelect
    )
    footer_de = forms.CharField(
        label=gettext_lazy("Text under each mail, German"),
        required=False,
        max_length=600,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    footer_en = forms.CharField(
        label=gettext_lazy("Text under each mail, English"),
        required=False,
        max_length=600,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    legal_footer = forms.CharField(
        label=gettext_lazy("Sender's legal address"),
        required=False,
        max_length=600,
        help_text=gettext_lazy("Name, postal address, register and VAT number. The law asks for it under each mail."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, shop: Shop, permissions: frozenset[str], data: Any = None, files: Any = None) -> None:
        look = look_of(shop)
        said = dict(look.footer)
        initial = {
            **{name: getattr(look, name) for name in (*COLOURS, "font", "button", "logo_width")},
            "footer_de": said.get("de", ""),
            "footer_en": said.get("en", ""),
            "legal_footer": shop.legal_footer,
        }
        super().__init__(data, files, initial=initial)
        if "manage_settings" not in permissions:
            self.fields["legal_footer"].disabled = True
            self.fields["legal_footer"].help_text = _("Owners change it here or under Settings, Sender.")
        if not look.logo:
            del self.fields["drop_logo"]


@page("templates/brand/", name="brand", permission="manage_templates")
def brand(request: HttpRequest, shop: Shop) -> HttpResponse:
    """The form beside a mail in these looks."""
    permissions: frozenset[str] = request.permissions  # type: ignore[attr-defined]
    form = BrandForm(shop, permissions, request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            _save(request, shop, form.cleaned_data, permissions)
        except Refused as error:
            form.add_error(error.code if error.code in form.fields else _field(error.code), str(error))
        else:
            messages.success(request, _("The brand is saved. All mails look like this from now on."))
            return redirect(request.path)
    look = _look(request, shop) if form.errors else look_of(shop)
    context = {
        "form": form,
        "tabs": tabs(shop, "brand"),
        "look": look,
        "pairs": contrasts(look),
        "colours": [form[name] for name in COLOURS],
    }
    return render(request, "messaging/brand.html", context, status=422 if form.errors else 200)


def _field(code: str) -> str | None:
    return "logo" if code.startswith("image_") else None


def _save(request: HttpRequest, shop: Shop, data: dict[str, Any], permissions: frozenset[str]) -> None:
    values: dict[str, Any] = {name: data[name] for name in (*COLOURS, "font", "button", "logo_width")}
    values["footer"] = {locale: text for locale in ("de", "en") if (text := data[f"footer_{locale}"].strip())}
    file = data.get("logo")
    if file:
        pictures.check_size(file.size, pictures.MAX_LOGO)
        values["logo"] = actions.upload(
            shop,
            f"{_('Logo')}: {file.name}",
            file.read(),
            now(),
            limit=pictures.MAX_LOGO,
            staff=request.user,  # type: ignore[arg-type]
        )
    elif data.get("drop_logo"):
        values["logo"] = None
    legal = data["legal_footer"] if "manage_settings" in permissions else None
    actions.save_brand(shop, values, now(), legal_footer=legal, staff=request.user)  # type: ignore[arg-type]


def contrasts(look: Look) -> list[dict[str, Any]]:
    """The pairs of colours that are read on one another, with their contrast."""
    pairs = (
        (_("Text on the mail"), look.ink, look.card),
        (_("Links on the mail"), look.accent, look.card),
        (_("Words on buttons"), look.on_accent, look.accent),
        (_("Foot on the ground"), look.muted, look.paper),
    )
    return [
        {"label": label, "value": contrast(first, second), "is_enough": contrast(first, second) >= READABLE}
        for label, first, second in pairs
    ]


def _look(request: HttpRequest, shop: Shop) -> Look:
    """The look that the form says, saved or not; what cannot be read stays as it is."""
    said = request.GET or request.POST
    look = look_of(shop)
    width = said.get("logo_width", "")
    return Look(
        **{
            name: said.get(name, "").lower() if COLOUR.fullmatch(said.get(name, "").lower()) else getattr(look, name)
            for name in COLOURS
        },
        font=said["font"] if said.get("font") in FONTS else look.font,
        button=said["button"] if said.get("button") in BUTTONS else look.button,
        logo="" if said.get("drop_logo") else look.logo,
        logo_width=min(max(int(width), 40), 400) if width.isdecimal() else look.logo_width,
        footer=tuple(
            (locale, said.get(f"footer_{locale}", dict(look.footer).get(locale, ""))) for locale in ("de", "en")
        ),
    )


@page("templates/brand/contrast/", name="brand_contrast", permission="manage_templates")
def contrast_told(request: HttpRequest, shop: Shop) -> HttpResponse:
    """Whether the colours of the form can be read, as a fragment."""
    return render(request, "messaging/contrasts.html", {"pairs": contrasts(_look(request, shop))})


@page("templates/brand/preview/", name="brand_preview", permission="manage_templates")
@xframe_options_sameorigin
def brand_preview(request: HttpRequest, shop: Shop) -> HttpResponse:
    """A mail in the looks that the form says, for a frame."""
    look = _look(request, shop)
    locale = shop.locale
    blocks = clean(
        [
            block("heading", text=_("A good day, Rosa")),
            block("text", text=_("This is how your mails look, with [links](https://example.com) and **bold** words.")),
            block("voucher"),
            block("button", label=_("To the shop"), address="https://example.com"),
            block("divider"),
            block("text", text=_("Small words stand below, for what is secondary."), size="small"),
        ]
    )  # fmt: skip
    composed = compose(blocks, composing_for(shop, blocks, locale, look))
    content = compile_source(Source("brand", locale, "", composed.source, look=look), None, settings.REGULARS_BASE_URL)
    html = preview(content, trial.sample_values(shop), settings.REGULARS_BASE_URL).html
    return framed(html.replace(f"{settings.REGULARS_BASE_URL}/m/", "/m/"), request.GET.get("theme", ""))
