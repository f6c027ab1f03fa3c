"""What both stand-ins rest on: a clock, a journal, a scheduler of outgoing messages, a control API."""
