"""The hands: everything that touches the machine goes through here, under a root that tests can move."""
