"""The verbs of the usage app; each owns its transaction."""
