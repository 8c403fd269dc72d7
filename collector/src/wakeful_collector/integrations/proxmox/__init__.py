"""Proxmox VE: every cluster in view, nothing changed by surprise."""
