"""Payment providers: one protocol, and what implements it."""
