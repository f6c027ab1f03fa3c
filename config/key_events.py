"""The ASGI entry point of the long poll: granian --interface asgi config.key_events:application."""

import os

import django
from django.utils.module_loading import import_string

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup(set_prefix=False)

# Imported by name, because they need Django's apps to be loaded.
application = import_string("config.observed_poll.ObservedPoll")(import_string("config.long_poll.LongPoll")())
