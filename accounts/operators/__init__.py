"""What admin pages are built from: who acts, links, reasons, and lists that never count a big table."""
