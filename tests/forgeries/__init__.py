"""Messages that a provider did not sign, or not now: one generator for each provider."""
