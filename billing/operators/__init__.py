"""What admin pages of money are built from: amounts, filters, and lists of the big tables."""
