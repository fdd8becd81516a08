from django.db import migrations, models
from django.db.models import F, OuterRef, Subquery


def keep_what_is_known(apps, schema_editor):
    """Opens and clicks noted so far were judged when they came; unsubscribing was noted as a delivery only."""
    Delivery, Message = apps.get_model("messaging", "Delivery"), apps.get_model("messaging", "Message")
    Delivery.objects.filter(kind__in=("opened", "clicked")).update(judged_at=F("at"))
    gone = Delivery.objects.filter(message=OuterRef("pk"), kind="unsubscribed").order_by("at")
    Message._base_manager.filter(deliveries__kind="unsubscribed").update(unsubscribed_at=Subquery(gone.values("at")[:1]))


class Migration(migrations.Migration):

    dependencies = [
        ('messaging', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='delivery',
            name='judged_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='message',
            name='bounced_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='message',
            name='complained_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='message',
            name='replied_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='message',
            name='unsubscribed_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.RunPython(keep_what_is_known, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('judged_at', None), ('kind__in', ('opened', 'clicked'))), fields=['at'], name='delivery_to_judge'),
        ),
    ]
