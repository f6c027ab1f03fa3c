"""Views: parse, one service call, render."""
