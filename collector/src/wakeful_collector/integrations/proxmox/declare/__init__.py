"""What guests, pools and snapshots are declared to be: read, compared with the estate, planned, applied."""
