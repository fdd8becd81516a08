"""The shop's own website, as far as it works together with us: Storefront (its key and addresses), customers signed by it."""
