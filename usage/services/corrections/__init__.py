"""Corrections: charges that hold the difference which better evidence or a late price makes."""
