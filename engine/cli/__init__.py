"""The command `wake`: one file a command. A command wires rooms together and prints; it decides nothing.

Open `main.py`: it lists the commands and imports only the one that runs.
"""
