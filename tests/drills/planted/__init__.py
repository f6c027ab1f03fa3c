"""Bugs that are planted into a copy of the code, to see that some test notices each of them."""
