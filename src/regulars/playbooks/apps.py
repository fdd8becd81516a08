"""Finds the playbooks at start."""

from django.apps import AppConfig


class PlaybooksConfig(AppConfig):
    name = "regulars.playbooks"
    label = "playbooks"

    def ready(self) -> None:
        from regulars.journeys.playbook import find_playbooks

        find_playbooks(self.name)
