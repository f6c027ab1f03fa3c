"""What the templates of the customers' pages call."""
