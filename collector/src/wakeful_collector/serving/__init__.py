"""How the collector's processes stand up, are watched over, and lie down: web server, worker, and who restarts them."""
