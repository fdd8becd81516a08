"""What contact_policy tells the modules below: its columns of the profile."""

from . import profile_parts

__all__ = ["profile_parts"]
