"""Events in by a view of Django's, as one would write it: json, a look at each row, bulk_create, committed before the answer.

Called with the port, the database file and SQLite's `synchronous`.
"""

import json
import logging
import sys
from typing import Any

import django
import waitress
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection, models, transaction
from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.utils.dateparse import parse_datetime

PORT, FILE, SYNCHRONOUS = sys.argv[1:]
settings.configure(
    SECRET_KEY="reference",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": FILE,
            "CONN_MAX_AGE": None,
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 30,
                "init_command": f"PRAGMA journal_mode=WAL; PRAGMA synchronous={SYNCHRONOUS};",
            },
        }
    },
)
django.setup()


class Event(models.Model):
    key = models.CharField(max_length=120, unique=True)
    type = models.CharField(max_length=60)
    at = models.DateTimeField()
    customer = models.CharField(max_length=64)
    data = models.JSONField(default=dict)

    class Meta:
        app_label = "reference"


def events(request: HttpRequest) -> JsonResponse:
    try:
        rows = json.loads(request.body)
    except ValueError as error:
        return JsonResponse({"error": str(error)}, status=400)
    made, faults = [], []
    for index, row in enumerate(rows):
        fault = _fault(row)
        if fault:
            faults.append({"row": index, "detail": fault})
        else:
            at = parse_datetime(row["at"])
            customer = row["customer"]["number"]
            made.append(Event(key=row["id"], type=row["type"], at=at, customer=customer, data=row["data"]))
    with transaction.atomic():
        Event.objects.bulk_create(made, ignore_conflicts=True)
    answer = JsonResponse({"accepted": len(made), "errors": faults}, status=202)
    answer["Content-Length"] = str(len(answer.content))
    return answer


def _fault(row: Any) -> str:
    if not isinstance(row, dict):
        return "is no object"
    for name, kind in (("id", str), ("type", str), ("at", str), ("customer", dict), ("data", dict)):
        if not isinstance(row.get(name), kind):
            return f"{name} is missing or of the wrong kind"
    if len(row["type"]) > 60 or not isinstance(row["customer"].get("number"), str):
        return "type is too long, or the customer has no number"
    return ""


urlpatterns = [path("api/v1/events", events)]

if __name__ == "__main__":
    with connection.schema_editor() as editor:
        editor.create_model(Event)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    waitress.serve(get_wsgi_application(), listen=f"127.0.0.1:{PORT}", threads=8, ident=None)
