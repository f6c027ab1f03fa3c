"""Where providers tell us that something happened: their signature is the only key."""
