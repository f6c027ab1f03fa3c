"""Ratios that say how fast the service is: each against a floor that is measured in the same run."""
