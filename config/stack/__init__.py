"""Starts and supervises everything that one machine needs: the engines and our own processes."""
