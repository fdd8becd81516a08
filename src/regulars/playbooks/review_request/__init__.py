"""Ask once, after delivery, how it is."""
