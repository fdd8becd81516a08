"""Import customers or orders from CSV, CSV.gz or Parquet."""

from pathlib import Path
from typing import Annotated, Any

import typer

from regulars.run.answer import print_json
from regulars.run.progress import progress

app = typer.Typer(no_args_is_help=True, help=__doc__)

EXAMPLE = "./regulars import orders orders.csv --shop plattenkiste --preset generic"

File = Annotated[Path, typer.Argument(help="CSV, CSV.gz or Parquet.", exists=True, dir_okay=False, readable=True)]
ShopSlug = Annotated[str, typer.Option("--shop", help="Short name of the shop.")]
Preset = Annotated[str, typer.Option(help="A mapping that is shipped: generic, uci_online_retail, cdnow …")]
MappingFile = Annotated[
    Path | None, typer.Option("--mapping", help="A mapping of your own (TOML).", exists=True, dir_okay=False)
]
CreateShop = Annotated[bool, typer.Option("--create-shop", help="Make the shop if it is not there.")]
Currency = Annotated[str, typer.Option(help="Currency of a shop that is made.")]
Timezone = Annotated[str, typer.Option(help="Time zone of a shop that is made.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check everything and write nothing.")]
Json = Annotated[bool, typer.Option("--json", help="Answer with JSON.")]


@app.command()
def orders(
    file: File,
    shop: ShopSlug,
    preset: Preset = "",
    mapping: MappingFile = None,
    create_shop: CreateShop = False,
    currency: Currency = "",
    timezone: Timezone = "",
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Import orders, returns and refunds. A second run of the same file changes nothing; a killed one goes on.

    Imported history starts no journey and sends no message. Rejected lines go to a file, with line number and reason.

    Example: ./regulars import orders orders.csv --shop plattenkiste --create-shop --currency EUR --timezone
    Europe/Berlin --preset generic
    """
    _import("orders", file, shop, preset, mapping, create_shop, currency, timezone, dry_run, json)


@app.command()
def customers(
    file: File,
    shop: ShopSlug,
    preset: Preset = "",
    mapping: MappingFile = None,
    create_shop: CreateShop = False,
    currency: Currency = "",
    timezone: Timezone = "",
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Import customers with names, language, birthday (with or without the year) and consents with their evidence.

    A bare "accepts marketing" is kept as unproven and permits nothing.

    Example: ./regulars import customers customers.csv --shop plattenkiste
    """
    chosen = preset or ("" if mapping else "customers")
    _import("customers", file, shop, chosen, mapping, create_shop, currency, timezone, dry_run, json)


@app.command()
def campaigns(
    recipients: File,
    shop: ShopSlug,
    descriptions: Annotated[
        Path, typer.Option(help="CSV: campaign, start and end day, name.", exists=True, dir_okay=False)
    ],
    redemptions: Annotated[
        Path | None, typer.Option(help="CSV: campaign, customer, day of each redemption.", exists=True, dir_okay=False)
    ] = None,
    channel: Annotated[str, typer.Option(help="How they went out: letter, email …")] = "letter",
    json: Json = False,
) -> None:
    """Import campaigns of the past with their recipients and redemptions, for the figures. Nothing is ever sent from them.

    Customers must be there. A second run of the same files changes nothing; a killed one goes on.

    Example: ./regulars import campaigns campaigns.csv.gz --descriptions campaign_descriptions.csv.gz --redemptions
    coupon_redemptions.csv.gz --shop plattenkiste
    """
    from regulars.connectors.files.past_campaigns import read
    from regulars.core import clock
    from regulars.core.models import Shop
    from regulars.journeys.campaigns.actions import record_history

    into = Shop.objects.filter(slug=shop).first()
    if into is None:
        raise typer.BadParameter(f"there is no shop called {shop}; ./regulars import orders makes one")
    found = record_history(into, read(into, recipients, descriptions, redemptions), clock.now(), channel=channel)
    answer = {
        "campaigns": found.campaigns,
        "recipients": found.recipients,
        "vouchers": found.vouchers,
        "unknown_customers": list(found.unknown),
    }
    if json:
        print_json(answer)
        return
    typer.echo(f"{found.campaigns:,} campaigns with {found.recipients:,} recipients are new.")
    if found.unknown:
        typer.echo(
            f"{len(found.unknown):,} customers are not in the shop and were left out: {', '.join(found.unknown[:10])} …"
        )


def _import(
    kind: str,
    file: Path,
    shop: str,
    preset: str,
    mapping: Path | None,
    create: bool,
    currency: str,
    timezone: str,
    dry_run: bool,
    as_json: bool,
) -> None:
    from regulars.connectors.files.actions import perform, shop_for_import, start_run
    from regulars.core import clock

    if bool(preset) == bool(mapping):
        raise typer.BadParameter("name a --preset or a --mapping, one of the two")
    text = mapping.read_text(encoding="utf-8") if mapping else ""
    now = clock.now()
    into = shop_for_import(shop, now=now, create=create, currency=currency, timezone=timezone)
    run = start_run(into, kind, file.resolve(), now=now, preset=preset, mapping=text, is_dry_run=dry_run)
    with progress(f"Importing {kind}") as work:

        def tell(done: int, total: int) -> None:
            work.total(total)
            work.done(done)

        perform(run, now, clock=clock.now, tell=tell)
    answer: dict[str, Any] = {
        **run.counts,
        "rejects": run.reject_path or None,
        "seconds": round(run.seconds, 3),
    }
    if as_json:
        print_json(answer)
    else:
        _say(kind, answer, dry_run)


def _say(kind: str, answer: dict[str, Any], dry_run: bool) -> None:
    done = "would be created or changed" if dry_run else "created or changed"
    told = ("orders", "customers", "returns") if kind == "orders" else ("customers",)
    parts = ", ".join(f"{answer[name]:,} {name}" for name in told)
    typer.echo(f"{answer['rows']:,} rows read: {parts} {done}; {answer['unchanged']:,} unchanged.")
    if answer["rejected"]:
        typer.echo(f"{answer['rejected']:,} rows were rejected; lines and reasons: {answer['rejects']}")
