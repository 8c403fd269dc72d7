"""The faces: pages for people, the REST API for programs, the door for agents."""
