"""The kill drill: a real stack under traffic, its processes killed at random, its books compared."""
