"""The ASGI entry point of the long poll: granian --interface asgi config.key_events:application."""

import os

import django
from django.utils.module_loading import import_string

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup(set_prefix=False)

# Imported by name, because it needs Django's apps to be loaded.
application = import_string("config.long_poll.LongPoll")()
