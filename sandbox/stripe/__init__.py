"""A stand-in for Stripe's API, its checkout page and its webhooks."""
