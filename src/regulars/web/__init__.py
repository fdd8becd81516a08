"""The rooms people enter: `control` for the staff, `public` for the shop's customers, `api` for programs.

This package itself holds what the rooms share: the style sheet and its sources (`assets/`), static files, icons, the
components in `templates/cotton/` and the template tags that write money, dates and shares as people read them.
"""
