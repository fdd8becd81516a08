"""Secrets of endpoints are sealed: a copy of the database alone signs nothing."""

from typing import Any

from django.db import migrations, models

from regulars.core.sealing import seal, unseal


def close(apps: Any, schema: Any) -> None:
    for endpoint in apps.get_model("webhooks", "WebhookEndpoint").objects.all():
        endpoint.sealed_secret = seal(endpoint.sealed_secret)
        endpoint.save(update_fields=["sealed_secret"])


def open_again(apps: Any, schema: Any) -> None:
    for endpoint in apps.get_model("webhooks", "WebhookEndpoint").objects.all():
        endpoint.sealed_secret = unseal(endpoint.sealed_secret)
        endpoint.save(update_fields=["sealed_secret"])


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0001_initial")]

    operations = [
        migrations.RenameField("webhookendpoint", "secret", "sealed_secret"),
        migrations.AlterField("webhookendpoint", "sealed_secret", models.CharField(max_length=400)),
        migrations.RunPython(close, open_again),
    ]
