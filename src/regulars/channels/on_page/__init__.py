"""The channel `on_page`: a message that a customer who is signed in sees on the shop's own page, until it is put away."""
