"""Pages of measures: the gallery of playbooks, the set-up of one, a running measure, its
response, its effect, the panel of a customer."""

from . import decisions, effect, gallery, panels, response, running, setup

__all__ = ["decisions", "effect", "gallery", "panels", "response", "running", "setup"]
