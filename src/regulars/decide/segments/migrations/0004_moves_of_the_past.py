from django.db import migrations

SEGMENT = {"sqlite": "json_extract(e.data, '$.segment_id')", "postgresql": "(e.data ->> 'segment_id')::bigint"}


def from_events(apps, schema_editor):
    """What the Events of the past say; a segment or customer that is gone has no moves."""
    schema_editor.execute(
        "INSERT INTO segments_segmentmove (segment_id, customer_id, is_entry, at)"
        " SELECT s.id, e.customer_id, e.type = 'segment.entered', e.at FROM timeline_event e"
        f" JOIN segments_segment s ON s.id = {SEGMENT[schema_editor.connection.vendor]} AND s.shop_id = e.shop_id"
        " WHERE e.type IN ('segment.entered', 'segment.left') AND e.customer_id IS NOT NULL ORDER BY e.id"
    )


class Migration(migrations.Migration):
    # Apart from the table: PostgreSQL makes no index while rows wait for the check of their keys.
    dependencies = [
        ('segments', '0003_moves'),
        ('timeline', '0001_initial'),
    ]

    operations = [
        migrations.RunPython(from_events, migrations.RunPython.noop),
    ]
