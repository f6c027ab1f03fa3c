"""Settlement: events from the inbox become charges, in one transaction a batch."""
