"""The WSGI entry point that granian serves."""

import os

from django.core.wsgi import get_wsgi_application

from config.edge import Edge
from config.short_way import ShortWay

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = Edge(ShortWay(get_wsgi_application()))
