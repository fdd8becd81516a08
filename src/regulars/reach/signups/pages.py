"""Staff pages of sign-ups: the forms with their numbers, and writing one."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from regulars.core import clock
from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.core.pages import Nav, page
from regulars.core.tallies import counted
from regulars.decide.contact_policy.models import Topic

from . import actions
from .models import FormText, Signup, SignupForm
from .tallies import SIGNUPS

LOCALES = {"de": gettext_lazy("German"), "en": gettext_lazy("English")}


class FormForm(forms.Form):
    """A form's settings, and its words in each language; a language whose headline is empty is left out."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120, help_text=gettext_lazy("Only you see it."))
    key = forms.SlugField(
        label=gettext_lazy("Short name"), max_length=40, help_text=gettext_lazy("It ends the form's address.")
    )
    topics = forms.MultipleChoiceField(
        label=gettext_lazy("Topics to choose from"), required=False, widget=forms.CheckboxSelectMultiple
    )
    asks_name = forms.BooleanField(label=gettext_lazy("Asks for the first name"), required=False, initial=True)
    asks_tracking = forms.BooleanField(
        label=gettext_lazy("Asks whether opens and clicks may be measured"),
        required=False,
        initial=True,
        help_text=gettext_lazy("In a box of its own, unticked. Without this consent nothing is measured."),
    )
    is_active = forms.BooleanField(label=gettext_lazy("Open"), required=False, initial=True)

    def __init__(self, *args: Any, shop: Shop, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = str(get_language() or "en")[:2]
        choices = [(one.key, one.name_in(language)) for one in Topic.objects.filter(shop=shop, is_active=True)]
        if choices:
            self.fields["topics"].choices = choices  # type: ignore[attr-defined]
        else:
            del self.fields["topics"]
        for locale in LOCALES:
            for name in ("title", "intro", "wording", "tracking_wording"):
                model: Any = FormText._meta.get_field(name)
                self.fields[f"{locale}-{name}"] = forms.CharField(
                    label=capfirst(model.verbose_name),
                    required=False,
                    max_length=model.max_length,
                    widget=forms.TextInput() if name == "title" else forms.Textarea(attrs={"rows": 3}),
                )

    def languages(self) -> list[tuple[Any, list[Any]]]:
        """Language → its fields, for the page."""
        return [
            (title, [self[f"{locale}-{name}"] for name in ("title", "intro", "wording", "tracking_wording")])
            for locale, title in LOCALES.items()
        ]

    def general(self) -> list[Any]:
        """The fields beside the words."""
        return [self[name] for name in self.fields if "-" not in name]

    def words(self) -> dict[str, actions.FormWords]:
        """Locale → its words, where there is a headline."""
        data = self.cleaned_data
        return {
            locale: actions.FormWords(
                *(data[f"{locale}-{name}"] for name in ("title", "intro", "wording", "tracking_wording"))
            )
            for locale in LOCALES
            if data[f"{locale}-title"].strip()
        }


@page(
    "signups/",
    name="signups",
    permission="manage_measures",
    nav=Nav("customers", gettext_lazy("Sign-up forms"), "user-plus", order=40),
)
def signups(request: HttpRequest, shop: Shop) -> HttpResponse:
    """All forms: where they are, how many asked, how many confirmed."""
    found = list(SignupForm.objects.filter(shop=shop).order_by("name"))
    numbers = counted(SIGNUPS, [form.pk for form in found])
    rows = []
    for form in found:
        asked = sum(numbers[form.pk].values())
        confirmed = numbers[form.pk].get((Signup.State.CONFIRMED,), 0)
        rows.append(
            {
                "form": form,
                "asked": asked,
                "confirmed": confirmed,
                "share": confirmed / asked if asked else None,
                "address": f"{settings.REGULARS_BASE_URL}{reverse('signup', args=[shop.slug, form.key])}",
            }
        )
    return render(request, "signups/forms.html", {"rows": rows})


@page("signups/new/", name="signup-form-new", permission="manage_measures")
def new(request: HttpRequest, shop: Shop) -> HttpResponse:
    """A form with words to start from."""
    initial = {
        f"{locale}-{name}": getattr(words, name)
        for locale, words in actions.DEFAULT_TEXTS.items()
        for name in ("title", "intro", "wording", "tracking_wording")
    }
    form = FormForm(request.POST or None, shop=shop, initial=initial)
    return _edited(request, shop, form, None)


@page("signups/<slug:key>/", name="signup-form", permission="manage_measures")
def edit(request: HttpRequest, shop: Shop, key: str) -> HttpResponse:
    """Changes a form; changed words become a new version, which those who signed up before did not see."""
    row: SignupForm = get_object_or_404(SignupForm.objects, shop=shop, key=key)
    initial: dict[str, Any] = {
        "name": row.name, "key": row.key, "topics": row.topics, "asks_name": row.asks_name,
        "asks_tracking": row.asks_tracking, "is_active": row.is_active,
    }  # fmt: skip
    for text in row.texts.order_by("version"):
        for name in ("title", "intro", "wording", "tracking_wording"):
            initial[f"{text.locale}-{name}"] = getattr(text, name)
    data = request.POST.copy() if request.method == "POST" else None
    if data is not None:
        data["key"] = row.key
    form = FormForm(data, shop=shop, initial=initial)
    form.fields["key"].disabled = True
    return _edited(request, shop, form, row)


def _edited(request: HttpRequest, shop: Shop, form: FormForm, row: SignupForm | None) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        if row is None and SignupForm.objects.filter(shop=shop, key=data["key"]).exists():
            form.add_error("key", _("There is a form with this short name."))
        else:
            try:
                actions.save_form(
                    shop, data["key"], data["name"], form.words(), topics=data.get("topics", []),
                    asks_name=data["asks_name"], asks_tracking=data["asks_tracking"], is_active=data["is_active"],
                    now=clock.now(), staff=request.user,  # type: ignore[arg-type]
                )  # fmt: skip
            except Refused as refused:
                form.add_error(None, str(refused))
            else:
                messages.success(request, _("The form is saved."))
                return redirect("shop:signups", shop.slug)
    context = {
        "form": form,
        "row": row,
        "crumbs": [(_("Sign-up forms"), reverse("shop:signups", args=[shop.slug]))],
    }
    return render(request, "signups/form.html", context)
