"""Kept numbers of offers: vouchers and their uses."""

from regulars.core.tallies import keep

ISSUED = keep("issued", "offers_voucher", owner="offer_id")
"""Vouchers of an offer."""
REDEEMED = keep("redeemed", "offers_voucher", owner="offer_id", columns=("uses",), amount="{row}.uses")
"""How often the vouchers of an offer were redeemed."""
