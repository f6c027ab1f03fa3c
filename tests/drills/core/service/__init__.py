"""The same steps, taken by the service itself."""
