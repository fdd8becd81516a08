"""Kept numbers of customers: how many the shop has."""

from regulars.core.tallies import keep

LIVING = keep(
    "living",
    "customers_customer",
    owner="shop_id",
    columns=("merged_into_id", "erased_at"),
    when="{row}.merged_into_id IS NULL AND {row}.erased_at IS NULL",
)
"""Of a shop, without the merged and the erased: those of `CustomerQuerySet.living`."""
