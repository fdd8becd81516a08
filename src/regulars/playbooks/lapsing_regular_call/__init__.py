"""A person calls regulars who are about to stay away."""
