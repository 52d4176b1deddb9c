"""One module per command. No business logic lives here."""
