"""What programs send in: InboundCall (one call with facts; events wait in it, raw, until they are normalised)."""
