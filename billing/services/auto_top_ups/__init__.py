"""Top-ups that happen by themselves: agreed to by the customer, bounded, and stopped by the first refusal."""
