"""The channel `phone`: a person calls. The call list says whom next, why, and what to say; outcomes are told by hand."""
