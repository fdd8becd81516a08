"""Tell customers what is new in the category they like most."""
