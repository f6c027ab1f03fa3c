"""The stand-ins of providers, driven as our code and a person drive them."""
