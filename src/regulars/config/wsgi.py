"""The WSGI application: hot paths in front, Django behind."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "regulars.config.settings")
_django = get_wsgi_application()

from regulars.web.public.mail_links import hot_paths  # noqa: E402 - its tables exist only after Django's set-up

application = hot_paths(_django)
