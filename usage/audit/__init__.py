"""The second opinion on the books: every invariant as one query that returns the rows which break it."""
