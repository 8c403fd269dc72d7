"""A sample fleet: believable machines with a past, made from a seed, and driven live."""
