"""What every process that runs Django needs: our Celery application, and little to collect as garbage."""

import gc

from django.apps import AppConfig

from config.celery import app

__all__ = ["HouseConfig", "app"]


class HouseConfig(AppConfig):
    name = "config"
    verbose_name = "House"

    def ready(self) -> None:
        """Let garbage collection pass over what was loaded for good.

        A batch of events makes so many objects that all that is loaded would be looked through several times,
        which took a third of settlement's time in Python.
        """
        gc.freeze()
