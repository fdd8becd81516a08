"""Remind once of what somebody put together and did not buy."""
