"""The verbs of the billing app; each owns its transaction."""
