"""The writer's commands, a module each; `greenlit.py` puts them into the one command line."""
