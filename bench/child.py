"""`python -m bench.child MODULE …`: sets Django up, then calls the module's `main` with the arguments."""

import importlib
import sys

import django

if __name__ == "__main__":
    django.setup()
    importlib.import_module(f"bench.{sys.argv[1]}").main(*sys.argv[2:])
