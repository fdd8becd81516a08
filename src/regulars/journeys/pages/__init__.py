"""Pages of measures: the gallery of playbooks, the set-up of one, a running measure, its
response, its effect, the panel of a customer."""

from . import begin, decisions, editor, effect, gallery, panels, rehearsal, response, running, setup

__all__ = ["begin", "decisions", "editor", "effect", "gallery", "panels", "rehearsal", "response", "running", "setup"]
