"""How the next step is drawn: any step may come, with a liking for those that reach an edge."""
