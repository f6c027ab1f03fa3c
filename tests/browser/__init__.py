"""What people see, in a real browser, against the whole service."""
