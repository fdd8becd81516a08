"""Tells the templates that measures brought when they were published from those that somebody wrote."""

from django.db import migrations


def tell(apps, schema_editor):
    Template = apps.get_model("messaging", "Template")
    Journey = apps.get_model("journeys", "Journey")
    Campaign = apps.get_model("campaigns", "Campaign")
    histories = Campaign.objects.filter(is_history=True).values_list("shop", "key")
    brought = dict.fromkeys(((shop, f"{key}-history") for shop, key in histories), "")
    journeys = Journey.objects.values_list("shop", "measure__name", "definition")
    for shop, measure, definition in journeys.iterator(chunk_size=100):
        for step in definition.get("steps", ()):
            params = step.get("params", {})
            if key := params.get("template"):
                # Without a message of its own, it froze a template of the shop under the measure's name and its own.
                brought[shop, key] = "" if "message" in params else f"{measure}: "
    named = Template.objects.only("shop_id", "key", "name")
    own = {(one.shop_id, one.name): one.pk for one in named if (one.shop_id, one.key) not in brought}
    for template in named:
        begin = brought.get((template.shop_id, template.key))
        if begin is None:
            continue
        template.is_of_measure = True
        if begin and template.name.startswith(begin):
            template.copy_of_id = own.get((template.shop_id, template.name.removeprefix(begin)))
        template.save(update_fields=["is_of_measure", "copy_of"])


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0002_kept_figures"),
        ("journeys", "0005_page_indexes"),
        ("messaging", "0006_measures_bring_templates"),
    ]

    operations = [migrations.RunPython(tell, migrations.RunPython.noop)]
