"""Money back to customers: by an operator, or found at the provider."""
