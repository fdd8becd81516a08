"""What other programs call, under `/hooks/`: each address is declared by the module that understands it."""

from django.urls import path

from regulars.core.hooks import HOOKS

urlpatterns = [path(f"hooks/{one.path}", one.view, name=f"hook-{one.name}") for one in HOOKS.values()]
