"""Staff pages of imports: upload a file, see what it would do, do it, fetch what was rejected; the history of runs."""

import secrets
import shutil
from pathlib import Path
from typing import Any

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from regulars.core import clock
from regulars.core.claim import DueRow
from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.core.pages import Nav, page

from . import actions
from .mapping import preset_text, preset_title, presets
from .models import ImportRun

OWN = "own"
PAGE = 25


class UploadForm(forms.Form):
    """A file and what its columns mean."""

    file = forms.FileField(label=gettext_lazy("File"), help_text=gettext_lazy("CSV (also packed as .gz) or Parquet."))
    preset = forms.ChoiceField(label=gettext_lazy("What the file holds"))
    mapping = forms.CharField(
        label=gettext_lazy("Mapping of your own (TOML)"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "class": "font-mono text-sm"}),
        help_text=gettext_lazy("Only for “mapping of my own”: names of columns, date format, which rows are returns."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: list[tuple[str, str]] = [(name, preset_title(name, get_language() or "en")) for name in presets()]
        choices += [(OWN, _("Orders, with a mapping of my own"))]
        self.fields["preset"].choices = choices  # type: ignore[attr-defined]
        self.fields["preset"].initial = "generic"

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if cleaned and cleaned.get("preset") == OWN and not cleaned.get("mapping", "").strip():
            self.add_error("mapping", _("A mapping is needed here, or choose one from the list above."))
        return cleaned


@page(
    "imports/", name="imports", permission="import_data", nav=Nav("shop", gettext_lazy("Imports"), "file-up", order=20)
)
def imports(request: HttpRequest, shop: Shop) -> HttpResponse:
    """The form of an upload, and all imports, newest first."""
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            run = _take(request, shop, form.cleaned_data)
        except Refused as refusal:
            form.add_error("file", str(refusal))
        else:
            return redirect("shop:import", shop.slug, run.pk)
    runs = Paginator(ImportRun.objects.order_by("-created_at", "-pk"), PAGE).get_page(request.GET.get("page"))
    return render(request, "files/imports.html", {"form": form, "page": runs})


def _take(request: HttpRequest, shop: Shop, told: dict[str, Any]) -> ImportRun:
    """Keeps the uploaded file and starts its trial run. Refused where the file or mapping is at fault at once."""
    upload: UploadedFile[Any] = told["file"]
    preset = "" if told["preset"] == OWN else told["preset"]
    text = told["mapping"] if told["preset"] == OWN else preset_text(preset)
    kind = "customers" if preset and preset in presets("customers") else "orders"
    name = Path(upload.name or "file").name
    place = actions.folder() / f"upload-{secrets.token_hex(8)}"
    place.mkdir(mode=0o700)
    path = place / "source"
    try:
        with path.open("wb") as file:
            for block in upload.chunks():
                file.write(block)
        actions.preview(path, kind, text)
        return actions.start_run(
            shop,
            kind,
            path,
            now=clock.now(),
            preset=preset,
            mapping=text,
            is_dry_run=True,
            is_uploaded=True,
            file_name=name,
            staff=request.user if request.user.is_authenticated else None,
        )
    except Refused:
        shutil.rmtree(place, ignore_errors=True)
        raise


@page("imports/<int:pk>/", name="import", permission="import_data")
def one_import(request: HttpRequest, shop: Shop, pk: int) -> HttpResponse:
    """One import: its first rows, how far it is, what it did or would do."""
    run: ImportRun = get_object_or_404(ImportRun.objects.all(), pk=pk)
    header: list[str] = []
    rows: list[list[str]] = []
    if run.is_uploaded and run.path and Path(run.path).exists():
        try:
            header, rows = actions.preview(Path(run.path), run.kind, run.mapping)
        except Refused as refusal:
            messages.error(request, str(refusal))
    may_import = run.is_dry_run and run.status == DueRow.Status.DONE and bool(run.path) and _something(run)
    crumbs = [(_("Imports"), reverse("shop:imports", args=[shop.slug]))]
    context = {"run": run, "header": header, "rows": rows, "may_import": may_import, "crumbs": crumbs}
    return render(request, "files/import.html", context | _facts(run))


def _something(run: ImportRun) -> bool:
    return bool(run.counts.get("orders") or run.counts.get("customers") or run.counts.get("returns"))


def _facts(run: ImportRun) -> dict[str, Any]:
    words = [
        ("rows", _("Rows read")),
        ("orders", _("Orders")),
        ("customers", _("Customers")),
        ("returns", _("Returns")),
        ("unchanged", _("Unchanged")),
        ("rejected", _("Rejected rows")),
    ]
    skip = {"orders", "returns"} if run.kind == ImportRun.Kind.CUSTOMERS else set()
    figures = [(title, run.counts.get(name, 0)) for name, title in words if name not in skip]
    return {"figures": figures, "is_open": run.status in (DueRow.Status.DUE, DueRow.Status.CLAIMED)}


@page("imports/<int:pk>/progress/", name="import-progress", permission="import_data")
def progress(request: HttpRequest, shop: Shop, pk: int) -> HttpResponse:
    """The bar of a run that is under way; once it is over the page is loaded anew."""
    run: ImportRun = get_object_or_404(ImportRun.objects.all(), pk=pk)
    facts = _facts(run)
    response = render(request, "files/progress.html", {"run": run, **facts})
    if not facts["is_open"]:
        response["HX-Refresh"] = "true"
    return response


@page("imports/<int:pk>/start/", name="import-start", permission="import_data")
@require_POST
def start(request: HttpRequest, shop: Shop, pk: int) -> HttpResponse:
    """Imports for good what was tried before."""
    tried: ImportRun = get_object_or_404(ImportRun.objects.filter(is_uploaded=True, is_dry_run=True), pk=pk)
    try:
        run = actions.start_run(
            shop,
            tried.kind,
            Path(tried.path),
            now=clock.now(),
            preset=tried.preset,
            mapping=tried.mapping,
            is_uploaded=True,
            file_name=tried.file_name,
            staff=request.user if request.user.is_authenticated else None,
        )
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("shop:import", shop.slug, tried.pk)
    return redirect("shop:import", shop.slug, run.pk)


@page("imports/<int:pk>/rejects/", name="import-rejects", permission="import_data")
def rejects(request: HttpRequest, shop: Shop, pk: int) -> HttpResponseBase:
    """The rejected lines as a CSV file."""
    run: ImportRun = get_object_or_404(ImportRun.objects.all(), pk=pk)
    if not run.reject_path or not Path(run.reject_path).exists():
        raise Http404
    name = f"rejects-{run.pk}.csv"
    return FileResponse(Path(run.reject_path).open("rb"), as_attachment=True, filename=name, content_type="text/csv")
