"""What both stand-ins rest on."""
