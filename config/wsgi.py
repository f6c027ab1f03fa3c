"""The WSGI entry point that granian serves."""

import os

from django.core.wsgi import get_wsgi_application

from config.edge import Edge

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = Edge(get_wsgi_application())
