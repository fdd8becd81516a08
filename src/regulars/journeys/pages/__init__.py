"""Pages of measures: the gallery of playbooks, the set-up of one, a running measure, its
response, its effect, the panel of a customer."""

from . import effect, gallery, panels, response, running, setup

__all__ = ["effect", "gallery", "panels", "response", "running", "setup"]
