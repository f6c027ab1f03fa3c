"""Payment providers' own books compared with ours, day by day and line by line."""
