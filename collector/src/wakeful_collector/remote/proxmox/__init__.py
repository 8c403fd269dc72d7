"""What the commands of `wakeful proxmox` share: names, files, following, and how things are shown."""
