"""Random histories of payments over real HTTP against what the providers say in the end."""
