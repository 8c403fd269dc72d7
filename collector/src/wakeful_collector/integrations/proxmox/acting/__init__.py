"""What is done to guests: each deed as the requests it consists of, performed, followed to its end, and told."""
