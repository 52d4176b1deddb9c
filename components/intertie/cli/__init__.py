"""The command line: one thin module per command, which reads input, asks a room, and shows the answer."""
