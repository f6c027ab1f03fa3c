"""Money that banks take back, and the customers who are frozen for it."""
