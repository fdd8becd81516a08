"""Ready-made retention measures, one folder each: `playbook.py`, `messages/`, `README.md`, `tests/`. Found by folder."""
