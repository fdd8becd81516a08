"""Who the shop knows: Customer (a person) and Identity (one address of a person), merge, export and erasure."""
