"""Game servers of a Pterodactyl or Pelican panel: heard over Wings' websocket, started over it or by the panel."""
