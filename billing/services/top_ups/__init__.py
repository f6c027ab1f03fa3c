"""Credit that customers buy: from the first click to the moment at which it can be spent."""
