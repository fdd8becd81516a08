"""What is given: Offer, Voucher (a code that the shop accepts) and VoucherRedemption."""
